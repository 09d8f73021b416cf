"""Tables that can be taken away: the stages of every network, and what differs in every ready comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from irnet.comparison.changes import COUNTS, part_counts
from irnet.comparison.examples import READY
from irnet.comparison.side_by_side import all_changes
from irnet.diagrams.standalone import table_alone
from irnet.diagrams.tabular import Records, booktabs, comma_separated, markdown
from irnet.models import PRESETS, network
from irnet.tree.totals import overview, stage_records, totals
from irnet.units import exact, grid

Form = Callable[["Table"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table and what it shows."""

    id: str
    title: str
    caption: str
    records: Callable[[], Records]
    group: str = "tables"


@cache
def tables() -> Mapping[str, Table]:
    """Every table by its id.

    Examples
    --------
    >>> [name for name in tables() if name.startswith("table.inception_v4")]
    ['table.inception_v4.paper', 'table.inception_v4.tf_slim']
    """
    found = [_networks(), *map(_stages, PRESETS)]
    for ready in READY:
        found += _comparison(ready.title, ready.names)
    return MappingProxyType({table.id: table for table in found})


TABLE_FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "md": lambda table: f"{markdown(table.records())}\n\n{table.caption}\n",
        "tex": lambda table: booktabs(table.records(), table.caption, f"tab:{table.id}"),
        "csv": lambda table: comma_separated(table.records()),
        "html": lambda table: table_alone(table.title, table.caption, table.records()).decode(),
    }
)


def slug(title: str) -> str:
    """A title as part of an id.

    Examples
    --------
    >>> slug("Cost: v4 and v2")
    'cost_v4_and_v2'
    """
    return "_".join("".join(char if char.isalnum() else " " for char in title.lower()).split())


_HEADS = {"params": "parameters", "macs": "MACs", "share of macs": "share of MACs", "input_shape": "input"}


def _rename_columns(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record under the names that a reader knows."""
    return {_HEADS.get(name, name): value for name, value in record.items()}


def _networks() -> Table:
    def records() -> Records:
        return [
            _rename_columns(row | {"input_shape": grid(network(str(row["name"])).input_shape)}) for row in overview()
        ]

    caption = (
        "All networks at their own input sizes: parameters, and multiply-accumulates of convolutions and linear "
        "layers for one image."
    )
    return Table(id="table.networks", title="All networks", caption=caption, records=records)


def _stages(name: str) -> Table:
    spec = network(name)
    total, size = totals(spec), grid(spec.input_shape)
    caption = (
        f"Stages of {name}, input {size}: {exact(total.params)} parameters, {exact(total.macs)} multiply-accumulates "
        "of convolutions and linear layers for one image. Outputs are height x width x channels."
    )
    return Table(
        id=f"table.{name}",
        title=f"Stages of {name}",
        caption=caption,
        records=lambda: [_rename_columns(row) for row in stage_records(spec)],
    )


def _comparison(title: str, names: tuple[str, ...]) -> Iterator[Table]:
    networks = tuple(map(network, names))
    labels = [f"{i + 1}: {spec.label}" for i, spec in enumerate(networks)]

    def changes() -> Records:
        return [
            {"where": found.where} | dict(zip(labels, found.values, strict=True)) for found in all_changes(*networks)
        ]

    def counts() -> Records:
        return [
            {"part": part}
            | {f"{COUNTS[what][0]}, {label}": value for what, row in found.items() for label, value in _each(row)}
            for part, found in part_counts(*networks).items()
        ]

    def _each(row: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
        return zip(map(str, range(1, len(row) + 1)), row, strict=True)

    of, numbered = f"{', '.join(names[:-1])} and {names[-1]}", "; ".join(labels)
    yield Table(
        id=f"table.changes.{slug(title)}",
        title=f"What differs: {title}",
        caption=f"What differs between {of}, place by place; a dash means that there is no such place.",
        records=changes,
    )
    yield Table(
        id=f"table.counts.{slug(title)}",
        title=f"Counts: {title}",
        caption=f"Counts part by part, for one image; bytes are float32. {numbered}.",
        records=counts,
    )
