"""The line from GoogLeNet to Inception-ResNet-v2 and its neighbours, step by step, in our words; see `lineage.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from irnet.data_files import entry, read_data
from irnet.models import PRESETS
from irnet.provenance.published import TABLES, ErrorTable, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A network of the line, or one beside it: its paper, its idea, why it was made, and what it grew out of."""

    id: str
    model: str  # as tables of errors call it
    presets: tuple[str, ...]  # the paper's first
    year: int
    month: int
    paper: str
    arxiv: str
    idea: str
    why: str
    parent: str = ""  # the step whose blocks it changes
    also: tuple[str, ...] = ()  # steps whose ideas it takes
    blocks: tuple[tuple[str, str], ...] = ()  # stage of the first preset, stage of the parent's that it grew out of
    on_the_line: bool = True

    @property
    def preset(self) -> str | None:
        """The first of its presets that is there."""
        return next((name for name in self.presets if name in PRESETS), None)

    @property
    def results(self) -> tuple[tuple[ErrorTable, Result], ...]:
        """What the papers report of it, each with the table where it stands; what only repeats another is left out.

        Examples
        --------
        >>> [(table.id, result.top1) for table, result in step_named("inception_v4").results][:2]
        [('1602.07261, Table 2', 20.0), ('1602.07261, Table 3', 18.7)]
        """
        every = ((table, result) for table in TABLES.values() for result in table.results)
        return tuple((table, result) for table, result in every if result.model == self.model and not result.quotes)


@cache
def lineage() -> tuple[Step, ...]:
    """The steps in the order in which their papers appeared.

    Examples
    --------
    >>> [step.id for step in lineage() if step.on_the_line][:3]
    ['googlenet', 'bn_inception', 'inception_v3']
    """
    return tuple(entry(Step, said) for said in read_data("provenance/lineage.toml")["steps"])


def step_named(id_: str) -> Step:
    """One of the steps.

    Raises
    ------
    ValueError
        Naming the unknown step and those that there are.

    Examples
    --------
    >>> step_named("xception").year
    2016
    """
    known: Mapping[str, Step] = {step.id: step for step in lineage()}
    if id_ not in known:
        raise ValueError(f"no step of the line is called {id_[:40]!r}; they are {', '.join(known)}")
    return known[id_]


def counterparts(step: Step) -> tuple[tuple[str, str], ...]:
    """Its stages beside those of its parent that they grew out of, if the presets of both are there.

    Examples
    --------
    >>> counterparts(step_named("inception_resnet_v2"))[0]
    ('block_b', 'inception_b')
    """
    parent = step_named(step.parent).preset if step.parent else None
    return step.blocks if step.preset and parent else ()
