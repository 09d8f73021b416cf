"""The README's pictures and words are those of the code."""

from __future__ import annotations

import re

from assets.make import FIGURES
from irnet.diagrams.factory import check
from irnet.models import PRESETS
from tests.apps import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_figure_is_stale() -> None:
    assert check(FIGURES, workers=1) == [], "run `make figures`"


def test_every_picture_and_link_within_the_project_leads_somewhere_and_every_network_is_named() -> None:
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', TEXT)
    assert pictures
    links = re.findall(r"\]\((?!http)([^)#]+)\)", TEXT)
    assert [name for name in (*pictures, *links) if not (ROOT / name).exists()] == []
    assert [name for name in PRESETS if f"`{name}`" not in TEXT] == []
