"""The verbs about training print what a directory holds, and refuse in one sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from irnet.cli import main
from irnet.training.directory import last_word
from irnet.training.settings import Run, with_texts
from tests.training.small import TINY, made, sweep

SMALL = ("--set", "width=0.125", "--set", "depth=1", "--steps", "4", "--set", "batch=4", "--set", "held_out=16")
QUICK = (*SMALL, "--set", "evaluate_every=2", "--workers", "1")
NETWORKS = ("inception_v3", "inception_resnet_v1 a=1, b=1, c=1")


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished race of two small networks."""
    directory = tmp_path_factory.mktemp("race") / "sweep"
    assert main(["race", *NETWORKS, "--out", str(directory), *QUICK, "--format", "json"]) == 0
    return directory


def test_a_race_prints_ours_and_the_papers_apart(raced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", str(raced), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [record["network"] for record in found["networks"]] == [
        "inception_v3.tf_slim",
        "inception_resnet_v1.paper (a=1, b=1, c=1)",
    ]
    assert [record["model"] for record in found["paper"]["table_2"]] == ["Inception-v3", "Inception-ResNet-v1"]
    assert [curve["figure"] for curve in found["paper"]["curves"]] == ["Fig. 21", "Fig. 22"]


def test_a_race_is_plotted_as_pictures_and_tables(raced: Path, tmp_path: Path) -> None:
    for form in ("svg", "html", "csv"):
        assert main(["plot", str(raced), "--format", form, "--out", str(tmp_path / form)]) == 0
    assert "held-out accuracy" in (tmp_path / "svg" / "accuracy.macs.svg").read_text(encoding="utf-8")
    assert "<html" in (tmp_path / "html" / "loss.seconds.html").read_text(encoding="utf-8")[:200]
    with (tmp_path / "csv" / "curves.csv").open(encoding="utf-8") as opened:
        steps = [int(float(row["steps"])) for row in csv.DictReader(opened) if row["quantity"] == "loss"]
    assert steps == [1, 2, 3, 4] * 2


def test_a_death_map_prints_its_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    axes = ("--axis", "scale=0.1,1", "--axis", "sum_norm=no,yes")
    changes = ("--set", "network=inception_resnet_v1 a=1, b=1, c=1", "--criterion", "learning=1")
    out = str(tmp_path / "sweep")
    assert main(["stability", "--out", out, *axes, *changes, *QUICK, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["definition"].startswith("dead: on held-out images 100 % zeros after the last block")
    assert found["remedies"]["sum_norm"].startswith("One more batch norm on the last layer did not prevent it")
    assert "Scaling the residuals by 0.1 to 0.3 seemed to stabilise it" in found["paper"]
    assert [(cell["scale"], cell["sum_norm"], cell["at_chance"]) for cell in found["cells"]] == [
        (0.1, False, 1),
        (0.1, True, 1),
        (1.0, False, 1),
        (1.0, True, 1),
    ]
    assert main(["plot", out, "--format", "svg"]) == 0
    assert "Of 4 runs: " in (tmp_path / "sweep" / "plots" / "death.svg").read_text(encoding="utf-8")


def test_progress_of_what_has_not_begun_and_stop_and_pause_are_words_to_the_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = made(tmp_path / "sweep", sweep())
    assert main(["progress", str(directory)]) == 0
    assert capsys.readouterr().out.strip() == "stopped: 0 of 2 runs ended, 0 % of the work"
    for word in ("stop", "pause"):
        assert main([word, str(directory)]) == 0
        assert last_word(directory) == word
        assert capsys.readouterr().err == f"{directory} is not running\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["resume", "nowhere"], "nowhere holds no sweep: it has no settings.json"),
        (["race", "--set", "colour=red"], "'colour=red' sets nothing. What can be set: "),
        (["race", "--batch", "many"], "batch='many' is not a whole number"),
        (["stability", "--axis", "scale"], "'scale' is no axis"),
        (["stability", "--criterion", "colour=1"], "'colour=1' is no criterion; one is written as in 'sparse=0.9'"),
    ],
)
def test_bad_input_gets_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"irnet: {sentence}")
    assert said.count("\n") == 1


def test_what_is_set_reaches_run_and_data() -> None:
    run = with_texts(Run(), ["kind=crops", "classes=none", "channels_last=yes", "rate=1e-3"])
    assert (run.data.kind, run.data.classes, run.channels_last, run.rate) == ("crops", None, True, 0.001)
    assert with_texts(TINY, []) == TINY
