"""Figures as a folder of files: the same bytes everywhere, and what is stale is named."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from irnet.cli import main
from irnet.diagrams import factory
from irnet.diagrams.factory import INDEX, Order, folder_files, listing
from tests.apps import ROOT

COMMAND = ["--format", "svg,pdf,mmd,tikz,csv", "--theme", "light"]
FEW = [one for one in listing() if one["id"] in ("figure_4", "figure_5", "cost.inception_v4.paper", "table.networks")]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command line writes, with two workers or more and a hash seed of its own."""
    folder = tmp_path_factory.mktemp("figures")
    command = [sys.executable, "-m", "irnet", "export", "--all", str(folder), *COMMAND]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "1"}, check=True, stdout=subprocess.DEVNULL)
    return folder


def test_one_process_writes_what_many_write(exported: Path) -> None:
    files, left_out = folder_files(Order(("svg", "pdf", "mmd", "tikz", "csv"), ("light",)), workers=1)
    assert left_out == []
    assert {file.name for file in exported.iterdir()} == set(files)
    assert [name for name, content in files.items() if (exported / name).read_bytes() != content] == []


def test_the_index_has_words_for_every_figure(exported: Path) -> None:
    index = json.loads((exported / INDEX).read_text(encoding="utf-8"))["figures"]
    assert list(index) == [one["id"] for one in listing()]
    assert [name for name, told in index.items() if not told["title"] or not told["caption"]] == []


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all of a small catalogue, in two themes."""
    monkeypatch.setattr(factory, "listing", lambda: FEW)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert main(["export", "--all", str(tmp_path / "few"), "--format", "svg,pdf,md", "--theme", "light,dark"]) == 0
    return tmp_path / "few"


def test_a_folder_that_is_up_to_date_passes_the_check(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--check", str(few)]) == 0
    assert capsys.readouterr().out.strip().endswith("is up to date")


def test_a_check_names_what_is_stale_missing_and_surplus(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (few / "figure_4.light.svg").write_text("<svg/>")
    (few / "figure_5.dark.pdf").unlink()
    (few / "figure_99.light.svg").write_text("<svg/>")
    capsys.readouterr()
    assert main(["export", "--check", str(few)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "missing: figure_5.dark.pdf",
        "stale: figure_4.light.svg",
        "surplus: figure_99.light.svg",
    ]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that bad input gets."""
    assert main(["export", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (None, r"has no figures\.json, so nothing says how it was made"),
        ("{", r"does not say how the folder was made: "),
        (
            '{"order": {"forms": ["gif"], "themes": ["light"], "width": "page", "scale": 2, "only": []}}',
            r"no format is called 'gif'",
        ),
        ("[]", r"does not say how the folder was made: "),
    ],
)
def test_a_folder_without_an_order_is_refused(
    index: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if index is not None:
        (tmp_path / INDEX).write_text(index)
    assert re.search(sentence, refused(capsys, "--check", str(tmp_path)))


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
        (
            ("--figure", "cost.inception_v4.paper", "--format", "dot"),
            "has none of the formats dot; it has svg, ",
        ),
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
    assert sentence in refused(capsys, *arguments)


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
    files, left_out = folder_files(Order(("md",), ("light",), "column"), workers=1)
    assert left_out
    refused = {sentence.partition(" ")[0] for sentence in left_out}
    assert "comparison.cost_v4_and_v2" in refused
    assert not refused & set(json.loads(files[INDEX])["figures"])
