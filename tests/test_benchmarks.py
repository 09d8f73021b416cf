"""The run of all benchmarks: nothing is dropped, and a page says what was met, missed, left out and failed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.collect import Outcome, collected, offering
from benchmarks.figure import Figure, told
from benchmarks.page import page

ONE = """
from benchmarks.figure import Figure

def figures():
    yield Figure(name="one", value=1, unit="s", counts="it")
"""
ENDS = {
    "whole": ONE,
    "crashes": f"{ONE}    raise RuntimeError('no browser')\n",
    "dies": f"import os\n{ONE}    os.abort()\n",
    "broken": "import nowhere\n\ndef figures(): ...\n",
    "silent": "def figures(): return []\n",
    "hangs": f"import time\n{ONE}    time.sleep(60)\n",
}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of benchmarks that end in every way there is."""
    for name, source in ENDS.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def figure(name: str, value: float | None, goal: float | None = None, remark: str = "") -> Figure:
    return Figure(name=name, value=value, unit="ms", counts="a click", goal=goal, remark=remark)


def row(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith("|") and f"| {name} |" in line]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("name", "figures", "trouble"),
    [
        ("whole", 1, ""),
        ("crashes", 1, "RuntimeError: no browser"),
        ("dies", 1, "ended with status -6"),
        ("broken", 0, "ModuleNotFoundError: No module named 'nowhere'"),
        ("silent", 0, "handed over no figure"),
        ("hangs", 1, "stopped after 2 s"),
    ],
)
@pytest.mark.usefixtures("found")
def test_a_benchmark_is_told_as_it_ends_with_the_figures_before_that(name: str, figures: int, trouble: str) -> None:
    outcome = collected(name, patience=2) if name == "hangs" else collected(name)
    assert (len(outcome.figures), outcome.trouble) == (figures, trouble)


def test_every_module_that_offers_figures_is_found_and_what_runs_by_itself_runs_with_the_others(found: Path) -> None:
    (found / "tool.py").write_text("def main(): ...\n", encoding="utf-8")
    (found / "torn.py").write_text("def figures(:\n", encoding="utf-8")
    assert offering(found) == sorted([*ENDS, "torn"])
    runnable = {file.stem for file in bench.HERE.glob("*.py") if "def main()" in file.read_text(encoding="utf-8")}
    assert runnable - {"__main__", "fuzz", "finished", "paper_curves"} == set(offering(bench.HERE))


def test_a_figure_without_a_value_says_why_and_a_benchmark_by_itself_fails_with_a_miss() -> None:
    with pytest.raises(ValueError, match=r"^one: no value, and no remark that says why$"):
        figure("one", None)
    assert [told([figure("slow", value, 50)]) for value in (40, 60)] == [0, 1]


def test_the_page_has_every_figure_with_its_goal_and_what_became_of_it() -> None:
    found = (figure("quick", 50, 50), figure("slow", 61.04, 50, "The network takes 60."), figure("beside", 3))
    theirs = (figure("theirs", None, 1, "timm can't be imported here"),)
    ends = [Outcome("canvas", found, 90, load=1.5), Outcome("load", (), 30, "OSError: a | b"), Outcome("f", theirs, 1)]
    text = page(ends, 0.5)
    assert row(text, "quick") == ["canvas", "quick", "50.0 ms", "at most 50 ms", "met", "a click"]
    assert row(text, "theirs")[2:5] == ["left out", "at most 1 ms", ""]
    assert "## Left out\n\n- **theirs**: timm can't be imported here" in text
    assert row(text, "slow") == ["canvas", "slow", "61.0 ms", "at most 50 ms", "**missed**", "a click"]
    assert row(text, "beside") == ["canvas", "beside", "3.00 ms", "", "", "a click"]
    assert "1 goals met, 1 missed; 1 figures left out; 1 benchmarks failed" in text
    assert "- **slow**: 61.0 ms, goal at most 50 ms. The network takes 60. Load average at the end: 1.5 on " in text
    assert "- `benchmarks.load`: OSError: a \\| b" in text


@pytest.mark.parametrize(("trouble", "status"), [("", 0), ("OSError: gone", 1)])
def test_a_run_fails_with_a_benchmark_and_not_with_a_miss(
    trouble: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = Outcome("editor", (figure("slow", 61, 50),), 1, trouble)
    monkeypatch.setattr(bench, "offering", lambda _folder: ["canvas", "editor"])
    monkeypatch.setattr(bench, "collected", lambda _module: outcome)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "editor", "--out", str(tmp_path / "page.md")])
    assert bench.main() == status
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "**missed**" in text
    assert "## Not run\n\n- `benchmarks.canvas`\n" in text
