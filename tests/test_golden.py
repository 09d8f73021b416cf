"""Stored texts: pictures as DOT and a comparison, reviewed as a diff whenever they change."""

from __future__ import annotations

import json

import pytest

from irnet.comparison.changes import compare
from irnet.diagrams import canvas_svgs, source
from irnet.diagrams.graph_builder import Flow
from irnet.diagrams.nested import LEVELS, Expansion, nested, shown_in
from irnet.diagrams.overlay import style
from irnet.models import network
from irnet.tree.totals import summary
from tests.conftest import Golden

PICTURES = [
    ("inception_v4.paper", ""),
    ("inception_v4.paper", "stem"),
    ("inception_v4.paper", "inception_c"),
    ("inception_resnet_v2.paper", "block_b"),
    ("inception_resnet_v1.facenet", "block8"),
]


@pytest.mark.parametrize(("name", "stage"), PICTURES)
def test_a_picture_is_the_stored_one(name: str, stage: str, golden: Golden) -> None:
    golden(f"{name}.{stage or 'overview'}.dot", source(network(name), stage))


OPENED: dict[str, tuple[Expansion, Flow]] = {
    "stages": (Expansion(0), "down"),
    "one_open": (Expansion(0, frozenset({"block_b"}), "block_b.2"), "down"),
    "units_right": (Expansion(len(LEVELS) - 1), "right"),
}


@pytest.mark.parametrize("case", OPENED)
def test_a_network_with_open_boxes_is_the_stored_one(case: str, golden: Golden) -> None:
    opened, flow = OPENED[case]
    spec = network("inception_resnet_v1.paper", a=1, b=4, c=1)
    golden(f"inception_resnet_v1.{case}.dot", nested(spec, opened, flow=flow).text)


def test_an_overlay_and_a_drawing_are_the_stored_ones(golden: Golden) -> None:
    spec = network("inception_resnet_v1.paper", a=1, b=4, c=1)
    painted = style(spec, shown_in(spec, Expansion(1)), "MACs", "channels")
    golden("inception_resnet_v1.macs_channels.dot", nested(spec, Expansion(1), painted).text)
    light, _ = canvas_svgs(spec, Expansion(0, frozenset({"block_c"})))
    golden("inception_resnet_v1.block_c_open.svg", light.decode())


def test_changes_and_a_summary_are_the_stored_ones(golden: Golden) -> None:
    slim = network("inception_resnet_v2.tf_slim")
    found = compare(network("inception_resnet_v2.paper"), slim)
    text = "".join(f"{change.where}\n  - {change.left}\n  + {change.right}\n" for change in found.changes)
    golden("inception_resnet_v2.changes.txt", text)
    golden("inception_resnet_v2.tf_slim.summary.json", json.dumps(summary(slim), indent=1) + "\n")
