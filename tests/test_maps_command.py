"""The verbs `maps` and `block`: what they write and print, and what they say of bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irnet.cli import main
from tests.test_cli import V1, printed, refused

SMALLER = ("--set", "input_size=139", "--set", "width=0.25")


def test_maps_writes_every_tensor_as_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "maps.npz"
    found = printed(capsys, "maps", V1, "block_a.1.body", "--image", "coffee", "--out", str(file), *SMALLER)
    with np.load(file) as read:
        shapes = {one["tensor"]: tuple(one["shape"]) for one in found["tensors"]}
        assert {name: read[name].shape for name in shapes} == shapes
        assert np.array_equal(np.concatenate([read["b0"], read["b1"], read["b2"]]), read["concat"])
    assert found["weights"] == "untrained, init torch, seed 0"


def test_maps_writes_a_picture_of_one_tensor(tmp_path: Path) -> None:
    file = tmp_path / "maps.png"
    assert main(["maps", V1, "block_a.1", "--out", str(file), "--tensor", "project", "--size", "9", *SMALLER]) == 0
    width, height = Image.open(file).size
    assert min(width, height) > 3 * 32


def test_block_prints_every_step_as_data_and_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "block", V1, "block_b.1", "--scale", "0.25", *SMALLER)
    steps = {step["step"]: step for step in found["steps"]}
    assert list(steps) == ["x", "b0", "b1", "concat", "project", "scale", "add", "output"]
    assert (found["scale"], found["own"]) == (0.25, 0.1)
    assert steps["scale"]["mean_abs"] == pytest.approx(0.25 * steps["project"]["mean_abs"], rel=1e-5)
    assert sum(steps["x"]["histogram"]["counts"]) == np.prod(steps["x"]["shape"])
    assert main(["block", V1, "block_b.1", *SMALLER]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("[b0(x), b1(x)]") and "x64" in line]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("block", V1, "block_b.99"), "has no box 'block_b.99'; near ones: block_b."),
        (("maps", V1, "stem", "--out", "a.jpg"), "a.jpg is neither .npz nor .png"),
        (("maps", V1, "stem", "--out", "a.png", "--order", "joy"), "sorted by strength or index, not by 'joy'"),
    ],
)
def test_bad_input_gets_one_sentence_and_writes_nothing(
    arguments: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in refused(capsys, *arguments, *SMALLER)
    assert list(tmp_path.iterdir()) == []
