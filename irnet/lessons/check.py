"""A lesson held against the networks that it speaks of: every box, link, number, control and answer is really there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from irnet.lessons.prose import links
from irnet.lessons.value import Lesson, Question, Step
from irnet.models import recipe_of
from irnet.models.recipe import limits
from irnet.provenance.quantities import fill, formulas, labels_in, network_of, quantity
from irnet.spec import Network
from irnet.tree import resolve

VIEW_CONTROLS = ("level", "overlay", "edges", "flow")
BESIDE_CONTROLS = ("level", "flow", "fade")
NETWORKS = 24  # that one lesson may name


def networks_of(step: Step) -> tuple[Network, ...]:
    """The networks that a step shows.

    Raises
    ------
    ValueError
        For a label that names none.
    """
    return tuple(map(network_of, step.networks))


def paths_of(step: Step) -> Collection[str]:
    """The boxes of a step's picture."""
    networks = networks_of(step)
    if len(networks) == 1:
        return resolve(networks[0])
    return frozenset(f"{i}/{path}" for i, network in enumerate(networks) for path in resolve(network))


def controls_of(step: Step) -> tuple[str, ...]:
    """The controls that a step may show."""
    if len(step.networks) > 1:
        return BESIDE_CONTROLS
    return (*VIEW_CONTROLS, *(name for name in limits(recipe_of(networks_of(step)[0])) if name != "input_size"))


def check(lesson: Lesson) -> Lesson:
    """The lesson, if everything that it names is there.

    Raises
    ------
    ValueError
        One sentence, with the place: "steps.2.selected: inception_v4.paper has no box 'x'; ...".
    """
    named = {label for step in lesson.steps for label in step.networks}
    for i, step in enumerate(lesson.steps):
        with _at(f"steps.{i}"):
            named.update(_labels(step))
    for i, text in enumerate(lesson.learnt):
        with _at(f"learnt.{i}"):
            named.update(label for formula in formulas(text) for label in labels_in(formula))
    if len(named) > NETWORKS:
        raise ValueError(f"steps: {len(named)} networks are named; a lesson may name {NETWORKS}")
    for i, step in enumerate(lesson.steps):
        _check(step, f"steps.{i}")
    for i, text in enumerate(lesson.learnt):
        with _at(f"learnt.{i}"):
            fill(text, networks_of(lesson.steps[-1])[0])
    return lesson


def _texts(step: Step) -> Iterator[tuple[str, str]]:
    """Everything with formulas in braces, and its place."""
    yield "prose", step.prose
    yield from ((f"notes.{i}.text", note.text) for i, note in enumerate(step.notes))
    if asked := step.question:
        yield from (("question.text", asked.text), ("question.explanation", asked.explanation))
        yield from ((f"question.choices.{i}", choice) for i, choice in enumerate(asked.choices))


def _labels(step: Step) -> Iterator[str]:
    for where, text in _texts(step):
        with _at(where):
            for formula in formulas(text):
                yield from labels_in(formula)
    if step.question and not step.question.choices:
        with _at("question.answer"):
            yield from labels_in(step.question.answer)


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Put the place before what is refused there."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check(step: Step, where: str) -> None:
    with _at(f"{where}.networks"):
        network, paths = networks_of(step)[0], paths_of(step)
    pointers = [("selected", step.selected), *((f"turned.{i}", path) for i, path in enumerate(step.turned))]
    pointers += [(f"notes.{i}.box", note.box) for i, note in enumerate(step.notes)]
    for name, text in _texts(step):
        pointers += [(name, path) for path in links(text)]
        with _at(f"{where}.{name}"):
            fill(text, network)
    for name, path in pointers:
        if (path or name.startswith(("notes", "turned"))) and path not in paths:
            raise ValueError(f"{where}.{name}: the picture has no box {path!r}; it has {', '.join(sorted(paths)[:3])}")
    for name in step.controls:
        if name not in (may := controls_of(step)):
            raise ValueError(f"{where}.controls: there is no control {name!r}; there are {', '.join(may)}")
    if (step.table == "knobs") > (len(step.networks) > 1) or (step.table == "ledger") > (len(step.networks) == 1):
        asked = "two networks or more" if step.table == "knobs" else "one network"
        raise ValueError(f"{where}.table: the table {step.table!r} needs {asked}, not {len(step.networks)}")
    if step.question:
        with _at(f"{where}.question"):
            right(step.question, network)


def right(question: Question, network: Network) -> str | float:
    """The right answer: one of the choices with its formulas calculated, or a number.

    Raises
    ------
    ValueError
        If the answer is none of the choices, two choices are alike, or there is one choice alone.
    """
    if not question.choices:
        return quantity(question.answer, network)
    choices, answer = [fill(choice, network) for choice in question.choices], fill(question.answer, network)
    if len(set(choices)) < len(choices) or len(choices) < 2:
        raise ValueError(f"two choices or more, all different, are needed, not {', '.join(map(repr, choices))}")
    if answer not in choices:
        raise ValueError(f"the answer {answer!r} is none of the choices {', '.join(map(repr, choices))}")
    return answer


def is_right(question: Question, network: Network, guess: str | float) -> bool:
    """Whether a prediction is the answer, or near enough to it.

    Examples
    --------
    >>> from irnet.models import network
    >>> is_right(Question("How many?", "channels stem", tolerance=0.1), network("inception_v4"), 400)
    True
    """
    answer = right(question, network)
    if isinstance(answer, str) or isinstance(guess, str):
        return answer == guess
    return abs(guess - answer) <= question.tolerance * abs(answer)
