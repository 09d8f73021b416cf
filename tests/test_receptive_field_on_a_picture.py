"""Fields in words, as records, on the command line, as a file and on the page."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irnet.cli import main
from irnet.diagrams.field_picture import field_picture, heat_layer, outlines
from irnet.models import network
from irnet.tree import resolve
from irnet.tree.receptive_field import Rectangle, centres, choices, receptive_field, stage_fields
from tests.apps import opened, sized, troubles
from tests.conftest import presets
from tests.test_cli import printed, refused

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.tf_slim", "inception_v4.paper"
SMALLER = ("--set", "input_size=107")


@pytest.mark.parametrize(("name", "path", "side"), [(V2, "conv2d_7b", "3,039"), (V4, "inception_c", "2,071")])
def test_a_field_larger_than_the_picture_says_so_with_figures(name: str, path: str, side: str) -> None:
    told = receptive_field(network(name), path).sentences
    assert f"more than the picture has, {side} pixels on 299" in told[1]
    assert told[2] == "No pixel of the picture is out of its reach."


def test_a_field_inside_the_picture_says_where_and_no_more() -> None:
    assert receptive_field(network(V4), "stem.0.2", (0, 1)).sentences == (
        "The output at row 0, column 1 on a grid of 147x147 sees 11x11 pixels: rows -2 to 8, columns 0 to 10.",
        "18.2 % of it lies outside the picture, where there is only padding.",
        "The fields of neighbouring outputs start 2 pixels apart.",
    )


@pytest.mark.parametrize("name", presets("inception_resnet_v1.paper", "inception_v3.tf_slim"))
def test_every_box_has_a_field_and_that_of_a_sum_is_its_shortcuts_and_bodys_together(name: str) -> None:
    spec = network(name)
    assert set(choices(spec)) <= set(resolve(spec))
    assert all(receptive_field(spec, path).rectangle.area > 0 for path in choices(spec))
    for path in (row.path for row in resolve(spec).rows if row.op == "add"):
        seen = receptive_field(spec, path)
        shortcut, body = (part.rectangle for part in seen.parts)
        assert shortcut.within(body), path
        assert body == seen.rectangle, path


def test_the_shortcut_of_a_block_sees_what_the_block_before_it_sees() -> None:
    spec = network(V1)
    before, after = receptive_field(spec, "block_b.3"), receptive_field(spec, "block_b.4")
    assert after.parts[0].rectangle == before.rectangle


def test_a_place_on_the_picture_is_the_middle_of_what_its_output_sees() -> None:
    seen = receptive_field(network(V4), "inception_a")
    found = centres(seen, 99)
    assert len(found) == 35 * 35
    assert found[17, 17] == (149.0, 149.0)
    assert all(0 <= y <= 298 and 0 <= x <= 298 for y, x in found.values())
    assert Rectangle(-9, 2, -3, 8).on((20, 20)).area == 0  # what misses the picture is empty
    larger = {row["stage"]: row["larger than the picture"] for row in stage_fields(network(V4))}
    assert [stage for stage, found in larger.items() if found == "no"] == ["stem", "inception_a", "reduction_a"]
    named = [outline.name for outline in outlines(seen)]  # parts that see the same are one outline
    assert named == ["inception_a, b3: 183x183 pixels", "b0, b2: 167x167 pixels", "b1: 151x151 pixels"]


def test_heat_leaves_the_photograph_grey_where_there_is_none() -> None:
    photo = Image.new("RGB", (4, 4), (200, 10, 10))
    magnitude = np.zeros((4, 4))
    magnitude[1, 2] = 1.0
    pixels = np.asarray(heat_layer(photo, magnitude)).astype(int)
    coloured = np.argwhere(np.ptp(pixels, axis=-1) > 0).tolist()
    assert coloured == [[1, 2]]


def test_a_picture_has_the_outline_where_the_field_is() -> None:
    seen = receptive_field(network(V4), "inception_a")
    drawn = outlines(seen)
    sheet = field_picture(Image.new("RGB", (299, 299), "#808080"), seen, drawn[:1], ())
    red, green, blue = (int(drawn[0].colour[i : i + 2], 16) for i in (1, 3, 5))
    painted = np.argwhere((np.asarray(sheet)[: 24 + 560] == (red, green, blue)).all(axis=-1))
    rows, columns = (painted.min(axis=0) - 24) * 299 / 560, (painted.max(axis=0) - 24) * 299 / 560
    assert rows == pytest.approx((58, 58), abs=2)
    assert columns == pytest.approx((241, 241), abs=2)


def test_the_verb_lists_every_stage_and_prints_a_box_as_csv_and_in_sentences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {row["stage"]: row["size"] for row in printed(capsys, "receptive-field", V2)}
    assert (found["conv2d_7b"], found["mixed_5b"]) == ("3039", "63")
    assert main(["receptive-field", V4, "inception_a", "--at", "0,34", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["what"] for row in rows] == ["inception_a", "b0", "b1", "b2", "b3"]
    assert (rows[0]["first row"], rows[0]["last column"]) == ("-78", "376")
    assert main(["receptive-field", V4, "inception_c"]) == 0
    assert "2,071 pixels on 299, 6.93 times its side" in capsys.readouterr().out


def test_the_verb_adds_the_gradient_for_a_photograph_and_draws_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "field.png"
    found = printed(capsys, "receptive-field", V1, "block_a", "--photo", "coffee", "--out", str(out), *SMALLER)
    assert (found["weights"], found["photo"]) == ("untrained, init torch, seed 0", "coffee")
    assert 0 < found["filled"] <= 1
    assert Image.open(out).format == "PNG"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--at", "1,2"], "--at belongs to one box: name it after the network, such as block_b.3"),
        (["stem", "--at", "middle"], "--at takes a row and a column, as 4,7, not 'middle'"),
        (["stem", "--out", "x.png"], "--out belongs to the gradient, which needs a photograph: --photo"),
        (["stem", "--photo", "coffee", "--out", "x.gif"], "--out writes a PNG, and x.gif is called otherwise"),
    ],
)
def test_bad_input_of_the_verb_gets_one_sentence(
    capsys: pytest.CaptureFixture[str], asked: list[str], told: str
) -> None:
    assert told in refused(capsys, "receptive-field", V4, *asked)


def test_the_page_starts_in_the_middle_and_a_smaller_grid_brings_its_sliders_back() -> None:
    app = opened("field", V1, **sized(V1))
    assert not troubles(app)
    assert [app.slider(key=axis).value for axis in ("row", "column")] == [3, 3]
    said = " ".join(found.value for found in (*app.markdown, *app.caption))
    assert "**untrained** weights" in said
    assert "running statistics" in said
    app = opened("field", V1, box="block_a.1", row=13, column=9, channel=5, **sized(V1))
    assert not troubles(app)
    said = " ".join(found.value for found in app.markdown)
    assert "The output at row 13, column 9 on a grid of 15x15 sees" in said
    assert "of the gradient of channel 5 lies in" in said
    app.selectbox(key="box").select("block_c").run()
    assert not troubles(app)
    assert app.slider(key="row").value in range(3)


@pytest.mark.parametrize("tab", ["Numbers", "Field against depth"])
def test_a_tab_opens_and_a_place_that_is_not_there_is_told(tab: str) -> None:
    app = opened("field", V1, row=99, field=tab, **sized(V1))
    (told,) = troubles(app)
    assert told.startswith("The address asks for row '99', which is not there")


def test_a_box_with_one_output_has_nothing_to_slide_along_and_a_unit_means_its_convolution() -> None:
    app = opened("field", V1, box="pool", **sized(V1))
    assert not troubles(app)
    assert "row" not in [slider.key for slider in app.slider]
    app = opened("field", V1, box="stem.0.1.bn", **sized(V1))
    assert app.selectbox(key="box").value == "stem.0.1"
