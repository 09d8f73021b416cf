"""Lessons: a tour of the paper and ready lessons as values, their JSON and their word in an address."""

from __future__ import annotations

from difflib import get_close_matches

from irnet.lessons.blocks import BLOCKS
from irnet.lessons.counting import COUNTING
from irnet.lessons.residuals import RESIDUALS
from irnet.lessons.tour import TOUR
from irnet.lessons.value import Lesson

LESSONS: tuple[Lesson, ...] = (TOUR, *BLOCKS, *RESIDUALS, *COUNTING)


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
