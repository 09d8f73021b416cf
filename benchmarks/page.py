"""All figures as one page of Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.collect import Outcome
from benchmarks.figure import Figure

PACKAGES = ("torch", "streamlit", "fvcore", "torchinfo")
WORDS = {True: "met", False: "**missed**", None: ""}


def machine() -> str:
    """What this run was measured on, in a sentence."""
    cpu = platform.processor() or platform.machine()
    told = Path("/proc/cpuinfo")
    if told.exists():
        named = [line.partition(":")[2].strip() for line in told.read_text().splitlines() if "model name" in line]
        cpu = named[0] if named else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB of memory; Python {platform.python_version()}, {packages}"


def page(outcomes: Sequence[Outcome], before: float, not_run: Sequence[str] = ()) -> str:
    """The page; `before` is the load average at the start, which says whether others were at work."""
    figures = [figure for outcome in outcomes for figure in outcome.figures]
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    parts = [
        "# Results",
        f"`make bench` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {minutes:.1f} minutes; load average before it: "
        f"{before:.1f}.\n{machine()}.",
        f"{_sum(outcomes, figures)}. A figure without a goal stands beside others as a measure of them.",
        "\n".join(_table(outcomes)),
        *_section("Missed", [_told(f, o.load) for o in outcomes for f in o.figures if f.met is False]),
        *_section("Left out", [f"**{f.name}**: {f.remark}" for f in figures if f.value is None]),
        *_section("Not run", [f"`benchmarks.{name}`" for name in not_run]),
        *_section("Failed", [f"`benchmarks.{o.module}`: {_cell(o.trouble)}" for o in outcomes if o.trouble]),
    ]
    return "\n\n".join(parts) + "\n"


def _sum(outcomes: Sequence[Outcome], figures: Sequence[Figure]) -> str:
    aims, absent = [figure.met for figure in figures], sum(figure.value is None for figure in figures)
    failed = sum(bool(outcome.trouble) for outcome in outcomes)
    goals = f"{aims.count(True)} goals met, {aims.count(False)} missed"
    return f"{goals}; {absent} figures left out; {failed} benchmarks failed"


def _table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "| benchmark | figure | value | goal | | what is counted |"
    yield "| --- | --- | ---: | --- | --- | --- |"
    for outcome in outcomes:
        for figure in outcome.figures:
            cells = (outcome.module, figure.name, figure.shown, figure.aim, WORDS[figure.met], figure.counts)
            yield f"| {' | '.join(map(_cell, cells))} |"
        if outcome.trouble:
            yield f"| {outcome.module} | | | | **failed** | {_cell(outcome.trouble)} |"


def _told(figure: Figure, load: float) -> str:
    why = f"{figure.remark or 'Not explained.'} Load average at the end: {load:.1f} on {os.cpu_count()} cores."
    return f"**{figure.name}**: {figure.shown}, goal {figure.aim}. {why}"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {line}" for line in lines)] if lines else []


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
