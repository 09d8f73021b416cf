"""A graph as JSON: how a process that imports somebody's code hands it over."""

from __future__ import annotations

from typing import Any, cast

from irnet.opening.graph import Graph, Operation, Setting, Weight
from irnet.spec import Shape


def to_document(graph: Graph) -> dict[str, Any]:
    """What `json` can write.

    Examples
    --------
    >>> small = Graph(name="n", input_shape=(3, 8, 8), operations=(Operation("input"),), reads=((),), output=0)
    >>> from_document(to_document(small)) == small
    True
    """
    return {
        "name": graph.name,
        "input_shape": list(graph.input_shape),
        "operations": [
            [one.kind, dict(one.settings), one.module, list(one.out_shape), one.params, one.macs, _weights(one)]
            for one in graph.operations
        ],
        "reads": [list(sources) for sources in graph.reads],
        "output": graph.output,
    }


def from_document(data: dict[str, Any]) -> Graph:
    """The graph that `to_document` wrote."""
    operations = tuple(
        Operation(
            kind,
            tuple((name, _setting(value)) for name, value in settings.items()),
            module,
            tuple(out),
            params,
            macs,
            tuple(Weight(role, key, tuple(shape)) for role, key, shape in weights),
        )
        for kind, settings, module, out, params, macs, weights in data["operations"]
    )
    return Graph(
        name=data["name"],
        input_shape=cast("Shape", tuple(data["input_shape"])),
        operations=operations,
        reads=tuple(map(tuple, data["reads"])),
        output=data["output"],
    )


def _weights(operation: Operation) -> list[Any]:
    return [[weight.role, weight.key, list(weight.shape)] for weight in operation.weights]


def _setting(value: Any) -> Setting:
    return tuple(map(_setting, value)) if isinstance(value, list) else value
