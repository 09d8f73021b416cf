"""The line from GoogLeNet to Inception-ResNet-v2 and its neighbours, step by step, in our words; see `lineage.toml`."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from irnet.data_files import entry, read_data
from irnet.models import network
from irnet.provenance.published import TABLES, ErrorTable, Result
from irnet.spec import Network
from irnet.tree.alternatives import lone_stage
from irnet.tree.totals import longest_chain, stages, totals
from irnet.units import short, sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A network of the line, or one beside it: its paper, its idea, why it was made, and what it grew out of."""

    id: str
    model: str  # as tables of errors call it
    presets: tuple[str, ...]  # the paper's first
    year: int
    month: int  # in which its paper appeared on arXiv
    venue: str  # where it was printed
    paper: str
    arxiv: str
    idea: str
    why: str
    parent: str = ""  # the step whose blocks it changes
    also: tuple[str, ...] = ()  # steps whose ideas it takes
    blocks: tuple[tuple[str, str], ...] = ()  # stage of the first preset, stage of the parent's that it grew out of
    lessons: tuple[str, ...] = ()  # ids
    labs: tuple[str, ...] = ()  # small labs of its idea
    on_the_line: bool = True

    @property
    def date(self) -> str:
        """When its paper appeared on arXiv."""
        return f"{month_name[self.month]} {self.year}"

    @property
    def preset(self) -> str:
        """The one that it is drawn and counted with."""
        return self.presets[0]

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


def cost(network: Network) -> dict[str, int | str]:
    """What a network costs and how far it sees, by our counts and without auxiliary heads.

    MACs are those of convolutions and linear layers for one image; the receptive field is that of its last stage, in
    pixels; the depth is that of its longest way, counted in convolutions.

    Examples
    --------
    >>> cost(network("inception_v4"))["parameters"], cost(network("inception_v4"))["depth"]
    (42679816, 75)
    """
    total, last = totals(network), stages(network)[len(network.stages) - 1]
    return {
        "input": sides(network.input_shape[1:]),
        "parameters": total.params,
        "MACs": total.macs,
        "receptive field": max(last.field.size),
        "depth": longest_chain(network),
    }


def cost_records(step: Step) -> list[dict[str, str]]:
    """The cost of a step, beside its parent's where it has one: a record a count, for a table.

    Examples
    --------
    >>> [record["times"] for record in cost_records(step_named("inception_v4"))][2:3]
    ['1.89']
    """
    both = [step_named(id_) for id_ in (step.parent, step.id) if id_]
    costs = {one.model: cost(network(one.preset)) for one in both}
    records = []
    for what, words in COUNTED.items():
        values = {model: found[what] for model, found in costs.items()}
        record = {"what": words} | {model: _written(value) for model, value in values.items()}
        numbers = [value for value in values.values() if isinstance(value, int)]
        records.append(record | ({"times": f"{numbers[1] / numbers[0]:.3g}" if numbers else ""} if step.parent else {}))
    return records


def finding(step: Step) -> str:
    """What a step costs beside its parent, or by itself, in a sentence.

    Examples
    --------
    >>> finding(step_named("bn_inception"))
    'BN-Inception has 1.61 times the parameters of GoogLeNet, and does 1.23 times its MACs for one image.'
    """
    mine = totals(network(step.preset))
    if not step.parent:
        macs = short(mine.macs, "MAC")
        return f"{step.model} has {short(mine.params)} parameters, and does {macs} for one image."
    parent = step_named(step.parent)
    theirs = totals(network(parent.preset))
    params, macs = (f"{ours / before:.3g}" for ours, before in ((mine.params, theirs.params), (mine.macs, theirs.macs)))
    theirs_too = f"times the parameters of {parent.model}, and does {macs} times its MACs for one image."
    return f"{step.model} has {params} {theirs_too}"


COUNTED = {
    "input": "input, pixels a side",
    "parameters": "parameters",
    "MACs": "MACs for one image",
    "receptive field": "receptive field, pixels",
    "depth": "convolutions one after another",
}


def _written(value: int | str) -> str:
    return short(value) if isinstance(value, int) and value >= 1e6 else str(value)


def result_records(step: Step) -> list[dict[str, object]]:
    """What the papers report of a step: a record a result, with how it was measured and where it is printed."""
    return [
        {
            "top-1 error, %": result.top1,
            "top-5 error, %": result.top5,
            "measured with": result.protocol,
            "printed in": table.cited,
        }
        for table, result in step.results
    ]


def block_pair(step: Step, number: int = 0) -> tuple[Network, ...]:
    """One of its blocks alone, after the one of its parent's that it grew out of, where it has a parent.

    Examples
    --------
    >>> [(one.name, one.stages[0].name) for one in block_pair(step_named("inception_resnet_v2"))]
    [('inception_v4.paper', 'inception_b'), ('inception_resnet_v2.paper', 'block_b')]
    """
    mine, other = step.blocks[number]
    pair = ((step_named(step.parent).preset, other),) if step.parent else ()
    return tuple(lone_stage(network(preset), stage) for preset, stage in (*pair, (step.preset, mine)))


def to_record(step: Step) -> dict[str, object]:
    """A step with its costs and results as plain values for JSON.

    Examples
    --------
    >>> to_record(step_named("googlenet"))["cost"]["parameters"]
    6998552
    """
    return {
        "id": step.id,
        "network": step.model,
        "preset": step.preset,
        "date": step.date,
        "printed at": step.venue,
        "paper": step.paper,
        "arXiv": step.arxiv,
        "grew out of": step.parent or None,
        "takes ideas of": list(step.also),
        "idea": step.idea,
        "why": step.why,
        "blocks": [{"block": mine, "grew out of": other or None} for mine, other in step.blocks],
        "cost": cost(network(step.preset)),
        "reported": result_records(step),
        "lessons": list(step.lessons),
    }
