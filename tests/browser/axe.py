"""What axe-core finds on a page and is ours."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Rule -> what is in the markup of Streamlit's own elements that break it, each with the reason.
THEIRS = {
    # The drop zone around every upload has the role "presentation" and a label: one contradicts the other.
    "presentation-role-conflict": "stFileUploaderDropzone",
}


def violations(page: Page) -> list[tuple[str, str, list[str]]]:
    """Theme, rule and markup of what is wrong on the page in either theme."""
    found: list[tuple[str, str, list[str]]] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(500)  # colours fade into each other
        rules = {rule["id"]: _ours(rule) for rule in Axe().run(page).response["violations"]}
        found += [(scheme, rule, nodes[:4]) for rule, nodes in rules.items() if nodes]
    return found


def _ours(rule: dict[str, Any]) -> list[str]:
    theirs = THEIRS.get(rule["id"])
    return [node["html"][:160] for node in rule["nodes"] if not theirs or theirs not in node["html"]]
