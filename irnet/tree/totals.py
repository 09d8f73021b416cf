"""Rows gathered into tables: stages, whole networks, flat records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from irnet.models import PRESETS, group_of, network
from irnet.spec import Fork, Network, Part, Shape, Source, Stage
from irnet.tree.box import WEIGHTED, Box, ReceptiveField, Row, Tree
from irnet.tree.paths import below
from irnet.tree.resolve import resolve
from irnet.units import grid, share, sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What some rows add up to, for one image."""

    params: int
    macs: int  # convolutions and linear layers
    activation_elements: int  # outputs of convolutions and linear layers
    convolutions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTotal(Totals):
    """One stage of a network with all its repeats, or its head."""

    name: str
    title: str
    part: Part
    repeat: int
    out_shape: Shape  # (C, H, W)
    field: ReceptiveField  # of what the stage puts out
    source: Source


CONVOLUTIONS = ("conv", "project")


def _sums(rows: Sequence[Row]) -> dict[str, int]:
    """The fields of `Totals`."""
    return {
        "params": sum(row.params for row in rows),
        "macs": sum(row.macs for row in rows),
        "activation_elements": sum(row.activation_elements for row in rows if row.op in WEIGHTED),
        "convolutions": sum(row.op in CONVOLUTIONS for row in rows),
    }


@lru_cache(maxsize=64)
def totals(network: Network) -> Totals:
    """Parameters, MACs, activation elements and number of convolutions of `network`.

    Examples
    --------
    >>> totals(network("inception_v4")).convolutions
    149
    """
    return Totals(**_sums(resolve(network).rows))


def longest_chain(network: Network) -> int:
    """Convolutions one after another on the longest way through `network`, residual sums' linear ones included.

    Examples
    --------
    >>> longest_chain(network("inception_v4")), longest_chain(network("inception_resnet_v2"))
    (75, 95)
    """
    tree = resolve(network)
    return sum(_longest(tree, box) for box in tree.top)


def _longest(tree: Tree, box: Box) -> int:
    if box.op != "group":
        return int(box.op in CONVOLUTIONS)
    each = [_longest(tree, child) for child in tree.children(box.path)]
    return max(each) if isinstance(box.node, Fork) else sum(each)


def stages(network: Network) -> tuple[StageTotal, ...]:
    """The stages of `network` in order, and its head last, if it has one; they add up to `totals`.

    A stage with no blocks hands its input on: its output shape is that of the stage before.

    Examples
    --------
    >>> [stage.name for stage in stages(network("inception_v4"))][-2:]
    ['inception_c', 'head']
    """
    return tuple(_stages(network))


def _stages(network: Network) -> Iterator[StageTotal]:
    tree = resolve(network)
    shape, field = network.input_shape, ReceptiveField()
    for stage, box in tree.stages:
        shape, field = (box.out_shape, box.field) if box else (shape, field)
        yield _stage_total(stage, shape, field, box.rows if box else ())
    rows = [row for layer in tree.head for row in layer.rows]
    if not rows:
        return
    yield StageTotal(
        name="head",
        title="Pool and classifier",
        part="tail",
        repeat=1,
        out_shape=rows[-1].out_shape,
        field=rows[-1].field,
        source=network.head.source,
        **_sums(rows),
    )


def _stage_total(stage: Stage, shape: Shape, field: ReceptiveField, rows: Sequence[Row]) -> StageTotal:
    return StageTotal(
        name=stage.name,
        title=stage.title,
        part=stage.part,
        repeat=stage.repeat,
        out_shape=shape,
        field=field,
        source=stage.source,
        **_sums(rows),
    )


def auxiliary_heads(network: Network, reads: str = "") -> tuple[StageTotal, ...]:
    """The auxiliary heads of `network`, or those that read one stage; no total has them.

    Examples
    --------
    >>> [(head.name, head.params) for head in auxiliary_heads(network("googlenet", auxiliary=True), "inception_4a")]
    [('aux1', 3188840)]
    """
    tree = resolve(network)
    sides = ((one.stage, tree[one.stage.name]) for one in network.auxiliary if reads in ("", one.reads))
    return tuple(_stage_total(stage, box.out_shape, box.field, box.rows) for stage, box in sides)


def summary(network: Network) -> dict[str, object]:
    """Totals and stages as plain values for JSON; `macs` counts convolutions and linear layers, one image.

    Examples
    --------
    >>> summary(network("inception_resnet_v2.tf_slim"))["params"]
    55843464
    """
    total = totals(network)
    return {
        "name": network.name,
        "edits": network.edit_text,
        "key": network.key,
        "input_shape": list(network.input_shape),
        "params": total.params,
        "macs": total.macs,
        "source": network.source.ref,
        "stages": [
            {
                "name": stage.name,
                "repeat": stage.repeat,
                "out_shape": list(stage.out_shape),
                "params": stage.params,
                "macs": stage.macs,
                "source": stage.source.ref,
                "errata": [erratum.id for erratum in stage.source.errata],
            }
            for stage in stages(network)
        ],
        **({"auxiliary": _auxiliary(network)} if network.auxiliary else {}),
    }


def _auxiliary(network: Network) -> dict[str, object]:
    """The auxiliary heads, and the totals with them, which `totals` leaves out."""
    total, found = totals(network), auxiliary_heads(network)
    heads = [
        {"name": head.name, "reads": one.reads, "params": head.params, "macs": head.macs, "source": head.source.ref}
        for one, head in zip(network.auxiliary, found, strict=True)
    ]
    params = total.params + sum(head.params for head in found)
    return {"heads": heads, "params": params, "macs": total.macs + sum(head.macs for head in found)}


def overview() -> list[dict[str, object]]:
    """Every preset with its totals at its own input size."""
    return [
        {
            "name": spec.name,
            "group": group_of(spec.name),
            "source": spec.source.ref,
            "input_shape": list(spec.input_shape),
            "params": totals(spec).params,
            "macs": totals(spec).macs,
        }
        for spec in map(network, PRESETS)
    ]


def stage_records(network: Network) -> list[dict[str, object]]:
    """The stages of `network` as flat records for a table; shapes are height x width x channels."""
    total, aside = totals(network), auxiliary_heads(network)
    return [
        {
            "stage": stage.name,
            "what": stage.title,
            "repeat": stage.repeat,
            "output": grid(stage.out_shape),
            "params": stage.params,
            "macs": stage.macs,
            "share of macs": "in training alone" if stage in aside else share(stage.macs, total.macs),
            "source": stage.source.ref,
        }
        for stage in (*stages(network), *aside)
    ]


def records(network: Network, within: str = "") -> list[dict[str, object]]:
    """The rows of `network`, or of what is inside the box at a path, as flat records for a table.

    Those of auxiliary heads come last.

    `macs` is None where there is neither a convolution nor a linear layer.
    Shapes are written height x width x channels, receptive fields in pixels (height x width where they differ).
    """
    tree = resolve(network)
    return [
        {
            "path": row.path,
            "what": row.notation,
            "op": row.op,
            "input": grid(row.in_shape),
            "output": grid(row.out_shape),
            "params": row.params,
            "macs": row.macs if row.op in WEIGHTED else None,
            "activation elements": row.activation_elements,
            "receptive field": sides(row.field.size),
            "field stride": sides(row.field.stride),
            "field padding": sides(row.field.padding),
        }
        for row in (*tree.rows, *(row for head in tree.auxiliary for row in head.rows))
        if not within or below(row.path, within)
    ]
