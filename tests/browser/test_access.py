"""axe-core finds nothing that is ours on any page, light or dark; no page needs a sideways scroll, however small."""

from __future__ import annotations

import pytest

from tests.apps import PAGES, SMALL
from tests.browser.axe import violations
from tests.browser.conftest import Viewer

MODEL = "inception_resnet_v1.paper"
SMALLER = f"model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}"
ILLEGAL = (
    "edit?model=inception_v4.paper&inception_v4.paper.edits=a%3D6,+reduction_a.0.b1.kernel%3D4&box=reduction_a.0.b1"
)
VIEWS = [  # where a page has more than what it opens with
    "",
    f"network?model={MODEL}&box=block_b&level=branches",
    ILLEGAL,
    "edit?edit=Take+away&source=true",
    "edit?edit=Load",
    "compare?place=0/stem",
    "compare?compare=What+differs",
    "provenance?provenance=Numbered+deviations",
    "provenance?provenance=Ledger+of+numbers",
    "errata?erratum=E4",
    "figures?figure=figure_17",
    "figures?figure=table.networks&figure.about=Snippets",
    f"activations?{SMALLER}&plot=Five+scales",
    f"block?{SMALLER}&block=block_b.1&step=scale",
    f"maps?{SMALLER}&box=block_a.1.body",
    f"field?{SMALLER}&box=block_a.1",
    f"field?{SMALLER}&field=Field+against+depth",
    "race?race=race-1&new=true",
    "death?death=death-1&new=true",
    "death?death=death-1&death.tab=One+cell",
]
# Every page is here, also one that has just been made.
ADDRESSES = [*(f"{name}?{SMALLER}" for name in PAGES if name != "overview"), *VIEWS]
FITS = "(width) => document.querySelector('[data-testid=stMain]').scrollWidth <= width"
SMALLEST = [(390, 844), (720, 450)]  # CSS pixels: a phone, and a laptop at 200 %


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_in_either_theme(viewer: Viewer, address: str) -> None:
    assert violations(viewer.open(address)) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_small_window_shows_a_page_without_sideways_scroll(viewer: Viewer, address: str) -> None:
    page = viewer.open(address)
    for width, height in SMALLEST:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(FITS, arg=width)  # a chart needs a moment to follow
    assert [trouble for trouble in viewer.troubles() if address != ILLEGAL or "branches end on" not in trouble] == []
