"""What runs right on a canvas: rows that keep out of each other, and arrows that run between them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from irnet.diagrams import beside_svgs, canvas_svgs
from irnet.diagrams.beside import opened_beside
from irnet.diagrams.beside_files import FORMS, beside_slide
from irnet.diagrams.measures import CANVAS
from irnet.diagrams.nested import Expansion, nested
from irnet.diagrams.rows import _BOX, _TURN, _sides
from irnet.models import PRESETS, network

V1, V2 = network("inception_resnet_v1"), network("inception_resnet_v2")


@pytest.mark.parametrize("opened", [Expansion(), Expansion(1), Expansion(0, frozenset({"stem"}))])
@pytest.mark.parametrize("name", PRESETS)
def test_rows_keep_out_of_each_other_and_start_one_below_the_other(name: str, opened: Expansion) -> None:
    spec = network(name)
    rows = nested(spec, opened, None, "right", CANVAS).rows
    svg = canvas_svgs(spec, opened, flow="right")[0].decode()
    boxes = {path: _sides(shape) for path, shape in _BOX.findall(svg)}
    assert len(rows) > 2
    for above, below in pairwise(rows):
        assert max(boxes[part][3] for part in above) < min(boxes[part][1] for part in below)
    starts = [boxes[row[0]][0] for row in rows]
    assert max(starts) - min(starts) < 60  # points
    assert len(_TURN.findall(svg)) == len(rows) - 1


def test_arrows_that_run_down_and_files_are_not_broken_into_rows() -> None:
    assert not nested(V2, Expansion(), None, "down", CANVAS).rows
    assert not nested(V2, Expansion(), None, "right").rows


def test_networks_side_by_side_break_too_one_below_the_other() -> None:
    svg = beside_svgs((V1, V2), opened_beside((V1, V2), 0, frozenset()), flow="right")[0].decode()
    boxes = {path: _sides(shape) for path, shape in _BOX.findall(svg)}
    assert boxes["0/classifier"][3] < boxes["1/input"][1]
    assert boxes["0/classifier"][1] > boxes["0/input"][3]


def test_a_slide_is_sixteen_to_nine_in_every_format_and_refuses_what_could_not_be_read() -> None:
    opened = (Expansion(2), Expansion(2))
    made = {form: beside_slide((V1, V2), opened, form, "dark") for form in FORMS}
    assert b'width="960pt" height="540pt"' in made["svg"]
    width, height = (int.from_bytes(made["png"][at : at + 4]) for at in (16, 20))
    assert width * 9 == height * 16
    assert made["pdf"].startswith(b"%PDF")
    four = (V1, V2, network("inception_v4"), network("inception_v3.tf_slim"))
    with pytest.raises(ValueError, match="at least 8 points"):
        beside_slide(four, (Expansion(),) * 4, "svg")
