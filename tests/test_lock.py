"""`requirements.lock` is what `requirements.txt` asks for, every file by its hash, and README says what each is for."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires

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


def test_the_lock_has_what_is_asked_for_and_what_that_needs_in_turn() -> None:
    needs = [need for one in ASKED for need in map(Requirement, requires(one.name) or ()) if _meant_here(need)]
    wrong = [
        n for n in (*ASKED, *needs) if not n.specifier.contains(VERSIONS.get(canonicalize_name(n.name), "0"), True)
    ]
    assert len(needs) > len(ASKED)
    assert wrong == []


PINNED = re.compile(r"[\w.-]+==[\w.!+]+\s(\s*;[^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")


def test_every_package_is_pinned_and_hashed_and_from_no_named_place() -> None:
    assert [line for line in _lines("requirements.lock") if not PINNED.fullmatch(line)] == []
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


def test_the_lock_was_made_for_just_what_is_asked_for_and_holds_nothing_that_nobody_needs() -> None:
    """Also when a package was taken out of the requirements since."""
    found = _needed_by()
    for_the_app = {name for name, reasons in found.items() if "-r requirements.txt" in reasons}
    assert for_the_app == {canonicalize_name(one.name) for one in ASKED}
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


def test_readme_has_the_reason_for_every_package_of_the_app_every_extra_and_every_package_for_development() -> None:
    assert {one.name for one in ASKED} == TABLE
    optional = REASONS.partition("Optional:")[2]
    words, extras = re.findall(r"[\w-]+", optional), optional.partition("\n\n")[0]
    assert [extra for extra in EXTRAS if f"[{extra}]" not in extras] == []
    asked = [Requirement(one).name for every in EXTRAS.values() for one in every]
    assert [name for name in asked if f"({name})" not in extras] == []
    assert [one.name for one in DEVELOPMENT if one.name not in words] == []
