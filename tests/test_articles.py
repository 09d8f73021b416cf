"""Where the articles are answered: every address of docs/articles.md is one that opens."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.bar import VIEWS
from irnet.diagrams.factory import ids_with
from irnet.lessons import lesson_named
from irnet.models import network
from irnet.models.errata import ERRATA
from irnet.provenance.lineage import step_named
from irnet.tree import resolve
from tests.apps import ROOT, opened, troubles

TEXT = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
LINKS = tuple(dict.fromkeys(re.findall(r"\]\((/[^)]*)\)", TEXT)))


def parts(link: str) -> tuple[str, dict[str, str]]:
    """Page and parameters of an address."""
    found = urlsplit(link)
    return found.path.strip("/") or "overview", dict(parse_qsl(found.query, strict_parsing=bool(found.query)))


HERE = [link for link in LINKS if parts(link)[0] in VIEWS]


def test_every_address_is_a_page_and_nothing_is_to_come() -> None:
    assert len(HERE) > 40
    assert list(LINKS) == HERE
    assert "to come" not in TEXT


@pytest.mark.parametrize("link", HERE)
def test_what_an_address_names_is_there(link: str) -> None:
    _, asked = parts(link)
    for name in filter(None, (asked.get("model"), asked.get("with"))):
        assert network(name)
    if "box" in asked:
        assert asked["box"] in resolve(network(asked["model"]))
    if "lesson" in asked:
        assert 1 <= int(asked.get("step", "1")) <= len(lesson_named(asked["lesson"]).steps)
    assert asked.get("erratum", "E1") in ERRATA
    assert asked.get("figure", "figure_3") in ids_with("")
    if link.startswith("/lineage"):
        assert step_named(asked.get("step", "googlenet"))
    assert set(asked) <= {"model", "with", "box", "lesson", "step", "erratum", "figure", "lab", "lineage"}


@pytest.mark.parametrize("link", [link for link in HERE if link.startswith(("/lineage", "/labs"))])
def test_tabs_and_steps_are_there(link: str) -> None:
    page, asked = parts(link)
    assert not troubles(opened(page, **asked))


@pytest.mark.parametrize("page", sorted({parts(link)[0] for link in HERE if "?" in link}))
def test_a_page_opens_at_the_first_of_its_addresses(page: str) -> None:
    _, asked = next(found for found in map(parts, HERE) if found[0] == page and found[1])
    assert not troubles(opened(page, **asked))
