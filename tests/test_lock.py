"""`requirements.lock` is what `requirements.txt` asks for, every file by its hash."""

from __future__ import annotations

import re
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.apps import ROOT


def _lines(name: str) -> list[str]:
    """What a file of requirements asks for, one line each, without comments."""
    joined = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _meant_here(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


LOCKED = [Requirement(line.split("--hash")[0]) for line in _lines("requirements.lock")]
VERSIONS = {canonicalize_name(one.name): next(iter(one.specifier)).version for one in LOCKED if _meant_here(one)}
ASKED = [Requirement(line) for line in _lines("requirements.txt")]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_lock_has_a_version_that_is_asked_for(asked: Requirement) -> None:
    assert asked.specifier.contains(VERSIONS[canonicalize_name(asked.name)], prereleases=True)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_lock_has_what_a_package_needs_in_turn(asked: Requirement) -> None:
    needs = [need for need in map(Requirement, requires(asked.name) or ()) if _meant_here(need)]
    wrong = [n for n in needs if not n.specifier.contains(VERSIONS.get(canonicalize_name(n.name), "0"), True)]
    assert wrong == []


@pytest.mark.parametrize("line", _lines("requirements.lock"), ids=lambda line: line.split(" ")[0])
def test_every_package_is_pinned_and_hashed(line: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.!+]+\s(\s*;[^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", line)


def test_the_lock_names_no_place_that_packages_come_from() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)
