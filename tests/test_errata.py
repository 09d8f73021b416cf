"""Errata as data: all there, and each where it belongs."""

from __future__ import annotations

import re

import pytest

from irnet.models import PRESETS, network
from irnet.models.errata import ERRATA, errata
from irnet.provenance.sources import errata_of
from irnet.spec import Network, Source

PAPER = [name for name in PRESETS if name.endswith(".paper")]
RESULTS = {"E12", "E13", "E16"}  # about the figures and tables of the results, which no network carries
FIGURES = re.compile(r"Figs?\. (\d+(?:(?:, | and )\d+)*)")


def figures(text: str) -> set[str]:
    """The numbers in "Figs. 4, 5 and 6"."""
    return {number for found in FIGURES.findall(text) for number in re.findall(r"\d+", found)}


def parts(spec: Network) -> dict[str, Source]:
    """Everything of a network that has a source."""
    return {stage.name: stage.source for stage in spec.stages} | {"head": spec.head.source, "network": spec.source}


SOURCES = [(name, part, source) for name in PRESETS for part, source in parts(network(name)).items()]
ATTACHED = [(name, part, erratum.id) for name, part, source in SOURCES for erratum in source.errata]
EVERY = {f"{name} {part}": source for name, part, source in SOURCES}
DRAWN = {label: source for label, source in EVERY.items() if label.split()[0] in PAPER}
STAGES = {label: source for label, source in DRAWN.items() if label.split()[1] != "network"}


def test_there_are_eighteen() -> None:
    assert list(ERRATA) == [f"E{i}" for i in range(1, 19)]


@pytest.mark.parametrize("number", ERRATA)
@pytest.mark.parametrize("field", ["where", "printed", "used", "why", "certainty"])
def test_every_erratum_is_told_in_full(number: str, field: str) -> None:
    assert len(getattr(ERRATA[number], field).strip()) > 5


@pytest.mark.parametrize("number", sorted(set(ERRATA) - RESULTS))
def test_every_erratum_about_a_network_is_attached_to_one(number: str) -> None:
    assert number in {found for _, _, found in ATTACHED}


@pytest.mark.parametrize("number", [number for number, erratum in ERRATA.items() if erratum.concerns == "stage"])
def test_every_erratum_about_a_stage_is_attached_to_a_stage(number: str) -> None:
    assert {part for _, part, found in ATTACHED if found == number} - {"network", "head"}


def test_all_errata_can_be_listed_also_those_about_results() -> None:
    assert [found["id"] for found in errata_of()] == list(ERRATA)


@pytest.mark.parametrize("name", PRESETS)
def test_the_errata_of_a_network_name_every_part_that_carries_them(name: str) -> None:
    listed = {found["id"]: found["stages"] for found in errata_of(network(name))}
    here = [(number, part) for net, part, number in ATTACHED if net == name]
    assert listed == {number: [part for other, part in here if other == number] for number, _ in here}


@pytest.mark.parametrize("source", DRAWN.values(), ids=DRAWN)
def test_an_erratum_hangs_on_the_figure_that_it_is_about(source: Source) -> None:
    about = {erratum.id: figures(erratum.where) for erratum in source.errata if figures(erratum.where)}
    assert {number for number, drawn in about.items() if not drawn & figures(source.ref)} == set()


@pytest.mark.parametrize("source", STAGES.values(), ids=STAGES)
def test_a_drawn_stage_carries_every_erratum_of_its_figure(source: Source) -> None:
    drawn = figures(source.ref)
    due = {
        number for number, erratum in ERRATA.items() if erratum.concerns == "stage" and drawn & figures(erratum.where)
    }
    assert due <= {erratum.id for erratum in source.errata}


@pytest.mark.parametrize("name", PAPER)
def test_the_head_of_a_drawn_network_carries_what_is_said_of_dropout_and_softmax(name: str) -> None:
    assert network(name).head.source.errata == errata("E10", "E11")


@pytest.mark.parametrize("source", EVERY.values(), ids=EVERY)
def test_every_part_says_where_it_comes_from(source: Source) -> None:
    assert re.search(r"Fig\. \d+|\.py", source.ref), source.ref


def test_an_unknown_erratum_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^no erratum is called 'E19'; they are E1, E2, .*, E18$"):
        errata("E1", "E19")
