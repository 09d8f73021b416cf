"""All figures and tables as files in a folder, and whether a folder still holds what the code would write.

`figures.json` in the folder says how it was made, and has the words of every figure; a check needs nothing else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import Any

from irnet.diagrams.chart_figures import CHART_FORMS, chart_catalogue
from irnet.diagrams.figures import FIGURE_FORMS, catalogue
from irnet.diagrams.files import write
from irnet.diagrams.formats import SCALE, THEMELESS, Entry
from irnet.diagrams.layouts import room_named
from irnet.diagrams.table_figures import TABLE_FORMS, table_catalogue
from irnet.diagrams.theme import theme_named

INDEX = "figures.json"
FORMS = tuple(dict.fromkeys((*FIGURE_FORMS, *CHART_FORMS, *TABLE_FORMS)))
_SPACE = re.compile(r"[\s_.]+")
Files = dict[str, bytes]  # name -> content


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Raises
    ------
    ValueError
        For an unknown format, theme, width or id, or no format or theme at all.
    """

    forms: tuple[str, ...] = ("svg",)
    themes: tuple[str, ...] = ("light",)
    width: str = "natural"
    scale: float = SCALE  # of PNGs, in pixels per 1/96 inch
    only: tuple[str, ...] = ()  # ids of figures and tables; without any, all of them

    def __post_init__(self) -> None:
        if not self.forms or not self.themes:
            raise ValueError("at least one format and one theme are needed")
        for form in self.forms:
            if form not in FORMS:
                raise ValueError(f"no format is called {form!r}; they are {', '.join(FORMS)}")
        for theme in self.themes:
            theme_named(theme)
        room_named(self.width)
        for name in self.only:
            entry_named(name)
        if not 0.1 <= self.scale <= 10:
            raise ValueError(f"a scale of {self.scale:g} is outside 0.1 to 10")


@dataclass(frozen=True, slots=True)
class Made:
    """Files of one figure, its words, and a sentence if it does not fit the width."""

    id: str
    files: Files
    words: dict[str, Any]
    refused: str = ""


@cache
def entries() -> Mapping[str, Entry]:
    """Every figure, chart and table by its id."""
    return MappingProxyType({**catalogue(), **chart_catalogue(), **table_catalogue()})


def entry_named(name: str) -> Entry:
    """The figure, chart or table with this id.

    Raises
    ------
    ValueError
        Naming the unknown id and where the known ones are listed.
    """
    if name not in entries():
        raise ValueError(f"no figure is called {name!r}; `irnet figures` lists them, from figure_3 on")
    return entries()[name]


def listing() -> list[dict[str, str]]:
    """Id, group and title of every figure, chart and table."""
    return [{"id": one.id, "group": one.group, "title": one.title} for one in entries().values()]


def ids_with(words: str) -> list[str]:
    """Ids of what has all of these words in its id, group or title.

    Examples
    --------
    >>> ids_with("figure 17")
    ['figure_17']
    """
    wanted = _SPACE.split(words.lower().strip())
    texts = {one["id"]: _SPACE.sub(" ", " ".join(one.values())).lower() for one in listing()}
    return [name for name, searched in texts.items() if all(word in searched for word in wanted)]


def forms_of(name: str) -> Mapping[str, str]:
    """The formats that an entry has, and what each is."""
    return entry_named(name).forms


def content(name: str, form: str, theme: str, width: str, scale: float) -> bytes:
    """An entry as a file's bytes."""
    return entry_named(name).content(form, theme, width, scale)


def told_of(name: str, width: str = "natural") -> dict[str, Any]:
    """What is said beside an entry, as plain values."""
    return entry_named(name).texts(width)


def make_figure(name: str, order: Order) -> Made:
    """One figure, chart or table in every format that is asked for and that it has.

    Raises
    ------
    ValueError
        For an unknown id.
    """
    one, files = entry_named(name), {}
    try:
        for form in order.forms:
            for theme in order.themes[: 1 if form in THEMELESS else None] if form in one.forms else ():
                file = f"{name}.{form}" if form in THEMELESS else f"{name}.{theme}.{form}"
                files[file] = one.content(form, theme, order.width, order.scale)
        return Made(name, files, one.texts(order.width) | {"files": sorted(files)})
    except ValueError as refused:
        return Made(name, {}, {}, str(refused))


def folder_files(order: Order, workers: int | None = None) -> tuple[Files, list[str]]:
    """Name to content of everything that the folder should hold, and a sentence for every figure left out.

    Figures are made by as many processes as there are cores; they start afresh, so a program may have threads.
    """
    names = [one["id"] for one in listing() if not order.only or one["id"] in order.only]
    make, count = partial(make_figure, order=order), workers or os.cpu_count() or 1
    if count == 1:
        every = list(map(make, names))
    else:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            every = list(pool.map(make, names, chunksize=4))
    files = {name: content for one in every for name, content in one.files.items()}
    index = {"order": asdict(order), "figures": {one.id: one.words for one in every if one.files}}
    files[INDEX] = (json.dumps(index, indent=1, ensure_ascii=False) + "\n").encode()
    return files, [one.refused for one in every if one.refused]


def export_all(folder: Path, order: Order, workers: int | None = None) -> tuple[list[Path], list[str]]:
    """Write everything to `folder`; return the files and a sentence for every figure left out.

    Raises
    ------
    OSError
        If the folder can't be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files, left_out = folder_files(order, workers)
    for name, content in files.items():
        write(folder / name, content)
    return [folder / name for name in files], left_out


def check(folder: Path, workers: int | None = None) -> list[str]:
    """One line for every file in `folder` that is stale, missing or surplus; none if it is as the code would write it.

    Raises
    ------
    ValueError
        If the folder has no `figures.json`, or one that says something else than an order.
    """
    expected, _ = folder_files(_order_of(folder), workers)
    there = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
    found = [f"missing: {name}" for name in expected if name not in there]
    found += [f"stale: {name}" for name in expected if name in there and there[name].read_bytes() != expected[name]]
    return sorted(found + [f"surplus: {name}" for name in there if name not in expected])


def _order_of(folder: Path) -> Order:
    index = folder / INDEX
    if not index.is_file():
        raise ValueError(
            f"{folder} has no {INDEX}, so nothing says how it was made; write it with `irnet export --all {folder}`"
        )
    try:
        record = json.loads(index.read_text(encoding="utf-8"))["order"]
        forms, themes, only = (tuple(map(str, record[name])) for name in ("forms", "themes", "only"))
        return Order(forms, themes, str(record["width"]), float(record["scale"]), only)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{index} does not say how the folder was made: {error}") from None
