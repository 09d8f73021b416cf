"""Titles of frames keep clear of arrows, and captions on the page."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
import vl_convert
from PIL import Image

from irnet.diagrams import draw
from irnet.diagrams.titles import clear_titles
from irnet.models import network

FRAME = (
    '<g id="a" class="cluster">\n<title>a</title>\n<g id="a_a"><a>\n<path fill="none" d="M0,0C0,0 200,0 200,100"/>\n'
    '<text text-anchor="start" x="8" y="14" font-size="10.00">A title</text>\n</a>\n</g>\n</g>\n'
)
ARROW = '<g id="e" class="edge">\n<title>x</title>\n<path fill="none" d="M{x},-20C{x},0 {x},20 {x},60"/>\n</g>'


def test_a_title_moves_behind_the_arrow_that_strikes_it() -> None:
    assert ' x="35" ' in clear_titles(FRAME + ARROW.format(x=30))


def test_a_title_that_no_arrow_strikes_or_that_has_no_other_place_stays() -> None:
    for drawing in (FRAME + ARROW.format(x=150), FRAME + "\n".join(ARROW.format(x=x) for x in range(0, 220, 20))):
        assert clear_titles(drawing) == drawing


def right_edge(svg: str, family: str, rows: slice) -> int:
    """The rightmost column of pixels with ink in these rows, the text set in a font; -1 for none."""
    set_in = re.sub('font-family="[^"]*"', f'font-family="{family}"', svg)
    pixels = np.asarray(Image.open(BytesIO(vl_convert.svg_to_png(set_in, scale=1))).convert("L"))[rows]
    return int(np.flatnonzero((pixels < 200).any(0)).max(initial=-1))


def test_a_caption_ends_on_the_page_in_a_font_that_is_wider_than_arial() -> None:
    """Without a length of its own, its last letters are cut off where a reader has no Arial."""
    held = draw(network("inception_resnet_v1.facenet"), "svg", "block8").decode()
    free = re.sub(r' textLength="[^"]*" lengthAdjust="\w*"', "", held)
    rows = slice(-90, -55)  # of the caption
    edges = {font: right_edge(held, font, rows) for font in ("Liberation Sans", "DejaVu Sans")}
    assert abs(edges["Liberation Sans"] - right_edge(free, "Liberation Sans", rows)) <= 1
    if right_edge(free, "DejaVu Sans", rows) < 0:
        pytest.skip("no DejaVu Sans here")
    assert abs(edges["DejaVu Sans"] - edges["Liberation Sans"]) <= 1
    assert right_edge(free, "DejaVu Sans", rows) > edges["Liberation Sans"] + 20


def test_a_caption_with_room_for_a_wider_font_is_left_as_it_is() -> None:
    assert "textLength" not in draw(network("inception_v4"), "svg", "reduction_b").decode()
