"""Lessons: a tour of the paper and ready lessons, a Markdown file each, in the order of the files' numbers."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from irnet.lessons.form import read_markdown
from irnet.lessons.value import Lesson

FILES: tuple[Path, ...] = tuple(sorted(Path(__file__).parent.glob("*.md")))


def _ready(file: Path) -> Lesson:
    try:
        return read_markdown(file.read_text(encoding="utf-8"), re.sub(r"^\d+-", "", file.stem), checked=True)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from None


LESSONS: tuple[Lesson, ...] = tuple(map(_ready, FILES))


def lesson_named(name: str) -> Lesson:
    """The ready lesson with this id.

    Raises
    ------
    ValueError
        Naming the unknown id and near ones.
    """
    known = {lesson.id: lesson for lesson in LESSONS}
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0)
        raise ValueError(f"no lesson is called {name[:60]!r}; near ones are {', '.join(near)}")
    return known[name]
