"""axe-core finds nothing that is ours on any page, light or dark; the phone's page has no sideways scroll."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.apps import SMALL
from tests.browser.conftest import Viewer

MODEL = "inception_resnet_v1.paper"
SMALLER = f"model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}"
THEIRS = "stFileUploaderDropzone"  # Streamlit gives its drop zone a role and a label that contradict each other
ILLEGAL = (
    "edit?model=inception_v4.paper&inception_v4.paper.edits=a%3D6,+reduction_a.0.b1.kernel%3D4&box=reduction_a.0.b1"
)
PAGES = [
    "",
    f"network?model={MODEL}&box=block_b&level=branches",
    ILLEGAL,
    "edit?edit=Take+away&source=true",
    "edit?edit=Load",
    "compare",
    "provenance",
    "provenance?provenance=Numbered+deviations",
    "provenance?provenance=Ledger+of+numbers",
    "errata?erratum=E4",
    "figures?figure=figure_17",
    "figures?figure=table.networks&figure.about=Snippets",
    f"cost?{SMALLER}",
    f"activations?{SMALLER}",
    f"block?{SMALLER}&block=block_b.1&step=scale",
    f"maps?{SMALLER}&box=block_a.1.body",
    f"field?{SMALLER}&box=block_a.1",
    f"field?{SMALLER}&field=Field+against+depth",
    "race?race=race-1&new=true",
    "death?death=death-1&new=true",
    "death?death=death-1&death.tab=One+cell",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(viewer: Viewer, address: str, scheme: Literal["light", "dark"]) -> None:
    viewer.page.emulate_media(color_scheme=scheme)
    page = viewer.open(address)
    page.wait_for_timeout(500)
    found = Axe().run(page).response["violations"]
    ours = [(rule["id"], [n["html"][:160] for n in rule["nodes"] if THEIRS not in n["html"]][:4]) for rule in found]
    assert [(rule, nodes) for rule, nodes in ours if nodes] == []


@pytest.mark.parametrize("address", PAGES)
def test_a_phone_shows_a_page_without_sideways_scroll(viewer: Viewer, address: str) -> None:
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    page = viewer.open(address)
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    assert [trouble for trouble in viewer.troubles() if address != ILLEGAL or "branches end on" not in trouble] == []
