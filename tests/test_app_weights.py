"""Checkpoints in the app: from the server's folder or uploaded, told as what they are, refused in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from app.weights import on_server
from irnet.models import network
from irnet.runtime.build import build
from tests.apps import opened, sized, troubles

V1 = "inception_resnet_v1.paper"


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
    assert any("know no classes" in caption.value for caption in app.caption)
    app.selectbox(key="served").set_value("v1.safetensors").run()
    assert not troubles(app)
    assert any("eights loaded from v1.safetensors" in caption.value for caption in app.caption)
    assert any("**loaded** weights" in text.value for text in app.markdown)
    assert len(app.dataframe[0].value) == 5


def test_an_upload_of_another_network_or_of_no_checkpoint_gets_one_sentence(folder: Path) -> None:
    app = opened("activations", V1, weights="true", **sized(V1))
    content = (folder / "other.safetensors").read_bytes()
    app.file_uploader(key="checkpoint").upload("mine.safetensors", content, "application/octet-stream").run()
    assert not app.exception
    assert ["mine.safetensors does not fit" in error.value.lower() for error in app.error] == [True]
    app.file_uploader(key="checkpoint").upload("mine.pt", b"no checkpoint", "application/octet-stream").run()
    assert not app.exception
    assert ["mine.pt" in error.value.lower() for error in app.error] == [True]
