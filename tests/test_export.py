"""Figures as a folder of files: the same bytes everywhere, and what is stale is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from irnet.cli import main
from irnet.diagrams import factory
from irnet.diagrams.factory import INDEX, Order, folder_files, listing
from tests.apps import ROOT
from tests.test_cli import refused

FORMS = ("svg", "pdf", "mmd", "tikz", "csv")
FEW = [one for one in listing() if one["id"] in ("figure_4", "figure_5", "cost.inception_v4.paper", "table.networks")]
ONLY = tuple(one["id"] for one in FEW)


@pytest.mark.parametrize("only", [ONLY, pytest.param((), marks=pytest.mark.soak)], ids=["few", "all"])
def test_one_process_writes_what_many_write(only: tuple[str, ...], tmp_path: Path) -> None:
    """The command line has two workers or more, and here a hash seed of its own."""
    command = [sys.executable, "-m", "irnet", "export", "--all", str(tmp_path), "--format", ",".join(FORMS)]
    command += ["--theme", "light", *(["--only", ",".join(only)] if only else [])]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "1"}, check=True, stdout=subprocess.DEVNULL)
    files, left_out = folder_files(Order(FORMS, ("light",), only=only), workers=1)
    assert left_out == []
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == files
    index = json.loads(files[INDEX])["figures"]
    assert list(index) == [one["id"] for one in listing() if not only or one["id"] in only]
    assert [name for name, told in index.items() if not told["title"] or not told["caption"]] == []


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all of a small catalogue, in two themes."""
    monkeypatch.setattr(factory, "listing", lambda: FEW)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert main(["export", "--all", str(tmp_path / "few"), "--format", "svg,pdf,md", "--theme", "light,dark"]) == 0
    return tmp_path / "few"


def test_a_check_names_what_is_stale_missing_and_surplus(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--check", str(few)]) == 0
    assert capsys.readouterr().out.strip().endswith("is up to date")
    (few / "figure_4.light.svg").write_text("<svg/>")
    (few / "figure_5.dark.pdf").unlink()
    (few / "figure_99.light.svg").write_text("<svg/>")
    assert main(["export", "--check", str(few)]) == 1
    stale = ["missing: figure_5.dark.pdf", "stale: figure_4.light.svg", "surplus: figure_99.light.svg"]
    assert capsys.readouterr().out.splitlines() == stale


GIF = '{"order": {"forms": ["gif"], "themes": ["light"], "width": "page", "scale": 2, "only": []}}'


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (None, "has no figures.json, so nothing says how it was made"),
        ("{", "does not say how the folder was made: "),
        (GIF, "no format is called 'gif'"),
        ("[]", "does not say how the folder was made: "),
    ],
)
def test_a_folder_without_an_order_is_refused(
    index: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if index is not None:
        (tmp_path / INDEX).write_text(index)
    assert sentence in refused(capsys, "export", "--check", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "export takes one of: "),
        (("--all", "nowhere", "--only", "figure_4,figure_x"), "no figure is called 'figure_x'"),
        (("inception_v4", "--figure", "figure_4"), "export takes one of: "),
        (("inception_v4",), "--out says which file to write"),
        (("inception_v4", "--format", "svg"), "a network is exported as html, not as svg"),
        (("--figure", "figure_4", "--format", "gif"), "no format is called 'gif'; they are svg, pdf, "),
        (("--figure", "figure_4", "--format", "csv"), "figure_4 has none of the formats csv"),
        (("--figure", "cost.inception_v4.paper", "--format", "dot"), "has none of the formats dot; it has svg, "),
        (("--figure", "figure_4", "--theme", "neon"), "no theme is called 'neon'"),
        (("--figure", "figure_4", "--theme", ","), "at least one format and one theme are needed"),
        (("--figure", "figure_4", "--width", "poster"), "no width is called 'poster'; they are natural, column, "),
        (("--figure", "figure_4", "--scale", "99"), "a scale of 99 is outside 0.1 to 10"),
        (("--figure", "figure_4", "--set", "a=6"), "--set changes a network"),
        (("--figure", "figure_44"), "no figure is called 'figure_44'"),
        (("--figure", "comparison.cost_v4_and_v2", "--width", "column"), "does not fit the width 'column'"),
    ],
)
def test_an_export_that_can_not_be_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refused(capsys, "export", *arguments)


def test_one_figure_is_written_in_the_formats_that_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", "--figure", "figure_4", "--width", "column", "--format", "svg,tikz", "--theme", "print,dark"]
    assert main([*arguments, "--out", str(tmp_path / "new")]) == 0
    written = capsys.readouterr().out.split()
    assert [Path(file).name for file in written] == [
        f"figure_4.{theme}.{form}" for form in ("svg", "tikz") for theme in ("print", "dark")
    ]
    assert all(Path(file).stat().st_size > 1000 for file in written)


def test_what_does_not_fit_a_width_is_named_and_left_out() -> None:
    only = ("figure_4", "comparison.cost_v4_and_v2", "table.networks")
    files, left_out = folder_files(Order(("svg", "md"), ("light",), "column", only=only), workers=1)
    assert [sentence.partition(" ")[0] for sentence in left_out] == ["comparison.cost_v4_and_v2"]
    assert list(json.loads(files[INDEX])["figures"]) == ["figure_4", "table.networks"]
