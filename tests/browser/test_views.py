"""Every page in a real browser, each view opened once: its picture appears and it keeps to what every view keeps to."""

from __future__ import annotations

import pytest

from irnet.lessons import LESSONS
from irnet.models import PRESETS
from tests.apps import LIVE, PAGES, SMALL, STRUCTURAL
from tests.browser.conftest import Viewer
from tests.browser.views import FITS, SHADOWS, STOPS, TALL, cut_off, faults

MODEL = "inception_resnet_v1.paper"


def sized(preset: str = MODEL) -> str:
    """The part of an address that gives a network the smallest input that tests use."""
    return f"model={preset}&{preset}.input_height={SMALL}&{preset}.input_width={SMALL}"


SMALLER = sized()
ILLEGAL = (
    "edit?model=inception_v4.paper&inception_v4.paper.edits=a%3D6,+reduction_a.0.b1.kernel%3D4&box=reduction_a.0.b1"
)
DRAWN, CELLS, BARS = (
    ".frame[data-drawn] .sheet svg",
    ".small-table td, [data-testid=stTable] td",
    ".js-plotly-plot .bars .point",
)
GRID, HEAT = "[data-testid=stDataFrame] canvas", ".js-plotly-plot .heatmaplayer image"
LINES = ".js-plotly-plot .scatterlayer .trace"
Picture = tuple[str, int]  # a selector, and how many of that there are at least
VIEWS: dict[str, Picture] = {  # every page, and where one has a second face
    "": (DRAWN, 3),
    f"network?model={MODEL}&box=block_b&level=branches&overlay=MACs&edges=channels": (DRAWN, 1),
    ILLEGAL: (DRAWN, 1),
    "compare?place=0/stem": (DRAWN, 1),
    f"provenance?model={MODEL}": (CELLS, 80),
    "errata?erratum=E4": (f"{DRAWN} g.chosen", 1),
    "figures?figure=table.networks&figure.about=Snippets": (CELLS, 20),
    f"cost?{SMALLER}": (GRID, 1),
    f"activations?{SMALLER}": (LINES, 2),
    f"block?{SMALLER}&block=block_b.1&step=scale": (HEAT, 1),
    f"maps?{SMALLER}&box=block_a.1.body": (HEAT, 1),
    f"field?{SMALLER}&box=block_a.1": (".js-plotly-plot .imagelayer image", 1),
    "race?race=race-1&new=true": (LINES, 2),
    "death?death=death-1&new=true": (HEAT, 1),
    "learn": ("h2", len(LESSONS)),
    "learn?lesson=tour&step=6": (DRAWN, 1),
    "lineage?step=inception_resnet_v1": (DRAWN, 2),
    "labs": (DRAWN, 3),
    "open": ("h1", 1),
    "lesson_editor?lesson=tour": ("h1", 1),
}
MORE: dict[str, Picture] = {
    "compare?compare=What+differs": (CELLS, 40),
    "edit?edit=Export&source=true": (DRAWN, 1),
    "edit?edit=Import": (DRAWN, 1),
    "network?box=block_b.0.project": (DRAWN, 1),
    "compare?with=inception_resnet_v2.tf_slim&with=inception_v4.paper&down=branches&fade=true": (DRAWN, 1),
    f"compare?{SMALLER}&compare=Counts": (BARS, 14),
    "compare?compare=Counts&unit=activation+bytes": (BARS, 14),
    "provenance?provenance=Numbered+deviations": (CELLS, 8),
    "provenance?provenance=Ledger+of+numbers": (CELLS, 8),
    "errata?erratum=E7": (CELLS, 4),
    "figures?figure=figure_17": (DRAWN, 0),
    "figures?figure=table.changes.v2_paper_and_released": (CELLS, 8),
    **{f"figures?figure=table.{name}": (GRID, 1) for name in (MODEL, "counts.cost_v4_and_v2")},
    f"cost?{SMALLER}&cost=Stages": (BARS, 7),
    f"cost?{SMALLER}&cost=Tree": (".js-plotly-plot .iciclelayer .slice", 8),
    f"cost?{SMALLER}&cost=Why+they+differ": (GRID, 1),
    f"activations?{SMALLER}&plot=Five+scales": (LINES, 1),
    **{f"activations?{SMALLER}&plot={tab}": (GRID, 1) for tab in ("Batch+norm+on+the+sums", "All+numbers")},
    f"maps?{SMALLER}": (".strip button img", 26),
    f"maps?{SMALLER}&box=block_b.2&channels=true": (HEAT, 1),
    f"field?{SMALLER}&field=Field+against+depth": (LINES, 1),
    f"field?{SMALLER}&field=Choose+in+the+diagram": (f"{DRAWN} g.chosen", 1),
    "death?death=death-1&death.tab=One+cell": (LINES, 2),
    "lineage?lineage=Accuracy+against+work": (LINES, 3),
    "lineage?lineage=Training+curves": (LINES, 12),
    "labs?lab=Reduce+the+grid": (DRAWN, 3),
    "labs?lab=Three+sizes": (".js-plotly-plot .imagelayer image", 3),
    "labs?lab=Label+smoothing": (LINES, 4),
    "labs?lab=RMSProp": (LINES, 5),
    "labs?lab=Auxiliary+heads": (LINES, 2),
    "learn?lesson=tour&step=4&present=true": (DRAWN, 1),
    **{
        f"learn?lesson={one.id}&step={i + 1}": ("h1", 1)
        for one in LESSONS
        for i, step in enumerate(one.steps)
        if step.table or not i
    },
    **{
        f"{name}?{sized(preset) if name in LIVE else f'model={preset}'}": ("h1", 1)
        for name in (*STRUCTURAL[1:], *LIVE)
        for preset in PRESETS
    },
}


def views(viewer: Viewer, address: str, picture: Picture) -> None:
    viewer.page.set_viewport_size({"width": 1440, "height": TALL})
    page = viewer.open(address)
    page.wait_for_function(f"() => {_count(picture[0])} >= {picture[1]}")
    viewer.settle()
    told = [trouble for trouble in viewer.troubles() if address != ILLEGAL or "branches end on" not in trouble]
    assert [*faults(page), *told] == []
    assert not viewer.errors


def _count(selector: str) -> str:
    """JavaScript that counts the elements on the page and inside its components."""
    return f"[document, ...{SHADOWS}].reduce((n, root) => n + root.querySelectorAll({selector!r}).length, 0)"


RESULTS = {
    **dict.fromkeys(("network", "edit", "compare", "figures", "labs", "lineage"), ".frame[data-drawn]"),
    **{f"{name}?{SMALLER}": ".js-plotly-plot .main-svg" for name in ("maps", "field", "activations")},
}


@pytest.mark.parametrize("address", RESULTS)
def test_the_result_is_in_the_first_screen_on_a_desktop_and_on_a_phone(viewer: Viewer, address: str) -> None:
    page = viewer.open(address)
    result = page.locator(RESULTS[address]).first
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        result.wait_for()
        viewer.settle()
        page.wait_for_function(FITS, arg=width)
        box = result.bounding_box()
        assert box is not None
        assert box["y"] < 0.75 * height


def test_every_page_is_visited() -> None:
    assert {address.partition("?")[0] or "overview" for address in VIEWS} == set(PAGES)


@pytest.mark.parametrize("address", VIEWS)
def test_a_view_shows_its_picture_and_keeps_to_the_rules(viewer: Viewer, address: str) -> None:
    views(viewer, address, VIEWS[address])


@pytest.mark.soak
@pytest.mark.parametrize("address", MORE)
def test_every_other_view_does(viewer: Viewer, address: str) -> None:
    views(viewer, address, MORE[address])


def test_what_is_cut_and_what_hides_its_focus_is_found(viewer: Viewer) -> None:
    """The same measures, on a page where something is wrong."""
    page = viewer.open("errata")
    page.evaluate("""() => {
      const place = document.querySelector('[data-testid=stMain]').appendChild(document.createElement('div'));
      place.innerHTML = '<div style="width: 60px; overflow: hidden; white-space: nowrap">18,511,619,264</div>'
        + '<button id="dark" style="outline: none; box-shadow: none">x</button>';
      const pen = place.appendChild(document.createElement('canvas')).getContext('2d');
      pen.save(); pen.beginPath(); pen.rect(0, 0, 30, 20); pen.clip(); pen.fillText('9,650,176', 5, 10); pen.restore();
    }""")
    assert cut_off(page) == ["drawn: 9,650,176 at 10", "written: 18,511,619,264"]
    page.keyboard.press("Tab")
    assert [found[:17] for found in page.evaluate(STOPS)] == ['<button id="dark"']
