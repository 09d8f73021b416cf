"""Lessons as frozen values. What pydantic holds a stranger's lesson against stands beside each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from irnet.diagrams.graph_builder import Flow
from irnet.diagrams.overlay import Edges, Overlay

Line = Annotated[str, Field(max_length=160, pattern=r"^[^\x00-\x1f\x7f]*$")]
Titled = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Sentence = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Prose = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
Path = Annotated[str, Field(max_length=99, pattern=r"^[a-z0-9_./]*$")]
Finest = Literal["stages", "branches", "steps", "units"]
Table = Literal["", "knobs", "parameters", "MACs", "ledger"]  # that stands under the picture
CONFIG = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence pinned to a box."""

    box: Path
    text: Sentence
    __pydantic_config__: ClassVar[ConfigDict] = CONFIG


@dataclass(frozen=True, slots=True)
class Question:
    """Something to predict before it is revealed.

    With choices, `answer` is one of them, word for word once formulas are calculated. Without, a number is asked for,
    and `answer` is the formula that calculates it; a prediction this far from it, as a share, still counts as right.
    """

    text: Annotated[str, Field(min_length=1, max_length=600)]
    answer: Annotated[str, Field(min_length=1, max_length=240)]
    choices: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    explanation: Prose = ""
    tolerance: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    __pydantic_config__: ClassVar[ConfigDict] = CONFIG


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One page of a lesson: words, and a picture with a view of its own.

    Words in the prose lead to boxes, as in "[the sum](block_b.0.add)"; numbers are formulas in braces. With several
    networks, a box has the number of its network in front: "1/block_b".
    """

    title: Titled
    networks: Annotated[tuple[Line, ...], Field(min_length=1, max_length=4)]  # labels, as "inception_v4.paper (a=6)"
    prose: Prose = ""
    level: Finest = "stages"  # open down to here,
    turned: Annotated[tuple[Path, ...], Field(max_length=40)] = ()  # but for these, which are turned over
    selected: Path = ""
    overlay: Overlay = "operation"
    edges: Edges = "alike"
    flow: Flow = "down"
    fade: bool = False  # what several networks have alike
    table: Table = ""
    controls: Annotated[tuple[Line, ...], Field(max_length=12)] = ()  # that a reader has: of the view, or knobs
    notes: Annotated[tuple[Note, ...], Field(max_length=12)] = ()
    question: Question | None = None
    __pydantic_config__: ClassVar[ConfigDict] = CONFIG


@dataclass(frozen=True, slots=True)
class Lesson:
    """A title and steps, and at the end what was learnt, with formulas as in prose; they speak of the last network."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    title: Titled
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=24)]
    about: Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""  # for the list of lessons
    learnt: Annotated[tuple[Sentence, ...], Field(max_length=6)] = ()
    __pydantic_config__: ClassVar[ConfigDict] = CONFIG
