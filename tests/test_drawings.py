"""The address of a drawing leads back to the view that it was made for; a bad one gets one sentence."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drawings import View, hits, svg
from irnet.diagrams import canvas_svgs, draw
from irnet.diagrams.graph_builder import FLOWS, Flow
from irnet.diagrams.nested import LEVELS, Expansion, shown_block
from irnet.diagrams.overlay import EDGES, OVERLAYS, Edges, Overlay
from irnet.edit import network, network_of_label
from irnet.models import PRESETS
from irnet.tree import resolve
from tests.walks import FEWER

V1 = "inception_resnet_v1.paper"
SPEC = network(V1, a=2, b=3, input_size=(224, 261), scale_b=0.2)


def asked(address: str) -> tuple[str, dict[str, str]]:
    """Name and parameters of an address, as a server reads them."""
    parts = urlsplit(address)
    return parts.path.removeprefix("drawing/").removesuffix(".svg"), dict(parse_qsl(parts.query))


@FEWER
@given(
    st.integers(0, len(LEVELS) - 1),
    st.frozensets(st.sampled_from(sorted(path for path, box in resolve(SPEC).items() if box.children)), max_size=3),
    st.sampled_from(sorted(resolve(SPEC))),
    st.sampled_from(OVERLAYS),
    st.sampled_from(EDGES),
    st.sampled_from(FLOWS),
)
def test_an_address_draws_the_view_it_was_made_for(
    level: int, turned: frozenset[str], chosen: str, overlay: Overlay, edges: Edges, flow: Flow
) -> None:
    opened = Expansion(level, turned, shown_block(SPEC, chosen))
    view = View(network=SPEC, opened=opened, overlay=overlay, edges=edges, flow=flow)
    both = canvas_svgs(SPEC, opened, overlay, edges, flow)
    assert tuple(svg(*asked(view.address(theme))) for theme in ("light", "dark")) == both


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_address_draws_the_figure_of_a_stage(theme: str) -> None:
    view = View(network=SPEC, stage="block_b")
    assert svg(*asked(view.address(theme))) == draw(SPEC, "svg", "block_b", theme)


def test_the_label_of_a_network_leads_back_to_it() -> None:
    changes: tuple[dict[str, Any], ...] = ({}, {"classes": 10}, {"dropout": 0.05, "input_size": (320, 299)})
    for spec in (network(name, **changed) for name in PRESETS for changed in changes):
        assert network_of_label(spec.label) == spec


@pytest.mark.parametrize(
    ("name", "query", "told"),
    [
        ("inception_v5", {}, "no network is called 'inception_v5'"),
        (V1, {"edits": "<b>"}, "does not say a knob"),
        (V1, {"stage": "block_q"}, "no stage 'block_q'"),
        (V1, {"theme": "print"}, "theme can't be 'print'"),
        (V1, {"level": "9"}, "level can't be '9'; it can be 0, 1, 2, 3"),
        (V1, {"level": "1", "turned": "stem,block_q"}, "no box 'block_q'"),
        (V1, {"level": "1", "shown": "block_b.99"}, "no box 'block_b.99'"),
        (V1, {"level": "1", "overlay": "joy"}, "overlay can't be 'joy'"),
        (V1, {"level": "1", "edges": "thick"}, "edges can't be 'thick'"),
        (V1, {"level": "1", "flow": "up"}, "flow can't be 'up'; it can be down, right"),
    ],
)
def test_an_address_of_what_is_not_there_gets_one_sentence(name: str, query: dict[str, str], told: str) -> None:
    with pytest.raises((ValueError, KeyError)) as refused:
        svg(name, query)
    assert told in str(refused.value.args[0])


def test_an_address_draws_a_network_with_edited_places() -> None:
    spec = network("inception_v4", "stem=inception_v3.tf_slim", "inception_b.0.b1.filters=200", a=6)
    name, told = asked(View(network=spec, opened=Expansion(2)).address("light"))
    assert b"conv 200" in svg(name, told)
    assert b"conv 208" in svg(name, told | {"edits": spec.edit_text.replace("200", "208")})


def test_boxes_are_looked_up_by_address_in_one_network_and_in_several() -> None:
    both = {"n0": "inception_resnet_v1.paper", "n1": "inception_resnet_v2.paper", "find": "1x7"}
    assert hits(both) == ["0/block_b.0.body.b1.1", "1/stem.0.4.b1.2", "1/block_b.0.body.b1.1"]
    alone = hits({"n0": both["n0"], "find": "1x7"})
    assert (len(alone), alone[0]) == (10, "block_b.0.body.b1.1")
    with pytest.raises(ValueError, match="0 networks can't be searched"):
        hits({"find": "1x7"})
