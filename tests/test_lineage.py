"""The line of networks: every step has its paper, parents that came before it, and stages that are there."""

from __future__ import annotations

import re

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from irnet.comparison.side_by_side import marks
from irnet.lessons import lesson_named
from irnet.models import network
from irnet.provenance.lineage import Step, block_pair, cost, cost_records, finding, lineage, step_named
from irnet.provenance.published import TABLES
from irnet.runtime.build import build
from irnet.tree import resolve

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
    assert step.blocks
    for number, (mine, other) in enumerate(step.blocks):
        *before, own = block_pair(step, number)
        assert [stage.name for stage in own.stages] == [mine]
        assert [one.stages[0].name for one in before] == [other] * bool(step.parent)
        whole = network(step.preset)
        assert resolve(own)[mine].out_shape == resolve(whole)[mine].out_shape
        assert resolve(own)[mine].macs == resolve(whole)[mine].macs
        if before and mine != "stem":  # Inception-ResNet-v2 has the stem of Inception-v4
            assert {mark for found in marks(*before, own) for mark in found.values()} & {"changed", "only"}


@pytest.mark.parametrize("step", lineage(), ids=lambda step: step.id)
def test_a_step_leads_to_lessons_that_are_there(step: Step) -> None:
    assert all(lesson_named(lesson).id == lesson for lesson in step.lessons)
    assert bool(step.lessons) == (step.id not in ("xception", "resnext_50"))


@pytest.mark.parametrize("step", lineage(), ids=lambda step: step.id)
def test_costs_are_those_of_the_built_network(step: Step) -> None:
    spec = network(step.preset)
    model, found = build(spec, "meta").eval(), cost(spec)
    assert found["parameters"] == sum(weight.numel() for weight in model.parameters())
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, *spec.input_shape, device="meta"))
    assert 2 * int(found["MACs"]) == counter.get_total_flops()


def test_depth_and_size_are_what_the_names_and_papers_say() -> None:
    """GoogLeNet has 22 layers and ResNet-50 has 50, of which one is linear in either."""
    assert [cost(network(name))["depth"] for name in ("googlenet.paper", "resnet_50.torchvision")] == [21, 49]
    assert finding(step_named("resnet_50")) == "ResNet-50 has 25.6 M parameters, and does 4.09 GMAC for one image."
    assert [record["times"] for record in cost_records(step_named("resnext_50"))] == ["", "0.979", "1.03", "1", "1"]


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no step of the line is called 'vgg'; they are googlenet, bn_inception, "):
        step_named("vgg")
