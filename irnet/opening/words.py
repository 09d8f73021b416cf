"""Parts and settings of somebody's network in the words of the paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import cast

from irnet.opening.graph import Operation, Setting
from irnet.opening.tree import Merge, Part, Steps, parts
from irnet.units import exact

LINEAR = "the linear 1x1 convolution that restores the depth"
KINDS: Mapping[str, str] = {
    "conv": "convolution",
    "add": "sum",
    "concat": "concatenation",
    "mul": "product",
    "div": "quotient",
    "relu": "ReLU",
    "avg_pool": "average pooling",
    "max_pool": "max pooling",
    "global_pool": "average over the grid",
    "linear": "linear layer",
}


MOST = 5  # kinds that are named one by one


def describe_part(part: Part) -> str:
    """A part in a few words.

    Examples
    --------
    >>> describe_part(Operation("conv", (("filters", 96), ("kernel", (3, 3)))))
    '3x3 convolution of 96 filters'
    """
    if isinstance(part, Merge):
        return f"{describe_kind(part.how)} of {len(part.branches)} branches"
    if not isinstance(part, Operation):
        return f"tangle of {len(part.operations)} operations"
    kernel, filters, features = map(part.setting, ("kernel", "filters", "features"))
    window = f"{write(kernel)} " if kernel else ""
    more = f" of {filters} filters" if filters else f" of {features} features" if features else ""
    if part.kind == "scale":
        return f"scaling by {write(part.setting('factor'))}"
    return f"{window}{describe_kind(part.kind)}{more}"


def composition(steps: Steps) -> str:
    """What there is in some steps and how often, the most frequent first.

    Examples
    --------
    >>> layer = Operation("conv", (("filters", 96), ("kernel", (3, 3)), ("activation", "relu")))
    >>> composition((layer, Merge("add", ((), (layer, layer))), Operation("linear")))
    '3 convolutions, 1 sum and 1 linear layer'
    """
    kinds = Counter(
        part.how if isinstance(part, Merge) else part.kind if isinstance(part, Operation) else "tangle"
        for part in parts(steps)
    )
    most = kinds.most_common(MOST)
    words = [f"{exact(many)} {describe_kind(kind) if many == 1 else _plural(kind)}" for kind, many in most]
    if others := kinds.total() - sum(many for _, many in most):
        words.append(f"{exact(others)} other operation{'' if others == 1 else 's'}")
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"


def describe_kind(kind: str) -> str:
    """The kind of an operation in words."""
    return KINDS.get(kind, kind.replace("_", " "))


def _plural(kind: str) -> str:
    first, over, rest = describe_kind(kind).partition(" over")
    return f"{first}s{over}{rest}"


def write(value: Setting) -> str:
    """A value as a reader writes it: a pair as "1x7"."""
    if isinstance(value, tuple):
        return "x".join(map(write, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_setting(name: str, here: Setting, there: Setting) -> str:
    """What it means that a setting is `here` in somebody's network and `there` in the preset.

    Examples
    --------
    >>> describe_setting("kernel", (7, 1), (1, 7))
    'is 7x1 where the preset has 1x7: the pair is swapped'
    """
    if name not in _SENTENCES:
        return f"{name} {write(here)}; the preset has {write(there)}"
    return _SENTENCES[name](here, there)


def describe_linear(name: str, here: Setting, there: Setting) -> str:
    """The same for the linear 1x1 convolution, behind which stands neither batch norm nor ReLU."""
    after = {"norm": "a batch norm", "activation": f"a {describe_kind(str(here))}"}.get(name)
    if after and there is None:
        return f"{LINEAR} has {after} before the sum; it is linear"
    return describe_setting(name, here, there)


def _kernel(here: Setting, there: Setting) -> str:
    swapped = ": the pair is swapped" if here == tuple(reversed(cast("tuple[int, int]", there))) else ""
    return f"is {write(here)} where the preset has {write(there)}{swapped}"


def _padding_in_average(here: Setting, there: Setting) -> str:
    does = {True: "counts its padding", False: "does not count its padding"}
    return f"the average {does[bool(here)]}; the preset's {does[bool(there)]}"


def _norm(here: Setting, there: Setting) -> str:
    if here is None or there is None:
        return f"has {'no' if here is None else 'a'} batch norm; the preset has {'none' if there is None else 'one'}"
    return f"batch norm's epsilon is {write(here)}; the preset's is {write(there)}"


def _activation(here: Setting, there: Setting) -> str:
    words = ["no activation" if value is None else describe_kind(str(value)) for value in (here, there)]
    return f"has {words[0]}; the preset has {words[1]}"


_SENTENCES: Mapping[str, Callable[[Setting, Setting], str]] = {
    "kernel": _kernel,
    "counts_padding": _padding_in_average,
    "factor": lambda here, there: f"scales by {write(here)}; the preset by {write(there)}",
    "norm": _norm,
    "activation": _activation,
    "rounds_up": lambda here, _: f"rounds its grid {'up' if here else 'down'}; the preset rounds it the other way",
    "bias": lambda here, there: f"has {'a' if here else 'no'} bias; the preset has {'one' if there else 'none'}",
    "stride": lambda here, there: f"stride {write(here)}; the preset has {write(there)}",
    "padding": lambda here, there: f"is padded by {write(here)} pixels; the preset by {write(there)}",
}
