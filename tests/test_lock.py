"""`requirements.lock` is what `requirements.txt` asks for, every file by its hash, and README says what each is for."""

from __future__ import annotations

import re
import tomllib
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


def _needed_by() -> dict[str, set[str]]:
    """Every locked package to what it is there for, as the lock notes it: packages, or `-r requirements.txt`."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if pinned := re.match(r"([\w.-]+)==", line):
            name = canonicalize_name(pinned[1])
            found[name] = set()
        elif name and (why := re.match(r"\s+#(?: via)?\s*(.*)", line)) and why[1]:
            found[name].add(why[1])
    return found


def test_the_lock_was_made_for_just_what_is_asked_for() -> None:
    """Also when a package was taken out of the requirements since."""
    for_the_app = {name for name, reasons in _needed_by().items() if "-r requirements.txt" in reasons}
    assert for_the_app == {canonicalize_name(one.name) for one in ASKED}


def test_nothing_is_locked_that_nobody_needs() -> None:
    found = _needed_by()
    assert {name: reasons for name, reasons in found.items() if not reasons} == {}
    others = {reason for reasons in found.values() for reason in reasons} - {"-r requirements.txt"}
    assert {canonicalize_name(other) for other in others} <= set(found)


README = (ROOT / "README.md").read_text(encoding="utf-8")
REASONS = README.partition("## What each dependency is for")[2].partition("\n## ")[0]
TABLE = {
    name.strip() for row in re.findall(r"^\| ([^|]+) \| [^|]+ \|$", REASONS, re.MULTILINE) for name in row.split(",")
}
TABLE -= {"Package", "---"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
DEVELOPMENT = [Requirement(line) for line in _lines("requirements-dev.txt") if not line.startswith("-r")]


def test_readme_has_the_reason_for_every_package_of_the_app_and_for_no_other() -> None:
    assert {one.name for one in ASKED} == TABLE


@pytest.mark.parametrize(("extra", "asked"), EXTRAS.items(), ids=EXTRAS)
def test_readme_has_the_reason_for_every_extra(extra: str, asked: list[str]) -> None:
    optional = REASONS.partition("Optional:")[2].partition("\n\n")[0]
    assert f"[{extra}]" in optional
    assert [one.name for one in map(Requirement, asked) if f"({one.name})" not in optional] == []


@pytest.mark.parametrize("asked", DEVELOPMENT, ids=str)
def test_readme_names_every_package_for_development(asked: Requirement) -> None:
    words = re.findall(r"[\w-]+", REASONS.partition("Optional:")[2])
    assert asked.name in words
