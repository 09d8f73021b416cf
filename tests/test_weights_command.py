"""`irnet weights` and `irnet activations --weights`: what they print, and their exit status."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file

from irnet.cli import main
from irnet.models import network
from irnet.runtime.build import build
from tests.checkpoints import listed_state
from tests.test_cli import printed, refused

V4, V2 = "inception_v4.tf_slim", "inception_resnet_v2.tf_slim"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the keys and shapes of timm's inception_v4, all ones."""
    file = tmp_path_factory.mktemp("released") / "model.pt"
    torch.save(listed_state("inception_v4"), file)
    return file


@pytest.mark.parametrize("words", ["{}", "{} --as " + V4, V4 + " {}"])
def test_check_says_which_network_a_file_is(words: str, released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "weights", "check", *words.format(released).split())
    assert (found["preset"], found["layout"], found["classes"], found["exact"]) == (V4, "timm", 1000, True)
    assert found["unit_gammas"] is True


@pytest.mark.parametrize("words", ["{} --as " + V2, V2 + " {}"])
def test_a_file_of_another_network_fails_the_check(
    words: str, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = printed(capsys, "weights", "check", *words.format(released).split(), status=1)
    assert (found["exact"], found["fits"]) == (False, V4)
    assert found["sentence"].startswith(f"model.pt is not {V2}: ")
    assert found["sentence"].endswith(f"; it is {V4}")


def test_check_speaks_to_people(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "check", str(released)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"model.pt is {V4} in the layout of timm, 1000 classes",
        "PyTorch, 896 tensors",
        "Every batch norm's gamma is 1: ported from TensorFlow.",
    ]


def test_check_lists_every_tensor_that_differs_where_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, state = tmp_path / "my file.pt", listed_state("inception_v4")
    gone = [key for key in state if key.startswith("features.3.") and not key.endswith("num_batches_tracked")]
    torch.save({key: tensor for key, tensor in state.items() if key not in gone}, file)
    assert main(["weights", "check", str(file)]) == 1
    line = capsys.readouterr().out.splitlines()[-1]
    found = printed(capsys, *shlex.split(line.partition(": irnet ")[2]), status=1)
    assert (found["missing"], found["off"], found["extra"], found["mismatched"]) == (gone, len(gone), [], [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("check", "nowhere.pt"), "there is no file 'nowhere.pt'"),
        (("check", "inception_v9", "x.pt"), "no network is called 'inception_v9'"),
        (("check", V4, V2, "x.pt"), "one network and one file can be checked at a time"),
        (("check", V4, "x.pt", "--as", V2), "one network and one file can be checked at a time"),
        (("get", "inception_v4.paper"), "no released file of inception_v4.paper is known"),
        (("classify", "nowhere.pt"), "there is no file 'nowhere.pt'"),
    ],
)
def test_bad_input_gets_one_sentence(arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in refused(capsys, "weights", *arguments)


def hub(monkeypatch: pytest.MonkeyPatch, download: Callable[..., object]) -> None:
    """Put a downloader in the place of huggingface_hub's."""
    module = ModuleType("huggingface_hub")
    module.__dict__["hf_hub_download"] = download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)


def test_get_fetches_and_fails_if_the_file_is_not_what_it_says(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, str] = {}

    def download(**what: str) -> str:
        asked.update(what)
        return str(released)

    hub(monkeypatch, download)
    found = printed(capsys, "weights", "get", V4, "--out", str(tmp_path / "v4.pt"))
    assert asked == {"repo_id": "timm/inception_v4.tf_in1k", "filename": "model.safetensors"}
    assert (found["path"], found["exact"]) == (str(tmp_path / "v4.pt"), True)
    assert (tmp_path / "v4.pt").read_bytes() == released.read_bytes()
    assert printed(capsys, "weights", "get", V2, status=1)["fits"] == V4


def test_get_offline_says_so_in_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real package, which is told that there is no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert main(["weights", "get", V4]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "timm/inception_v4.tf_in1k could not be fetched from the Hugging Face Hub" in err
    assert "offline" in err


def test_get_without_the_package_names_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "needs huggingface_hub: pip install huggingface_hub" in refused(capsys, "weights", "get", V4)


def test_classify_names_five_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "v4.safetensors"
    save_file(build(network(V4, classes=7)).state_dict(), file)
    (tmp_path / "names").write_text("a\nb\nc\nd\ne\nf\ng\n", encoding="utf-8")
    found = printed(capsys, "weights", "classify", str(file), "--labels", str(tmp_path / "names"))
    file.unlink()
    assert [guess["label"] for guess in found["classes"]] == ["abcdefg"[guess["index"]] for guess in found["classes"]]
    assert len(found["classes"]) == 5
    assert found["weights"] == "weights loaded from v4.safetensors, in the layout of irnet"
    assert found["preprocessing"].startswith("the middle 0.875 of the picture")


KNOBS = {"a": 1, "b": 1, "c": 0, "input_size": 96}
SET = [word for knob, value in KNOBS.items() for word in ("--set", f"{knob}={value}")]


def test_activations_of_a_file_are_those_of_its_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.pt"
    torch.save(build(network("inception_resnet_v1", **KNOBS), seed=8).state_dict(), file)
    verb = ["activations", "inception_resnet_v1", *SET, "--scale", "0.1"]
    found = printed(capsys, *verb, "--weights", str(file))
    drawn = printed(capsys, *verb, "--seed", "8", "--batch-norm", "running")
    other = printed(capsys, *verb, "--seed", "9", "--batch-norm", "running")
    assert (found["weights"], found["batch_norm"]) == (
        "weights loaded from mine.pt, in the layout of irnet",
        "running",
    )
    numbers = [[block | {"seed": None} for block in said["blocks"]] for said in (found, drawn, other)]
    assert numbers[0] == numbers[1] != numbers[2]
