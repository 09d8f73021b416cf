"""What the app does with bad input, selections, uploads, checkpoints and shared models."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from app import controls
from app.passes import counted_otherwise, module_counts
from app.server.networks import borrow
from app.server.worker import Worker
from app.text import NOT_YET
from app.weights import on_server
from irnet.models import network
from irnet.models.errata import ERRATA
from irnet.provenance.erratum_checks import LINEAR
from irnet.runtime.build import build
from irnet.runtime.capture import capture
from irnet.runtime.device import DEVICES
from tests.apps import SMALL, opened, run_here, sized, troubles

V1 = "inception_resnet_v1.paper"


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


def test_a_typed_width_is_refused_or_accepted_by_the_sum() -> None:
    app = opened("errata", erratum="E5")
    for told, verdict in (
        ("cannot add 2048 channels to 2144", "refused"),
        ("2144 channels are added to 2144", "accepted"),
    ):
        said = [text.value for text in app.markdown]
        assert f"{LINEAR['E5']}.0: {told}." in said
        assert any(verdict in text for text in said)
        app.number_input(key="width.E5").set_value(2144).run()


def test_the_overview_leads_to_every_erratum_of_the_paper() -> None:
    links = [link.proto for link in opened("overview").get("page_link") if "erratum" in link.proto.query_string]
    asked = {link.label.split(":")[0] for link in links if link.page.endswith("errata")}
    assert asked == {f"E{i}" for i in range(1, 19)} < set(ERRATA)


def test_a_selection_that_the_next_model_lacks_is_told_and_the_page_goes_on() -> None:
    app = opened("network", V1, box="block_c.1", stage="block_c")
    app.selectbox(key="model").set_value("inception_v4.paper").run()
    assert [warning.value for warning in app.warning] == [
        "inception_v4.paper has no box 'block_c.1'; near ones: inception_c.1, inception_c.2.b1, inception_c.1.b3"
    ]
    assert not app.exception
    assert app.selectbox(key="own.stage").value == "here"


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
    assert (app.session_state[f"{V1}.a"], app.session_state[f"{V1}.b"]) == (5, 10)


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint of v1, one of v4's keys, a text file and a folder."""
    path = tmp_path_factory.mktemp("weights")
    save_file(build(network(V1), seed=3).state_dict(), path / "v1.safetensors")
    save_file({"conv.weight": torch.zeros(1)}, path / "other.safetensors")
    (path / "notes.txt").write_text("no checkpoint")
    (path / "inner.pt").mkdir()
    return path


def test_the_server_offers_the_checkpoints_of_its_folder_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRNET_WEIGHTS", os.fspath(folder))
    assert set(on_server()) == {"v1.safetensors", "other.safetensors"}
    monkeypatch.setenv("IRNET_WEIGHTS", os.fspath(folder / "nowhere"))
    assert on_server() == {}


def test_loaded_weights_are_told_and_classify_the_photograph(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRNET_WEIGHTS", os.fspath(folder))
    app = opened("activations", V1, weights="true", plot="Classes", **sized(V1))
    assert any("tell no classes apart" in caption.value for caption in app.caption)
    app.selectbox(key="served").set_value("v1.safetensors").run()
    assert not troubles(app)
    assert any("eights loaded from v1.safetensors" in caption.value for caption in app.caption)
    assert any("**loaded**" in text.value for text in (*app.markdown, *app.caption))
    assert len(app.dataframe[0].value) == 5


def test_an_upload_of_another_network_or_of_no_checkpoint_gets_one_sentence_and_the_page_goes_on(folder: Path) -> None:
    app = opened("activations", V1, weights="true", **sized(V1))
    plots = len(app.get("plotly_chart"))
    content = (folder / "other.safetensors").read_bytes()
    for name, file in (("mine.safetensors", content), ("mine.pt", b"no checkpoint")):
        app.file_uploader(key="checkpoint").set_value((name, file, "application/octet-stream")).run()
        assert not app.exception
        assert [error.value.lower().partition(" ")[0] for error in app.error] == [name]
        assert len(app.get("plotly_chart")) == plots


def test_an_upload_in_shards_is_named_and_loaded_and_needs_its_index(folder: Path, tmp_path: Path) -> None:
    state = load_file(folder / "v1.safetensors")
    halves = [dict(list(state.items())[i::2]) for i in (0, 1)]
    names = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    for name, half in zip(names, halves, strict=True):
        save_file(half, tmp_path / name)
    where = {key: name for name, half in zip(names, halves, strict=True) for key in half}
    index = json.dumps({"weight_map": where}).encode()
    files = [(name, (tmp_path / name).read_bytes(), "application/octet-stream") for name in names]
    app = opened("activations", V1, weights="true", plot="Classes", **sized(V1))
    app.file_uploader(key="checkpoint").set_value([*files, ("model.safetensors.index.json", index, "")]).run()
    assert not troubles(app)
    assert any(
        "model.safetensors.index.json is inception_resnet_v1.paper in" in caption.value for caption in app.caption
    )
    assert any("eights loaded from model.safetensors.index.json" in caption.value for caption in app.caption)
    app.file_uploader(key="checkpoint").set_value(files).run()
    assert ["one is the index" in error.value for error in app.error] == [True]


def test_shards_on_the_server_go_by_their_index(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard = "model-00001-of-00001.safetensors"
    (tmp_path / shard).write_bytes((folder / "v1.safetensors").read_bytes())
    index = {"weight_map": dict.fromkeys(load_file(folder / "v1.safetensors"), shard)}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    monkeypatch.setenv("IRNET_WEIGHTS", os.fspath(tmp_path))
    app = opened("activations", V1, weights="true", plot="Classes", **sized(V1))
    app.selectbox(key="served").set_value("model.safetensors.index.json").run()
    assert not troubles(app)
    assert any("eights loaded from model.safetensors.index.json" in caption.value for caption in app.caption)
