"""What a pickle says, without doing it: nothing is imported, called or built, whatever it asks for (decision 0030)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pickletools import genops
from typing import IO, Any

MAX_STEPS = 500_000  # of a pickle; the table of 900 tensors takes 40,000
_PICKLES = 5  # that an old file of torch.save begins with
_MARK = object()


class Strange(ValueError):
    """A pickle that PyTorch did not write, or that is broken."""


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A class or function that a pickle asks for."""

    path: str  # "collections.OrderedDict"


@dataclass(slots=True, eq=False)
class Call:
    """What a class or function would give: an object, a tensor made of its parts."""

    of: Any  # a Name, in a pickle that a program wrote
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)  # that were put into it, by key or by place


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """A reference to what lies outside the pickle: a storage of numbers."""

    to: Any


def names(data: bytes) -> Iterator[str]:
    """The classes and functions that the pickles at the start of `data` ask for, in the order of asking."""
    stream, steps, texts = BytesIO(data), 0, ["", ""]
    memo: dict[int | None, str] = {}  # of texts; a newer pickle names a class by the two before
    try:
        for _ in range(_PICKLES):
            for step, argument, _ in genops(stream):
                steps += 1
                if steps > MAX_STEPS:
                    return
                if step.name in ("GLOBAL", "INST"):
                    yield str(argument).replace(" ", ".")
                elif step.name == "STACK_GLOBAL":
                    yield ".".join(texts)
                elif "PUT" in step.name or step.name == "MEMOIZE":
                    memo[len(memo) if argument is None else argument] = texts[-1]
                elif "GET" in step.name:
                    texts = [texts[-1], memo.get(argument, "")]
                elif isinstance(argument, str):
                    texts = [texts[-1], argument]
    except ValueError:  # what follows the pickles in an old file of torch.save, or a broken one
        return


def parse(data: bytes | IO[bytes], outside: list[Any] | None = None) -> Any:
    """The value that a pickle describes, with a `Name`, `Call` or `Outside` for what is no plain value.

    Parameters
    ----------
    data
        Bytes, or a file that is read from where it stands.
    outside
        Takes what the pickle refers to outside of it.

    Raises
    ------
    Strange
        If it is broken, longer than `MAX_STEPS` or takes a step that PyTorch never writes.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for count, (step, argument, _) in enumerate(genops(data)):
            if step.name == "STOP":
                return stack.pop()
            if count > MAX_STEPS:
                break
            _STEPS[step.name](stack, memo, argument)
            if step.name == "BINPERSID" and outside is not None:
                outside.append(stack[-1].to)
    except (LookupError, TypeError, AttributeError, ValueError):
        pass
    raise Strange


Step = Callable[[list[Any], dict[int, Any], Any], object]


def _last(stack: list[Any], count: int) -> list[Any]:
    found = [stack.pop() for _ in range(count)]
    return found[::-1]


def _marked(stack: list[Any]) -> list[Any]:
    """Everything since the last mark."""
    found = list(iter(stack.pop, _MARK))
    return found[::-1]


def _call(stack: list[Any], *_: Any) -> None:
    stack.append(Call(*_last(stack, 2)))


def _build(stack: list[Any], *_: Any) -> None:
    state = stack.pop()
    stack[-1].state = state


def _extend(stack: list[Any], items: list[Any]) -> None:
    if isinstance(stack[-1], Call):
        stack[-1].items.update(enumerate(items, len(stack[-1].items)))
    else:
        stack[-1].extend(items)


def _set(stack: list[Any], items: list[Any]) -> None:
    target = stack[-1].items if isinstance(stack[-1], Call) else stack[-1]
    target.update(zip(items[::2], items[1::2], strict=True))


_VALUES = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES"),
)
_STEPS: dict[str, Step] = {
    "PROTO": lambda *_: None,
    **dict.fromkeys(_VALUES, lambda stack, _, value: stack.append(value)),
    "NONE": lambda stack, *_: stack.append(None),
    "NEWTRUE": lambda stack, *_: stack.append(True),
    "NEWFALSE": lambda stack, *_: stack.append(False),
    "EMPTY_LIST": lambda stack, *_: stack.append([]),
    "EMPTY_DICT": lambda stack, *_: stack.append({}),
    "EMPTY_TUPLE": lambda stack, *_: stack.append(()),
    "MARK": lambda stack, *_: stack.append(_MARK),
    "TUPLE": lambda stack, *_: stack.append(tuple(_marked(stack))),
    "TUPLE1": lambda stack, *_: stack.append(tuple(_last(stack, 1))),
    "TUPLE2": lambda stack, *_: stack.append(tuple(_last(stack, 2))),
    "TUPLE3": lambda stack, *_: stack.append(tuple(_last(stack, 3))),
    "APPEND": lambda stack, *_: _extend(stack, _last(stack, 1)),
    "APPENDS": lambda stack, *_: _extend(stack, _marked(stack)),
    "SETITEM": lambda stack, *_: _set(stack, _last(stack, 2)),
    "SETITEMS": lambda stack, *_: _set(stack, _marked(stack)),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda stack, memo, index: memo.update({index: stack[-1]})),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda stack, memo, index: stack.append(memo[index])),
    "GLOBAL": lambda stack, _, path: stack.append(Name(path.replace(" ", "."))),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _call),
    "BUILD": _build,
    "BINPERSID": lambda stack, *_: stack.append(Outside(stack.pop())),
}
