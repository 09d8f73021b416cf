"""Numbers of networks by name, for texts and answers: "channels stem.0.concat", "macs @ inception_resnet_v1.paper".

Such texts may come from strangers, so nothing in them is evaluated: a quantity is a word out of a table, a path and a
network, and at most a few of them are added, subtracted, multiplied or divided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from operator import eq, gt, lt

from irnet.edit import network_of_label
from irnet.edit.validate import check
from irnet.models import recipe_of
from irnet.models.recipe import knobs
from irnet.provenance.ledger import ledger, term_sum
from irnet.provenance.published import Measure, comparable, curves_of
from irnet.spec import Network
from irnet.tree import Box, Row, resolve, smallest_input
from irnet.tree.saved import saved_bytes
from irnet.tree.totals import longest_chain, totals
from irnet.units import exact, fold, multiple, numeral, share, short

LONGEST = 240  # characters of a formula
TERMS = 8  # quantities in a formula
PLAIN = 10_000  # whole numbers below it are written without commas, as widths are

OF_BOX: Mapping[str, Callable[[Box], float]] = {
    "channels": lambda box: box.out_shape[0],
    "in_channels": lambda box: box.in_shape[0],
    "side": lambda box: box.out_shape[1],
    "in_side": lambda box: box.in_shape[1],
    "params": lambda box: box.params,
    "macs": lambda box: box.macs,
    "flops": lambda box: 2 * box.macs,
    "elements": lambda box: box.activation_elements,
    "bytes": lambda box: box.activation_bytes,
    "field": lambda box: max(box.rows[-1].field.size),
    "parts": lambda box: len(box.children),
    "window": lambda box: max((int(side) for row in box.rows for side in _window(row)), default=1),
    "convolutions": lambda box: sum(row.op in ("conv", "project") for row in box.rows),
}
OF_NETWORK: Mapping[str, Callable[[Network], float]] = {
    "params": lambda network: totals(network).params,
    "macs": lambda network: totals(network).macs,
    "flops": lambda network: 2 * totals(network).macs,
    "convolutions": lambda network: totals(network).convolutions,
    "chain": longest_chain,
    "kept": lambda network: saved_bytes(network, 1),
    "fvcore": lambda network: term_sum(ledger(network), "fvcore"),
    "products": lambda network: next(t.amount for t in ledger(network) if t.what == "residual scaling: products"),
    "smallest": smallest_input,
    "input": lambda network: network.input_shape[1],
    "eps": lambda network: network.norm.eps,
    "momentum": lambda network: network.norm.momentum,
    "embedding": lambda network: network.head.embedding or 0,
    "top1": lambda network: _published_error(network, "top1"),
    "top5": lambda network: _published_error(network, "top5"),
    "epochs": lambda network: _top1_curve(network)[0],
    "goal": lambda network: _top1_curve(network)[1],
}


def number(value: float) -> str:
    """A number as texts write it where they say no other form.

    Examples
    --------
    >>> number(1152), number(42_679_816), number(24.07407)
    ('1152', '42,679,816', '24.1')
    """
    if value != int(value):
        return f"{value:.3g}"
    return str(int(value)) if abs(value) < PLAIN else exact(int(value))


FORMS: Mapping[str, Callable[[float], str]] = {
    "": number,
    "exact": lambda value: exact(round(value)),
    "short": short,
    "MAC": lambda value: short(value, "MAC"),
    "FLOP": lambda value: short(value, "FLOP"),
    "B": lambda value: short(value, "B"),
    "fold": fold,
    "numeral": numeral,
    "multiple": multiple,
    "share": lambda value: share(value, 1),
}
ORDERS: Mapping[str, Callable[[float, float], bool]] = {"<": lt, "=": eq, ">": gt}


def _window(row: Row) -> tuple[str, ...]:
    """Height and width of the window of a convolution or a pooling."""
    sides = re.match(r"(\d+)x(\d+) ", row.notation)
    return sides.groups() if sides else ()


def _published_error(network: Network, measure: Measure) -> float:
    """What a paper reports with a single crop."""
    if (result := comparable("1 crop", measure).get((network.name,))) is None:
        raise ValueError(f"no paper reports a top-{measure[3:]} error of {network.name} with a single crop")
    error: float = getattr(result, measure)
    return error


def _top1_curve(network: Network) -> tuple[int, float]:
    """After how many epochs a network's curve in Figure 21 or 23 reaches the error that both of the pair get under."""
    for figure in map(curves_of, ("Fig. 21", "Fig. 23")):
        for line in figure.lines:
            if line.preset == network.name:
                return line.reaches(figure.goal), figure.goal
    raise ValueError(f"Figures 21 and 23 have no curve of {network.name}")


@lru_cache(maxsize=64)
def network_of(label: str) -> Network:
    """The network that a label names, if it can be run and is not too large to work with.

    Raises
    ------
    ValueError
        For an unknown name or knob, or a network that is refused.
    """
    return check(network_of_label(label))


def labels_in(formula: str) -> tuple[str, ...]:
    """The networks that a formula names.

    Examples
    --------
    >>> labels_in("params / params @ inception_v4.paper")
    ('inception_v4.paper',)
    """
    return tuple(term.partition("@")[2].strip() for term in _terms(formula)[::2] if "@" in term)


def quantity(formula: str, network: Network) -> float:
    """What a formula comes to; what names no network is about `network`.

    A formula is a quantity, or a few with ` + `, ` - `, ` * ` or ` / ` between them. A quantity is a number, or a word
    ("channels", "macs"), the path of a box or nothing for the whole network, and ` @ ` with a network's label where it
    is another one. "knob scale_a" is a knob's value.

    Raises
    ------
    ValueError
        Naming what is unknown and what there is.

    Examples
    --------
    >>> from irnet.models import network
    >>> quantity("channels reduction_a.0.b0 + channels reduction_a.0.b1", network("inception_v4"))
    768
    >>> quantity("knob b @ inception_resnet_v2.tf_slim", network("inception_v4"))
    20
    """
    terms = _terms(formula)
    total, sign = 0.0, 1
    product, by = _value_of(terms[0], network), iter(terms[1:])
    for operator, term in zip(by, by, strict=True):
        value = _value_of(term, network)
        if operator == "*":
            product *= value
        elif operator == "/":
            if not value:
                raise ValueError(f"{formula!r} divides by nothing")
            product /= value
        else:
            total, sign, product = total + sign * product, 1 if operator == "+" else -1, value
    found = total + sign * product
    return int(found) if found == int(found) else found


def _terms(formula: str) -> list[str]:
    """Quantities and the operators between them, in turn."""
    if len(formula) > LONGEST:
        raise ValueError(f"a formula of {len(formula)} characters is longer than {LONGEST}")
    terms = [term.strip() for term in re.split(r" ([-+*/]) ", " ".join(formula.split()))]
    if len(terms) > 2 * TERMS - 1:
        raise ValueError(f"{formula[:60]!r} has more than {TERMS} quantities")
    return terms


def _value_of(term: str, network: Network) -> float:
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", term, re.ASCII):
        return float(term) if "." in term else int(term)
    asked, at, label = term.partition("@")
    network = network_of(label.strip()) if at else network
    word, _, path = asked.strip().partition(" ")
    if word == "knob":
        return _knob(path.strip(), network)
    table = OF_BOX if path else OF_NETWORK
    if word not in table:
        kind = "a box" if path else "a network"
        raise ValueError(f"no quantity of {kind} is called {word[:40]!r}; they are {', '.join(table)}")
    try:
        return OF_BOX[word](resolve(network)[path.strip()]) if path else OF_NETWORK[word](network)
    except KeyError as error:
        raise ValueError(str(error.args[0])) from None


def _knob(name: str, network: Network) -> float:
    have = knobs(recipe_of(network))
    value = have.get(name)
    if not isinstance(value, int | float):
        numbers = [knob for knob, value in have.items() if isinstance(value, int | float)]
        raise ValueError(f"{network.name} has no knob {name[:40]!r} that is a number; it has {', '.join(numbers)}")
    return value


def holds(claim: str, network: Network) -> bool:
    """Whether formulas compare as a claim says, with ` = `, ` < ` or ` > ` between them, and ` and ` between claims.

    Raises
    ------
    ValueError
        For a formula that is none, or a claim that compares nothing.

    Examples
    --------
    >>> from irnet.models import network
    >>> v4 = network("inception_v4")
    >>> holds("channels inception_c > channels inception_b > 1000 and knob b = 7", v4), holds("knob a > knob b", v4)
    (True, False)
    """
    return all(_holds(part, network) for part in " ".join(claim.split()).split(" and "))


def _holds(claim: str, network: Network) -> bool:
    terms = re.split(r" ([<=>]) ", claim)
    if len(terms) < 3:
        raise ValueError(f"{claim[:60]!r} compares nothing: a claim has =, < or > between two formulas")
    values = [quantity(term, network) for term in terms[::2]]
    return all(ORDERS[sign](a, b) for sign, (a, b) in zip(terms[1::2], pairwise(values), strict=True))


def fill(text: str, network: Network) -> str:
    """A text with the formulas in its braces calculated; after a bar stands how the number is written.

    Raises
    ------
    ValueError
        For a formula or a form that is none.

    Examples
    --------
    >>> from irnet.models import network
    >>> fill("{channels stem} channels, {macs|MAC} in all", network("inception_v4"))
    '384 channels, 12.3 GMAC in all'
    """
    return re.sub(r"\{([^{}]*)\}", lambda found: _formula_text(found[1], network), text)


def formulas(text: str) -> tuple[str, ...]:
    """The formulas in the braces of a text, without the forms.

    Examples
    --------
    >>> formulas("{channels stem} of {params|short}")
    ('channels stem', 'params')
    """
    return tuple(inside.partition("|")[0] for inside in re.findall(r"\{([^{}]*)\}", text))


def _formula_text(inside: str, network: Network) -> str:
    formula, _, form = inside.partition("|")
    if form.strip() not in FORMS:
        raise ValueError(f"numbers can't be written as {form[:20]!r}; choose one of {', '.join(filter(None, FORMS))}")
    return FORMS[form.strip()](quantity(formula, network))
