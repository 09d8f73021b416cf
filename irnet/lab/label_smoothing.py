"""Label smoothing: what a network is asked for, and what the loss makes of an answer.

A share epsilon of the target is spread evenly over all classes. Source: "Rethinking the Inception Architecture for
Computer Vision" (arXiv 1512.00567), section 7, with epsilon 0.1 and 1000 classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log

from irnet.charts import Bars, Chart, Line, Rule
from irnet.units import exact

EPSILON, CLASSES = 0.1, 1000  # of the paper
MOST_CLASSES = 21_843  # of ImageNet
LEADS = [i / 5 for i in range(-25, 101)]  # of a chart: logits by which the true class leads


@dataclass(frozen=True, slots=True)
class Smoothing:
    """The targets of one image; all wrong classes are alike, so one logit says what a network answers.

    That logit, the lead, is how much the true class has more than each of the others.

    Raises
    ------
    ValueError
        For an epsilon outside 0 to 1, or fewer than two classes.

    Examples
    --------
    >>> found = Smoothing(0.1, 1000)
    >>> round(found.true, 4), round(found.other, 4), round(found.best_lead, 2)
    (0.9001, 0.0001, 9.11)
    """

    epsilon: float = EPSILON
    classes: int = CLASSES

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon <= 1:
            raise ValueError(f"epsilon={self.epsilon:g} is outside 0 to 1, the share of the target that is spread")
        if not 2 <= self.classes <= MOST_CLASSES:
            raise ValueError(f"classes={self.classes} is outside 2 to {exact(MOST_CLASSES)}")

    @property
    def true(self) -> float:
        """The target of the true class."""
        return 1 - self.epsilon + self.other

    @property
    def other(self) -> float:
        """The target of each other class."""
        return self.epsilon / self.classes

    @property
    def best_lead(self) -> float:
        """The lead at which the loss is least; infinite without smoothing."""
        return log(self.true / self.other) if self.other else inf

    def probability(self, lead: float) -> float:
        """What softmax gives the true class."""
        return 1 / (1 + (self.classes - 1) * exp(-lead))

    def loss(self, lead: float) -> float:
        """Cross-entropy with the targets, in nats."""
        return (1 - self.true) * lead - log(self.probability(lead))

    def gradient(self, lead: float) -> float:
        """Of the loss with respect to the logit of the true class: its probability without its target."""
        return self.probability(lead) - self.true


def finding(found: Smoothing) -> str:
    """Where the loss is least, in one sentence.

    Examples
    --------
    >>> print(finding(Smoothing(0.1, 1000)))
    The true class is asked for 0.9001 and each other class for 0.0001, so the loss is least at a lead of 9.11 logits; \
beyond, it pulls back.
    >>> print(finding(Smoothing(0, 1000)))
    The true class is asked for 1 and each other class for 0, so the loss falls with every further logit of lead.
    """
    asked = f"The true class is asked for {found.true:.4g} and each other class for {found.other:.4g}"
    if not found.other:
        return f"{asked}, so the loss falls with every further logit of lead."
    return f"{asked}, so the loss is least at a lead of {found.best_lead:.3g} logits; beyond, it pulls back."


def charts(found: Smoothing) -> tuple[Chart, ...]:
    """The targets, and the loss and its gradient against the lead, with smoothing and without."""
    plain = Smoothing(0, found.classes)
    every = {f"epsilon {found.epsilon:g}": found, **({} if found == plain else {"epsilon 0": plain})}
    note, x = f"{exact(found.classes)} classes; all wrong ones have the same logit", "lead of the true class, logits"
    best = f"is least at a lead of {found.best_lead:.3g}" if found.other else "falls with every further logit"
    turn = f"changes its sign at a lead of {found.best_lead:.3g}" if found.other else "comes to 0 only in the limit"
    names = ("the true class", "all others together")
    targets = tuple(Bars(name=name, names=names, values=(one.true, 1 - one.true)) for name, one in every.items())
    loss = tuple(Line(name=name, x=LEADS, y=[one.loss(lead) for lead in LEADS]) for name, one in every.items())
    slope = tuple(Line(name=name, x=LEADS, y=[one.gradient(lead) for lead in LEADS]) for name, one in every.items())
    return (
        Chart(title=f"The true class is asked for {found.true:.4g}", note=note, y="target", marks=targets),
        Chart(title=f"The loss {best}", note=note, x=x, y="cross-entropy, nats", marks=loss),
        Chart(title=f"Its gradient {turn}", note=note, x=x, y="d loss / d true logit", marks=(*slope, Rule(0.0))),
    )


def records(found: Smoothing) -> list[dict[str, object]]:
    """The targets, and what a network would have to answer, as flat records."""
    best = found.best_lead
    return [
        {"what": "target of the true class", "value": found.true},
        {"what": "target of each other class", "value": found.other},
        {"what": "lead at which the loss is least, logits", "value": best if best < inf else None},
        {"what": "loss there, nats", "value": found.loss(best) if best < inf else 0.0},
    ]
