"""The line of networks: every step has its paper, parents that came before it, and stages that are there."""

from __future__ import annotations

import re

import pytest

from irnet.models import network
from irnet.provenance.lineage import Step, counterparts, lineage, step_named
from irnet.provenance.published import TABLES

STEPS = {step.id: step for step in lineage()}


def test_steps_stand_in_time_and_grow_out_of_earlier_ones() -> None:
    times = [(step.year, step.month) for step in lineage()]
    assert times == sorted(times)
    assert (times[0][0], times[-1][0]) == (2014, 2016)
    for step in lineage():
        assert f"{step.year % 100}{step.month:02}" == step.arxiv[:4]  # arXiv numbers papers by year and month
        for parent in filter(None, (step.parent, *step.also)):
            assert (STEPS[parent].year, STEPS[parent].month) <= (step.year, step.month)
    assert [step.id for step in lineage() if not step.parent] == ["googlenet", "resnet_50"]
    assert [step.id for step in lineage() if not step.on_the_line] == ["resnet_50", "xception", "resnext_50"]


@pytest.mark.parametrize("step", lineage(), ids=lambda step: step.id)
def test_an_idea_takes_two_sentences_and_the_papers_report_something(step: Step) -> None:
    assert len(re.findall(r"[.?!](?=\s|$)", step.idea)) == 2
    assert 1 <= len(re.findall(r"[.?!](?=\s|$)", step.why)) <= 2
    assert step.results
    assert any(result.presets and set(result.presets) <= set(step.presets) for _, result in step.results)
    assert any(table.startswith(step.arxiv) for table in TABLES) or step.id == "resnet_50"


@pytest.mark.parametrize("step", lineage(), ids=lambda step: step.id)
def test_a_block_stands_beside_the_block_that_it_grew_out_of(step: Step) -> None:
    for stage, other in counterparts(step):
        assert step.preset
        assert stage in {one.name for one in network(step.preset).stages}
        parent = step_named(step.parent).preset
        assert parent
        assert other in {one.name for one in network(parent).stages}
    assert bool(counterparts(step)) == bool(step.blocks)


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no step of the line is called 'vgg'; they are googlenet, bn_inception, "):
        step_named("vgg")
