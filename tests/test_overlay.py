"""The legend of an overlay holds for every box of the drawing, and ends with the largest of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from irnet.diagrams import canvas_svgs
from irnet.diagrams.nested import Expansion
from irnet.diagrams.overlay import OVERLAYS, Overlay
from irnet.models import network
from irnet.spec import Network
from irnet.tree import Box, resolve
from irnet.units import short

SVG = "{http://www.w3.org/2000/svg}"
UNIT = {"parameters": "", "MACs": "MAC", "activation memory": "B"}
VIEWS = {
    "stages": Expansion(0),
    "one stage open": Expansion(0, frozenset({"block_b"})),
    "branches": Expansion(1),
    "steps": Expansion(2),
    "units": Expansion(3),
}


AMOUNTS: dict[str, Callable[[Box], int]] = {
    "parameters": lambda box: box.params,
    "MACs": lambda box: box.macs,
    "activation memory": lambda box: box.activation_bytes,
    "receptive field": lambda box: max(box.rows[-1].field.size),
}


def drawn(spec: Network, opened: Expansion, overlay: Overlay) -> tuple[dict[str, str], list[str]]:
    """The fills of the boxes of a drawing by their paths, and the lines of its legend."""
    light, _ = canvas_svgs(spec, opened, overlay)
    root = ElementTree.fromstring(light)
    fills = {}
    for group in root.iter(f"{SVG}g"):
        shapes = [shape for tag in ("path", "polygon") for shape in group.findall(f"{SVG}{tag}")]
        painted = [fill for shape in shapes if (fill := shape.get("fill", "none")) != "none"]
        if group.get("class", "").startswith("node") and painted:
            fills[group.get("id", "")] = painted[0]
    texts = ["".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")]
    return fills, [text for text in texts if re.search(r"(up to .*|: none|^none)$", text)]


@pytest.mark.parametrize("overlay", [overlay for overlay in OVERLAYS if overlay not in ("operation", "photograph")])
@pytest.mark.parametrize("view", ["stages", "steps", *(pytest.param(view, marks=pytest.mark.soak) for view in VIEWS)])
def test_the_legend_ends_with_the_largest_box_that_is_drawn(view: str, overlay: Overlay) -> None:
    spec = network("inception_resnet_v2.paper")
    fills, legend = drawn(spec, VIEWS[view], overlay)
    amounts = {path: AMOUNTS[overlay](resolve(spec)[path]) for path in fills if path in resolve(spec)}
    assert len(amounts) > 8
    assert legend[0].startswith(overlay)
    largest = max(amounts.values())
    assert legend[-1] == f"up to {f'{largest:,} px' if overlay == 'receptive field' else short(largest, UNIT[overlay])}"
    by_fill: dict[str, list[int]] = {}
    for path, value in amounts.items():
        by_fill.setdefault(fills[path], []).append(value)
    steps = sorted(by_fill.values(), key=max)
    assert all(max(lower) < min(upper) for lower, upper in pairwise(steps))  # no two overlap
    assert len(steps) <= len(legend)


def test_a_field_of_view_is_whole_pixels() -> None:
    _, legend = drawn(network("inception_v4.paper"), Expansion(2), "receptive field")
    assert all(re.search(r"up to [\d,]+ px$", line) for line in legend)
