"""The page Lineage: every step, the place that is chosen in its blocks, errors against work, the paper's curves."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.drawings import BesideView, TimelineView, beside_svg
from app.server.cache import timeline_drawings
from irnet.models import network
from irnet.provenance.lineage import Step, finding, lineage
from irnet.provenance.published import PROTOCOLS
from tests.apps import opened, troubles

PAIR = {"n0": "inception_v3.paper", "n1": "inception_resnet_v1.paper", "stages": "inception_b,block_b", "level": "2"}


def headers(app: AppTest) -> list[str]:
    return [one.value for one in app.header]


@pytest.mark.parametrize("step", lineage(), ids=lambda step: step.id)
def test_a_step_shows_its_idea_its_block_its_cost_and_what_papers_report(step: Step) -> None:
    app = opened("lineage", step=step.id)
    assert not troubles(app)
    assert headers(app)[0] == step.model
    assert headers(app)[1].startswith(f"A block of {step.model}")
    assert headers(app)[2] == f"What papers report of {step.model}"
    said = " ".join(one.value for one in app.markdown)
    assert finding(step) in said.replace("\\", "")
    assert any(f"arxiv.org/abs/{step.arxiv}" in one.value for one in app.markdown)


def test_next_goes_on_and_forgets_the_chosen_place() -> None:
    app = opened("lineage", step="inception_v3", place="0/inception_4c.0.b1.1")
    assert "3x3 conv 160" in app.table[0].value.to_csv()
    next(one for one in app.main.button if one.label == "Next").click().run()
    assert not troubles(app)
    assert app.query_params["step"] == "resnet_50"
    assert "place" not in app.query_params


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"step": "vgg"}, "step 'vgg', which is not there"),
        ({"step": "inception_v4", "inception_v4.block": "head"}, "inception_v4.block 'head', which is not there"),
        ({"lineage": "Sheep"}, "lineage 'Sheep', which is not there"),
    ],
)
def test_what_is_not_there_is_said(address: dict[str, str], said: str) -> None:
    app = opened("lineage", **address)
    assert any(said in one for one in troubles(app))
    assert not app.exception


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_stand_against_work_with_the_papers_tables(protocol: str) -> None:
    app = opened("lineage", lineage="Accuracy against work", protocol=protocol)
    assert not troubles(app)
    said = " ".join(one.value for one in app.markdown)
    assert all(f"Table {number}." in said for number in (2, 3, 4, 5))


def test_the_curves_of_the_paper_are_there_with_how_they_were_read() -> None:
    app = opened("lineage", lineage="Training curves")
    assert not troubles(app)
    assert len(app.get("plotly_chart")) == 6
    assert any("read out of the vector drawing" in one.value for one in app.caption)


def test_blocks_alone_are_drawn_with_what_changed_and_nothing_else() -> None:
    svg = beside_svg(PAIR).decode()
    assert 'id="0/inception_b.0.b1.1"' in svg
    assert 'id="1/block_b.0.add"' in svg
    assert "reduction_a" not in svg
    assert "classifier" not in svg
    both = tuple(network(PAIR[name]) for name in ("n0", "n1"))
    view = BesideView(networks=both, stages=("inception_b", "block_b"))
    assert "1/block_b.0.add" in view.paths
    assert "0/stem" not in view.paths


@pytest.mark.parametrize(("stages", "said"), [("block_b", "2 networks can't be drawn with 1 stages"), ("x,y", "'x'")])
def test_stages_that_are_not_there_are_refused(stages: str, said: str) -> None:
    with pytest.raises((ValueError, KeyError), match=said):
        beside_svg(PAIR | {"stages": stages})


def test_the_timeline_has_a_box_a_step_light_and_dark() -> None:
    light, dark = (svg.decode() for svg in timeline_drawings())
    assert light != dark
    for step in lineage():
        assert f'id="{step.id}"' in light
    assert list(TimelineView().paths) == [step.id for step in lineage()]
