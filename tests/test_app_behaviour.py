"""What the app does with bad input, selections, uploads and shared models."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from threading import Event, Thread

import pytest
import torch
from PIL import Image

from app import controls
from app.live import borrow, counted_otherwise, module_counts
from app.text import NOT_YET
from irnet.models import PRESETS, network
from irnet.models.errata import ERRATA
from irnet.provenance.erratum_checks import LINEAR, refutation
from irnet.runtime.capture import capture
from irnet.runtime.device import DEVICES
from tests.apps import ROOT, SMALL, STRUCTURAL, opened, sized, troubles

V1 = "inception_resnet_v1.paper"


@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_structural_page_needs_no_torch(name: str) -> None:
    script = f"""
import sys
sys.modules["torch"] = None
from tests.apps import opened, troubles
app = opened({name!r}, "inception_resnet_v2.tf_slim")
assert not troubles(app), troubles(app)
assert app.title
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"model": "inception_v5"}, "'inception_v5'"),
        ({f"{V1}.a": "99"}, "a=99 is outside 0 to 20"),
        ({f"{V1}.scale_b": "much"}, "scale_b=much is not a number"),
        ({"erratum": "E99"}, "no erratum is called 'E99'"),
        ({f"{V1}.input_height": "9999"}, "input_size=9999 is outside 1 to 4096"),
    ],
)
def test_a_bad_address_gets_one_sentence_and_the_page_goes_on(address: dict[str, str], told: str) -> None:
    app = opened("network", **address)
    assert [told in warning.value for warning in app.warning] == [True]
    assert not app.exception
    assert not app.error
    assert app.title


def test_a_missing_device_gets_one_sentence_that_names_those_that_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    app = opened("cost", V1, device="cuda", **sized(V1))
    assert [error.value for error in app.error] == ["Device 'cuda' is not on this machine, which has cpu, meta."]


def test_the_app_offers_the_devices_that_the_library_knows() -> None:
    assert controls.DEVICES == DEVICES


def test_meta_is_counted_but_not_run() -> None:
    assert not troubles(opened("cost", V1, device="meta", **sized(V1)))
    refused = opened("activations", V1, device="meta", **sized(V1))
    assert "shapes and no numbers" in refused.error[0].value


def test_a_step_in_the_address_is_told() -> None:
    app = opened("network", V1, box="block_b.0.project")
    assert "block_b.0.project" in str(app.table[0].value.to_numpy())
    assert "896 linear" in str(app.table[0].value.to_numpy())


@pytest.mark.parametrize(
    ("preset", "stage", "told"),
    [
        ("inception_resnet_v2.paper", "block_b.0.project", ["Fig. 17", "timm, Cadene", "repeat_1.0 to repeat_1.19"]),
        ("inception_v4.tf_slim", "classifier", ["Fig. 9", "TF-slim", "Logits"]),
    ],
)
def test_a_box_shows_its_names_in_the_releases(preset: str, stage: str, told: list[str]) -> None:
    app = opened("network", preset, box=stage)
    shown = str([table.value.to_numpy().tolist() for table in app.table])
    assert not troubles(app)
    assert [words for words in told if words not in shown] == []


TABS = ("Names side by side", "Numbered deviations", "Ledger of numbers")


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_tab_of_the_provenance_page_shows_every_preset(preset: str, tab: str) -> None:
    app = opened("provenance", preset, provenance=tab)
    assert not troubles(app)
    assert app.table


def test_the_ledger_shows_the_count_in_the_address_with_its_lines() -> None:
    app = opened("provenance", V1, provenance=TABS[2], count="torchinfo on facenet-pytorch: 27,910,327 parameters")
    lines = app.table[0].value.to_numpy().tolist()
    assert lines[0] == ["inception_resnet_v1.paper as shown here", "22,756,328"]
    assert lines[-1] == ["sum", "27,910,327"]


@pytest.mark.parametrize("id_", ERRATA)
def test_the_errata_page_shows_every_erratum(id_: str) -> None:
    app = opened("errata", erratum=id_)
    assert not troubles(app)
    assert ERRATA[id_].printed in str(app.table[0].value.to_numpy())
    ways = {step.reading for step in refutation(id_)}
    assert len(app.table) == 1 + len(ways)
    assert {way for way in ways if way} <= {header.value for header in app.subheader}


@pytest.mark.parametrize(("id_", "printed", "needed"), [("E4", 1154, 1152), ("E5", 2048, 2144)])
def test_a_typed_width_is_refused_or_accepted_by_the_sum(id_: str, printed: int, needed: int) -> None:
    app = opened("errata", erratum=id_)
    said = [text.value for text in app.markdown]
    assert f"{LINEAR[id_]}.0: cannot add {printed} channels to {needed}." in said
    assert any("refused" in text for text in said)
    app.number_input(key=f"width.{id_}").set_value(needed).run()
    said = [text.value for text in app.markdown]
    assert f"{LINEAR[id_]}.0: {needed} channels are added to {needed}." in said
    assert any("accepted" in text for text in said)


def test_the_overview_leads_to_every_erratum() -> None:
    links = [link.proto for link in opened("overview").get("page_link")]
    asked = {link.label.split(":")[0] for link in links if link.page.endswith("errata")}
    assert asked == set(ERRATA)


def test_a_selection_that_the_next_model_lacks_is_told_and_the_page_goes_on() -> None:
    app = opened("network", V1, box="block_c.1", stage="block_c")
    app.selectbox(key="model").set_value("inception_v4.paper").run()
    assert [warning.value for warning in app.warning] == [
        "inception_v4.paper has no box 'block_c.1'; near ones: inception_c.1, inception_c.2.b1, inception_c.1.b3"
    ]
    assert not app.exception
    assert app.selectbox(key="stage").value == "here"


def test_a_search_counts_its_matches_and_walks_through_them() -> None:
    app = opened("network", V1, find="block_b.*.project")
    assert "10 boxes" in [caption.value for caption in app.caption]
    for path, told in (("block_b.0.project", "1 of 10 boxes"), ("block_b.1.project", "2 of 10 boxes")):
        next(button for button in app.button if button.label == "Next").click().run()
        assert app.text_input(key="box").value == path
        assert told in [caption.value for caption in app.caption]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"turned": "block_q,<b>,block_b"}, "turned 'block_q', '\\<b\\>', which is not there; near ones are block_c"),
        ({"level": "atoms"}, "level 'atoms', which is not there; it can be stages, branches, steps, units"),
        ({"overlay": "joy"}, "overlay 'joy', which is not there; it can be operation, parameters"),
        ({"edges": "thick"}, "edges 'thick', which is not there; it can be alike, channels, bytes, MACs"),
        ({"flow": "up"}, "flow 'up', which is not there; it can be down, right"),
        ({"box": "block_q"}, "has no box 'block_q'; near ones: block_c"),
    ],
)
def test_an_unknown_part_of_a_view_is_told_and_the_nearest_valid_one_opens(address: dict[str, str], told: str) -> None:
    app = opened("network", V1, **address)
    assert [told in warning.value for warning in app.warning] == [True]
    assert not app.exception
    assert not app.error
    assert app.title


def test_back_to_the_preset_undoes_every_knob() -> None:
    app = opened("network", V1, **{f"{V1}.a": 7})
    assert app.slider(key=f"own.{V1}.a").value == 7
    next(button for button in app.button if "preset" in button.label).click().run()
    assert app.slider(key=f"own.{V1}.a").value == 5


def test_knobs_survive_a_change_of_page() -> None:
    app = opened("network", V1)
    app.slider(key=f"own.{V1}.b").set_value(3).run()
    app.switch_page("app/pages/compare.py").run()
    assert app.slider(key=f"own.{V1}.b").value == 3


def test_an_upload_is_run() -> None:
    file = BytesIO()
    Image.new("RGB", (320, 200), "teal").save(file, "PNG")
    app = opened("activations", V1, **sized(V1))
    app.file_uploader[0].upload("teal.png", file.getvalue(), "image/png").run()
    assert not troubles(app)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_broken_upload_gets_one_sentence(content: bytes) -> None:
    app = opened("activations", V1, **sized(V1))
    app.file_uploader[0].upload("mine.png", content, "image/png").run()
    assert not app.exception
    assert ["mine.png" in error.value.lower() for error in app.error] == [True]


def test_sessions_do_not_see_each_other() -> None:
    spec = network("inception_resnet_v1.facenet", input_size=96)
    inside, seen = Event(), {}

    def one() -> None:
        with borrow(spec) as model, capture(model, "stem.0", keep=len) as found, torch.no_grad():
            model(torch.zeros(1, *spec.input_shape))
            inside.set()
            Event().wait(0.3)
            seen["one"] = found["stem.0"]

    def two() -> None:
        inside.wait()
        with borrow(spec) as model, torch.no_grad():
            model(torch.zeros(2, *spec.input_shape))

    threads = [Thread(target=run) for run in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"one": 1}


def test_sessions_share_one_model() -> None:
    spec = network("inception_resnet_v1", input_size=SMALL)
    with borrow(spec) as first:
        pass
    with borrow(spec) as second:
        assert first is second


def test_the_same_network_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = network("inception_resnet_v1", input_size=SMALL + 2)
    first = module_counts(spec, "cpu"), counted_otherwise(spec, "cpu")
    monkeypatch.setattr("app.live.by_fvcore", None)
    monkeypatch.setattr("app.live.by_others", None)
    assert (module_counts(spec, "cpu"), counted_otherwise(spec, "cpu")) == first


def test_what_fvcore_counts_is_shown_before_the_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise RuntimeError("meta has not enough memory for this")

    monkeypatch.setattr("app.live.by_others", full)
    app = opened("cost", V1, **sized(V1, SMALL + 3))
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["torchinfo"], shown["torch FLOPs"]) == (NOT_YET, NOT_YET)
    assert int(shown["fvcore MACs"][0]) > 0
    assert app.error[0].value.startswith("Meta has not enough memory")


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("compare", {"with": "foo"}, "with 'foo', which is not there; "),
        ("compare", {"with": "inception_v4.papers"}, "inception_v4.paper"),
        ("compare", {"unit": "sheep"}, "unit 'sheep', which is not there"),
        ("compare", {"compare": "Sheep"}, "compare 'Sheep', which is not there; it can be Drawings, What differs"),
        ("network", {"stage": "block_q"}, "stage 'block_q', which is not there"),
        ("provenance", {"provenance": "Ledger of numbers", "count": "sheep"}, "count 'sheep', which is not there"),
        ("figures", {"figure": "figure_99"}, "figure 'figure_99', which is not there; near ones are figure_"),
    ],
)
def test_what_a_page_ignores_of_its_address_is_told_with_names_that_are_near(
    name: str, address: dict[str, str], told: str
) -> None:
    app = opened(name, V1, **address)
    assert [told in warning.value for warning in app.warning] == [True]
    assert not app.exception
