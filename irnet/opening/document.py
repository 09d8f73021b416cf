"""A graph as JSON: how a process that imports somebody's code hands it over, and a file to keep and to send.

What comes from others is held against a form and limits first.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, prod
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from irnet.edit.document import complaint
from irnet.opening.graph import INPUT, Graph, Operation, Setting, Weight
from irnet.units import exact, typed

FORMAT = "irnet.graph.1"
LARGEST = 2**22  # bytes of a text that describes a network; Keras's Inception-ResNet-v2 has a sixth of that
MOST = 10_000  # operations
EDGES = 4 * MOST
NUMBER = 2**24  # any setting, and any side of a shape
_DEEPEST = 4  # lists inside lists
_LONGEST = 64  # values of a list
_WINDOW = {"kernel": (1, 2), "stride": (1, 2), "padding": (0, 2, 4)}  # the least value, and how many there may be
_POOL = _WINDOW | {"ceil": (False,), "grid": (1, 2)}
_FORMS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {  # what a kind can't be without
    "conv": _WINDOW | {"dilation": (1, 2), "filters": (1,), "groups": (1,), "bias": (False,)},
    "linear": {"features": (1,), "bias": (False,)},
    "batch_norm": {"eps": (0.0,)},
    "max_pool": _POOL,
    "avg_pool": _POOL | {"counts_padding": (False,)},
    "pad": {"sides": (-NUMBER, 2, 4)},
    "scale": {"factor": (-float(NUMBER),)},
}


def to_document(graph: Graph) -> dict[str, Any]:
    """What `json` can write.

    Examples
    --------
    >>> import json
    >>> small = Graph(name="n", input_shape=(3, 8, 8), operations=(Operation("input"),), reads=((),), output=0)
    >>> read_graph(json.dumps(to_document(small))) == small
    True
    """
    return {
        "format": FORMAT,
        "name": graph.name,
        "input_shape": list(graph.input_shape),
        "operations": [
            [
                one.kind,
                {name: _written(value) for name, value in one.settings},
                one.module,
                list(one.out_shape),
                one.params,
                one.macs,
                [[weight.role, weight.key, list(weight.shape)] for weight in one.weights],
            ]
            for one in graph.operations
        ],
        "reads": [list(sources) for sources in graph.reads],
        "output": graph.output,
    }


def read_graph(text: str | bytes) -> Graph:
    """The graph that `to_document` wrote, or that somebody else wrote so.

    Raises
    ------
    ValueError
        One sentence that says what is wrong with the document, and where.
    """
    if len(text) > LARGEST:
        raise ValueError(f"the document is larger than {exact(LARGEST)} bytes")
    try:
        found = _Document.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(complaint(error, "document")) from None
    return check_forms(
        Graph(
            name=found.name,
            input_shape=found.input_shape,
            operations=tuple(
                Operation(
                    kind, tuple(settings.items()), module, out, params, macs, tuple(Weight(*one) for one in weights)
                )
                for kind, settings, module, out, params, macs, weights in found.operations
            ),
            reads=found.reads,
            output=found.output,
        )
    )


def check_forms(graph: Graph) -> Graph:
    """The same graph, whose operations have the settings that their kinds can't be without, with values in limits.

    Raises
    ------
    ValueError
        In one sentence with the first operation that is wrong.

    Examples
    --------
    >>> conv = Operation("conv", (("filters", 0),))
    >>> bad = Graph(name="n", input_shape=(3, 8, 8), operations=(Operation("input"), conv), reads=((), (0,)), output=1)
    >>> check_forms(bad)
    Traceback (most recent call last):
    ValueError: n: operation 1 (conv) has no kernel of 2 whole numbers from 1 on
    """
    if not graph.operations or graph.operations[0].kind != INPUT:
        raise ValueError(f"{graph.name}: the first operation is no input")
    if sum(map(len, graph.reads)) > EDGES:
        raise ValueError(f"{graph.name}: its operations read more than {exact(EDGES)} values")
    for at, (operation, sources) in enumerate(zip(graph.operations, graph.reads, strict=True)):
        for name, form in _FORMS.get(operation.kind, {}).items():
            if not _fits(operation.setting(name), *form):
                what = f"{name} {_words(*form)}".strip()
                raise ValueError(f"{graph.name}: operation {at} ({operation.kind}) has no {what}")
        if bool(at) != bool(sources):
            raise ValueError(
                f"{graph.name}: operation {at} ({operation.kind}) {'reads nothing' if at else 'reads one'}"
            )
    return graph


def _fits(value: Setting, least: float, *many: int) -> bool:
    """Whether a setting is one value from `least` on, of its type; or one of so many."""
    if many:
        return isinstance(value, tuple) and len(value) in many and all(_fits(one, least) for one in value)
    if isinstance(least, bool):
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float if isinstance(least, float) else int):
        return False
    return least <= value <= NUMBER


def _words(least: float, *many: int) -> str:
    if isinstance(least, bool):
        return "that is true or false"
    if not many:
        return f"from {exact(int(least))} on"
    return f"of {' or '.join(map(str, many))} whole numbers from {exact(int(least))} on"


def _written(value: Setting) -> Any:
    """A setting without what JSON has no numbers for."""
    if isinstance(value, tuple):
        return list(map(_written, value))
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _setting(value: Any, depth: int = 0) -> Setting:
    if isinstance(value, list):
        if depth == _DEEPEST or len(value) > _LONGEST:
            raise ValueError(f"a setting has at most {_LONGEST} values, and lists {_DEEPEST} deep")
        return tuple(_setting(one, depth + 1) for one in value)
    if value in ("inf", "-inf", "nan"):
        return float(value)
    if isinstance(value, str):
        return _line(value)
    if isinstance(value, bool) or value is None:
        return value
    if not isinstance(value, int | float) or not abs(value) <= NUMBER**2:
        raise ValueError(f"{typed(repr(value), 40)} is no setting")
    return value


def _line(text: str) -> str:
    if not text.isprintable() or len(text) > 300:
        raise ValueError("a name is one line of at most 300 characters")
    return text


def _size(shape: tuple[int, ...]) -> tuple[int, ...]:
    if prod(shape) > NUMBER**2:
        raise ValueError(f"more than {exact(NUMBER**2)} numbers")
    return shape


Line = Annotated[str, AfterValidator(_line)]
Side = Annotated[int, Field(ge=1, le=NUMBER)]
Sides = Annotated[tuple[Side, ...], Field(max_length=8), AfterValidator(_size)]
Count = Annotated[int, Field(ge=0, le=NUMBER**2)]
Place = Annotated[int, Field(ge=0, lt=MOST)]
Settings = Annotated[dict[Line, Annotated[Any, BeforeValidator(_setting)]], Field(max_length=_LONGEST)]
Weights = Annotated[list[tuple[Line, Line, Sides]], Field(max_length=_LONGEST)]


class _Document(BaseModel):
    """What a document has to say, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    format: Literal["irnet.graph.1"]
    name: Line
    input_shape: tuple[Side, Side, Side]
    operations: Annotated[list[tuple[Line, Settings, Line, Sides, Count, Count, Weights]], Field(max_length=MOST)]
    reads: Annotated[tuple[tuple[Place, ...], ...], Field(max_length=MOST)]
    output: Place
