"""Titles of frames keep clear of arrows."""

from __future__ import annotations

from irnet.diagrams.titles import clear_titles

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
