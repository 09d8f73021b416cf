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


def test_there_are_eighteen_each_told_in_full() -> None:
    assert list(ERRATA) == [f"E{i}" for i in range(1, 19)] == [found["id"] for found in errata_of()]
    fields = ("where", "printed", "used", "why", "certainty")
    assert [(id_, f) for id_, one in ERRATA.items() for f in fields if len(getattr(one, f).strip()) <= 5] == []


def test_every_erratum_about_a_network_or_a_stage_is_attached_to_one() -> None:
    assert {number for _, _, number in ATTACHED} == set(ERRATA) - RESULTS
    of_stages = {number for _, part, number in ATTACHED if part not in ("network", "head")}
    assert [number for number, one in ERRATA.items() if one.concerns == "stage" and number not in of_stages] == []


@pytest.mark.parametrize("name", PRESETS)
def test_the_errata_of_a_network_name_every_part_that_carries_them(name: str) -> None:
    listed = {found["id"]: found["stages"] for found in errata_of(network(name))}
    here = [(number, part) for net, part, number in ATTACHED if net == name]
    assert listed == {number: [part for other, part in here if other == number] for number, _ in here}


def test_an_erratum_hangs_on_the_figure_that_it_is_about_and_on_every_stage_of_it() -> None:
    """The heads carry what is said of dropout and softmax; every part says where it comes from."""
    stages = {number: figures(one.where) for number, one in ERRATA.items() if one.concerns == "stage"}
    for name, part, source in SOURCES:
        assert re.search(r"Fig\. \d+|\.py", source.ref), (name, part)
        if name in PAPER:
            drawn, carried = figures(source.ref), {erratum.id: figures(erratum.where) for erratum in source.errata}
            assert [number for number, about in carried.items() if about and not about & drawn] == [], (name, part)
            due = {number for number, about in stages.items() if part != "network" and about & drawn}
            assert due <= set(carried), (name, part)
            assert part != "head" or source.errata == errata("E10", "E11")


def test_an_unknown_erratum_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^no erratum is called 'E19'; they are E1, E2, .*, E18$"):
        errata("E1", "E19")
