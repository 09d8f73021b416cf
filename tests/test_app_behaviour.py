"""What the app does with bad input, selections, uploads and shared models."""

from __future__ import annotations

from io import BytesIO
from threading import Event, Thread

import pytest
import torch
from PIL import Image

from app import controls
from app.passes import counted_otherwise, module_counts
from app.server.networks import borrow
from app.server.worker import Worker
from app.text import NOT_YET
from irnet.models import network
from irnet.models.errata import ERRATA
from irnet.provenance.erratum_checks import LINEAR
from irnet.runtime.capture import capture
from irnet.runtime.device import DEVICES
from tests.apps import SMALL, opened, run_here, sized, troubles

V1 = "inception_resnet_v1.paper"


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


@pytest.mark.parametrize(
    ("preset", "stage", "told"),
    [
        (V1, "block_b.0.project", ["block_b.0.project", "896 linear"]),
        ("inception_resnet_v2.paper", "block_b.0.project", ["Fig. 17", "timm, Cadene", "repeat_1.0 to repeat_1.19"]),
        ("inception_v4.tf_slim", "classifier", ["Fig. 9", "TF-slim", "Logits"]),
    ],
)
def test_a_box_shows_what_it_is_and_its_names_in_the_releases(preset: str, stage: str, told: list[str]) -> None:
    app = opened("network", preset, box=stage)
    shown = str([table.value.to_numpy().tolist() for table in app.table])
    assert not troubles(app)
    assert [words for words in told if words not in shown] == []


def test_the_ledger_shows_the_count_in_the_address_with_its_lines() -> None:
    app = opened(
        "provenance", V1, provenance="Ledger of numbers", count="torchinfo on facenet-pytorch: 27,910,327 parameters"
    )
    lines = app.table[0].value.to_numpy().tolist()
    assert lines[0] == ["inception_resnet_v1.paper as shown here", "22,756,328"]
    assert lines[-1] == ["sum", "27,910,327"]


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
    links = [link.proto for link in opened("overview").get("page_link") if "erratum" in link.proto.query_string]
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


def test_knobs_survive_a_change_of_page_and_the_way_back_to_the_preset_undoes_them() -> None:
    app = opened("network", V1, **{f"{V1}.a": 7})
    assert not app.slider  # a shut panel draws nothing
    app.session_state["panel"] = True
    app.run().slider(key=f"own.{V1}.b").set_value(3).run()
    app.switch_page("app/pages/compare.py").run()
    assert {key: value for key, value in app.query_params.items() if key.startswith(V1)} == {
        f"{V1}.a": "7",
        f"{V1}.b": "3",
    }
    app.session_state["panel"] = True
    app.run()
    assert (app.slider(key=f"own.{V1}.a").value, app.slider(key=f"own.{V1}.b").value) == (7, 3)
    next(button for button in app.button if "preset" in button.label).click().run()
    assert (app.slider(key=f"own.{V1}.a").value, app.slider(key=f"own.{V1}.b").value) == (5, 10)


def test_an_upload_is_run_and_a_broken_one_gets_one_sentence() -> None:
    file = BytesIO()
    Image.new("RGB", (320, 200), "teal").save(file, "PNG")
    app = opened("activations", V1, **sized(V1))
    app.file_uploader[0].upload("teal.png", file.getvalue(), "image/png").run()
    assert not troubles(app)
    for content in (b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"):
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
    with borrow(spec) as first:
        pass
    with borrow(spec) as second:
        assert first is second


def test_the_same_network_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = network("inception_resnet_v1", input_size=SMALL + 2)
    first = module_counts(spec, "cpu"), counted_otherwise(spec, "cpu")

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Worker, "ask", refuse)
    assert (module_counts(spec, "cpu"), counted_otherwise(spec, "cpu")) == first


def test_what_fvcore_counts_is_shown_before_the_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise RuntimeError("meta has not enough memory for this")

    run_here(monkeypatch)
    monkeypatch.setattr("app.server.networks.by_others", full)
    app = opened("cost", V1, **sized(V1, SMALL + 3))
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["torchinfo"], shown["torch FLOPs"]) == (NOT_YET, NOT_YET)
    assert int(shown["fvcore MACs"][0]) > 0
    assert app.error[0].value.startswith("Meta has not enough memory")
