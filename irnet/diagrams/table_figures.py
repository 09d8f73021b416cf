"""Tables that can be taken away: the stages of every network, and what differs in every ready comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

from irnet.comparison.changes import COUNTS, part_counts
from irnet.comparison.examples import READY
from irnet.comparison.side_by_side import all_changes, change_records
from irnet.diagrams.formats import SCALE, Entry
from irnet.html import joined_html, page
from irnet.models import PRESETS, network
from irnet.tables import LABELS, Records, Table, from_records, to_csv, to_html, to_latex, to_markdown
from irnet.tree.totals import overview, stage_records, totals
from irnet.units import exact, grid

TABLE_FORMS: Mapping[str, str] = MappingProxyType({form: form for form in ("md", "tex", "csv", "html")})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFigure(Entry):
    """One table of the catalogue and what it shows."""

    forms: ClassVar = TABLE_FORMS

    group: str = "tables"
    caption: str
    records: Callable[[], Records]

    @property
    def table(self) -> Table:
        """The table itself, with the caption as its note."""
        return from_records(self.records(), self.title, (self.caption,))

    def content(self, form: str, theme: str = "light", width: str = "natural", scale: float = SCALE) -> bytes:
        """The table as a file's bytes; it has one look."""
        del theme, width, scale
        match form:
            case "md":
                return to_markdown(self.table).encode()
            case "tex":
                return to_latex(self.table, f"tab:{self.id}").encode()
            case "csv":
                return to_csv(self.table).encode()
            case "html":
                return page(self.title, f"{joined_html(to_html(self.table))}\n<p>{escape(self.caption)}</p>")
        raise ValueError(f"{self.id} has no format {form!r}; {self.formats}")

    def texts(self, width: str) -> dict[str, Any]:
        """Title and caption."""
        del width
        return {"title": self.title, "caption": self.caption}


@cache
def table_catalogue() -> Mapping[str, TableFigure]:
    """Every table by its id.

    Examples
    --------
    >>> [name for name in table_catalogue() if name.startswith("table.inception_v4")]
    ['table.inception_v4.paper', 'table.inception_v4.tf_slim']
    """
    found = [_networks(), *map(_stages, PRESETS)]
    for ready in READY:
        found += _comparison(ready.title, ready.names)
    return MappingProxyType({table.id: table for table in found})


def slug(title: str) -> str:
    """A title as part of an id.

    Examples
    --------
    >>> slug("Cost: v4 and v2")
    'cost_v4_and_v2'
    """
    return "_".join("".join(char if char.isalnum() else " " for char in title.lower()).split())


def _rename_columns(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record under the names that a reader knows, in files too."""
    return {LABELS.get(name, name): value for name, value in record.items()}


def _networks() -> TableFigure:
    def records() -> Records:
        return [
            _rename_columns(row | {"input_shape": grid(network(str(row["name"])).input_shape)}) for row in overview()
        ]

    caption = (
        "All networks at their own input sizes: parameters, and multiply-accumulates of convolutions and linear "
        "layers for one image."
    )
    return TableFigure(id="table.networks", title="All networks", caption=caption, records=records)


def _stages(name: str) -> TableFigure:
    spec = network(name)
    total, size = totals(spec), grid(spec.input_shape)
    caption = (
        f"Stages of {name}, input {size}: {exact(total.params)} parameters, {exact(total.macs)} multiply-accumulates "
        "of convolutions and linear layers for one image. Outputs are height x width x channels."
    )
    return TableFigure(
        id=f"table.{name}",
        title=f"Stages of {name}",
        caption=caption,
        records=lambda: [_rename_columns(row) for row in stage_records(spec)],
    )


def _comparison(title: str, names: tuple[str, ...]) -> Iterator[TableFigure]:
    networks = tuple(map(network, names))
    labels = [f"{i + 1}: {spec.label}" for i, spec in enumerate(networks)]

    def changes() -> Records:
        found = change_records(networks, all_changes(*networks))
        return [{name: value for name, value in record.items() if name != "why"} for record in found]

    def counts() -> Records:
        return [
            {"part": part}
            | {f"{COUNTS[what][0]}, {i}": value for what, row in found.items() for i, value in enumerate(row, 1)}
            for part, found in part_counts(*networks).items()
        ]

    of, numbered = f"{', '.join(names[:-1])} and {names[-1]}", "; ".join(labels)
    yield TableFigure(
        id=f"table.changes.{slug(title)}",
        title=f"What differs: {title}",
        caption=f"What differs between {of}, place by place; a dash means that there is no such place.",
        records=changes,
    )
    yield TableFigure(
        id=f"table.counts.{slug(title)}",
        title=f"Counts: {title}",
        caption=f"Counts part by part, for one image; bytes are float32. {numbered}.",
        records=counts,
    )
