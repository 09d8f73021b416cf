"""The Edit page without a browser, and the reader's own network on the pages that show others."""

from __future__ import annotations

import json
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from app.drawings import View, svg
from irnet.diagrams.nested import Expansion
from irnet.edit import network, network_of_label
from irnet.edit.document import document
from irnet.edit.history import history
from irnet.models import PRESETS, title
from irnet.spec import Edit
from irnet.tree import resolve
from irnet.tree.totals import totals
from tests.apps import opened, sample, sized, troubles

V4, V2 = "inception_v4.paper", "inception_resnet_v2.paper"


def press(app: AppTest, label: str) -> AppTest:
    """The page after a button."""
    return next(button for button in app.button if button.label == label).click().run()


def call(app: AppTest) -> str:
    """The call that makes the network which the page shows."""
    return next(code.value for code in app.code if code.value.startswith("irnet."))


def edits(app: AppTest, preset: str = V4) -> str:
    """The text with the edits."""
    return str(app.session_state[f"{preset}.edits"])


def kept(preset: str, text: str) -> dict[str, object]:
    """The address of edits."""
    return {f"{preset}.edits": text}


@pytest.mark.parametrize(("preset", "seed"), sample((name, seed) for seed, name in enumerate(PRESETS)))
def test_random_edits_undone_to_the_start_leave_the_original(preset: str, seed: int) -> None:
    random = Random(seed)
    app = opened("edit", preset, edit="Export")
    first = [(m.value, m.delta) for m in app.metric], call(app)
    paths = [path for path, box in resolve(network(preset)).items() if box.level != "unit"]
    for _ in range(6):
        app.text_input(key="box").set_value(random.choice(["", *paths])).run()
        fields = [field for field in app.number_input if (field.key or "").startswith("set.")]
        if fields:
            field = random.choice(fields)
            low, high = float(field.min or 0), min(float(field.max or 1), 2 * float(field.value or 0) + 2)
            field.set_value(random.randint(int(low), int(high)) if field.step >= 1 else round(random.random(), 2)).run()
        if joins := [button for button in app.button if button.label.startswith(("Split", "Join"))]:
            random.choice(joins).click().run()
        assert not app.exception
    made = history(preset, edits(app, preset))
    assert made.position == len(made.edits) > 2
    for _ in made.edits:
        press(app, "Undo")
    assert ([(m.value, m.delta) for m in app.metric], call(app)) == first
    assert not troubles(app)
    for _ in made.edits:
        press(app, "Redo")
    assert history(preset, edits(app, preset)) == made
    assert edits(press(app, "Reset"), preset).startswith("|")


def test_an_edit_is_in_the_address_and_every_number_follows() -> None:
    app = opened("edit", V4, box="inception_b.3.b1", edit="Export")
    app.number_input(key="set.0.inception_b.0.b1.filters.").set_value(200).run()
    assert app.query_params[f"{V4}.edits"] in ("inception_b.0.b1.filters=200", ["inception_b.0.b1.filters=200"])
    assert call(app) == f'irnet.network("{V4}", "inception_b.0.b1.filters=200")'
    assert all(metric.delta.startswith("-") for metric in app.metric if metric.label != "Receptive field")


def test_what_cannot_be_has_its_reason_and_the_nearest_fix_as_a_button() -> None:
    app = opened("edit", V4, box="inception_b.0.b2.1")
    app.number_input(key="set.0.inception_b.0.b2.1.kernel.width").set_value(6).run()
    assert ["an odd kernel" in error.value for error in app.error] == [True]
    assert app.number_input(key="set.0.inception_b.0.b2.1.kernel.width").value == 6
    press(app, "Use inception_b.0.b2.1.kernel=1x5")
    assert edits(app) == "inception_b.0.b2.1.kernel=1x5"
    assert not troubles(app)


def test_a_stride_and_a_padding_are_set_and_the_grids_behind_them_are_said() -> None:
    app = opened("edit", V4, box="reduction_b")
    app.number_input(key="set.0.reduction_b.0.stride.").set_value(1).run()
    app.selectbox(key="set.0.reduction_b.0.padding.").set_value("same").run()
    assert edits(app) == "reduction_b.0.stride=1, reduction_b.0.padding=same"
    assert [caption.value for caption in app.caption if caption.value.startswith("Grids: ")] == [
        "Grids: reduction_b 17x17 in place of 8x8, inception_c 17x17 in place of 8x8, output stride 16 in place of 32."
    ]
    assert not troubles(app)
    app = opened("edit", V4, box="reduction_a.0.b1")
    app.number_input(key="set.0.reduction_a.0.b1.stride.").set_value(1).run()
    press(app, "Use reduction_a.0.stride=1")
    assert edits(app) == "reduction_a.0.stride=1"
    assert not troubles(app)


def test_an_edit_that_cannot_be_is_left_out_and_those_after_it_stay() -> None:
    app = press(opened("edit", V4, **kept(V4, "a=6, reduction_a.0.b1.kernel=4, b=2")), "Leave it out")
    assert edits(app) == "a=6, b=2"
    assert not troubles(app)


def test_a_box_that_an_undo_takes_away_gives_way_to_the_one_round_it() -> None:
    app = opened("edit", V4, box="inception_a.0.b2.2", **kept(V4, "inception_a.0.b2.1.split=1x3"))
    app.text_input(key="box").set_value("inception_a.5").run()
    assert app.warning
    app = opened("edit", V4, box="inception_a.5.b1", **kept(V4, "inception_a.repeat=6"))
    press(app, "Undo")
    assert app.text_input(key="box").value == "inception_a"
    assert not troubles(app)


def test_the_list_of_edits_leads_to_any_step() -> None:
    app = opened("edit", V4, **kept(V4, "a=6, b=3 | c=2"))
    for step, told in ((3, "a=6, b=3, c=2"), (0, "| a=6, b=3, c=2"), (1, "a=6 | b=3, c=2")):
        box = app.selectbox(key="edit.step")
        box.set_value(box.options[step]).run()
        assert edits(app) == told


def test_edits_of_places_that_are_not_there_are_told_on_every_page() -> None:
    address = kept(V4, "a=6, inception_q.0.filters=3")
    assert ["has no stage 'inception_q'" in error.value for error in opened("edit", V4, **address).error] == [True]
    app = opened("network", V4, **address)
    assert ["Edit 2 is left out" in warning.value for warning in app.warning] == [True]
    assert "a=6" in app.caption[1].value or "a=6" in app.caption[0].value
    app.session_state["panel"] = True
    assert edits(press(app.run(), "Back to the preset")) == ""


@pytest.mark.parametrize("name", sample(("cost", "compare", "network", "provenance", "activations", "field")))
def test_a_page_shows_the_edited_network(name: str) -> None:
    small = sized(V4) if name in ("cost", "activations", "field") else {}
    app = opened(name, V4, **small, **kept(V4, "inception_b.0.b1.filters=200, inception_a.repeat=2"))
    assert not troubles(app)
    assert any("inception_b.0.b1.filters=200" in caption.value for caption in app.caption)


def test_a_document_is_loaded_with_its_model() -> None:
    app = opened("edit", V4, edit="Import")
    given = document(network(V2), (Edit("block_b.0", "scale", 0.2), Edit("", "a", 3)))
    app.file_uploader[0].upload("mine.json", given.encode(), "application/json").run()
    assert app.session_state["model"] == V2
    assert edits(app, V2) == "block_b.0.scale=0.2, a=3"
    assert not troubles(app)


def test_a_hostile_document_gets_one_sentence_and_changes_nothing() -> None:
    app = opened("edit", V4, edit="Import", **kept(V4, "a=6"))
    given = json.dumps({"format": "irnet.edits.1", "network": V4, "edits": ["a=1e9"]})
    app.file_uploader[0].upload("mine.json", given.encode(), "application/json").run()
    assert not app.exception
    assert ["Edits.0: a=1e9" in error.value for error in app.error] == [True]
    assert edits(app) == "a=6"


def test_a_drawing_by_address_marks_what_differs_and_what_cannot_be() -> None:
    original, spec = network(V4, a=5), network(V4, "inception_b.0.b1.filters=200", a=5)
    view = View(network=spec, opened=Expansion(1), original=original, refused="inception_a")
    name, _, query = view.address("light").removeprefix("drawing/").partition(".svg?")
    asked = dict(part.split("=", 1) for part in query.split("&"))
    assert {"against", "refused"} <= asked.keys()
    plain = {"edits": spec.edit_text, "level": "1", "against": original.label, "refused": "inception_b.0.b1"}
    assert svg(name, plain).decode().count("\u2717") == 2  # the box and the legend
    with pytest.raises(KeyError, match="no box 'inception_q'"):
        svg(name, plain | {"refused": "inception_q"})
    with pytest.raises(ValueError, match="no network is called"):
        svg(name, plain | {"against": "nothing"})


EDIT = "inception_b.0.b1.filters=200"


def rows(app: AppTest) -> dict[str, str]:
    """Names and values of every table that has two columns."""
    tables = [table.value for table in app.table if table.value.shape[1] == 2]
    return {str(name): str(value) for table in tables for name, value in table.itertuples(index=False)}


def headers(app: AppTest) -> list[str]:
    return [header.value for header in app.header]


def test_the_overview_shows_an_edited_network_beside_its_preset() -> None:
    app = opened("overview", V4, **{f"{V4}.edits": EDIT, f"{V4}.a": 6})
    assert not troubles(app)
    assert f"Yours, from {title(V4)}" in headers(app)
    made, first = totals(network_of_label(f"{V4} (a=6, {EDIT})")), totals(network(V4))
    assert rows(app)["Parameters"].endswith(f": {made.params - first.params:+,} to the preset's")
    assert rows(app)["MACs"].endswith(f": {made.macs - first.macs:+,} to the preset's")
    links = {link.proto.label: link.proto for link in app.get("page_link")}
    assert f"with={V4}" in links["Compare with the preset"].query_string.split("&")
    assert EDIT.replace("=", "%3D") in links["Open yours"].query_string


def test_the_overview_has_no_card_for_a_network_as_published() -> None:
    assert not [header for header in headers(opened("overview", V4)) if header.startswith("Yours")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "E4 concerns its Inception-ResNet-B. Errata in it: E1, "),
        ({"inception_resnet_v2.paper.b": 0}, "E4 concerns nothing in it. Errata in it: E1, "),
        ({"inception_resnet_v2.paper.edits": "block_a.0.scale=0.2"}, "E4 concerns its Inception-ResNet-B."),
    ],
)
def test_the_errata_page_tells_what_concerns_the_readers_network(changes: dict[str, object], said: str) -> None:
    app = opened("errata", "inception_resnet_v2.paper", erratum="E4", **changes)
    assert not troubles(app)
    lines = [caption.value for caption in app.caption if caption.value.startswith("Your network, ")]
    assert len(lines) == 1
    assert said in lines[0].replace("\\", "")


@pytest.mark.parametrize(("former", "field"), [("Take away", "code"), ("Load", "file_uploader")])
def test_an_older_link_to_a_tab_opens_it(former: str, field: str) -> None:
    app = opened("edit", V4, edit=former)
    assert app.get(field)
    assert not troubles(app)
