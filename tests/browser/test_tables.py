"""No table loses a digit: not on a wide screen, not on a phone, and not on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from irnet.lessons import LESSONS
from irnet.lessons.check import networks_of
from irnet.provenance.ledger import ledger
from irnet.units import exact
from tests.apps import SMALL
from tests.browser.conftest import PATIENCE, Viewer
from tests.browser.cut import RECORD, cut_off

MODEL = "inception_resnet_v1.paper"
SMALLER = f"model={MODEL}&{MODEL}.input_height={SMALL}&{MODEL}.input_width={SMALL}"
WIDE, NARROW, PAPER = 1440, 390, 680  # pixels; an A4 page between its margins
TABLES = "[data-testid=stDataFrame] canvas, .small-table td, [data-testid=stTable] td"
LESSON = next(lesson for lesson in LESSONS if any(step.table == "ledger" for step in lesson.steps))
ADDRESSES = [
    "",
    *(f"learn?lesson={one.id}&step={i + 1}" for one in LESSONS for i, step in enumerate(one.steps) if step.table),
    "compare?compare=What+differs",
    "compare?compare=Counts&unit=activation+bytes",
    *("provenance", "provenance?provenance=Numbered+deviations", "provenance?provenance=Ledger+of+numbers"),
    *("errata", "errata?erratum=E7"),
    *(f"cost?{SMALLER}{tab}" for tab in ("", "&cost=Stages", "&cost=Tree", "&cost=Why+they+differ")),
    f"activations?{SMALLER}",
    *(f"activations?{SMALLER}&plot={tab}" for tab in ("Five+scales", "Batch+norm+on+the+sums", "All+numbers")),
    *(f"block?{SMALLER}", f"maps?{SMALLER}&box=block_b.2&channels=true", f"field?{SMALLER}&box=block_a.1"),
    *("race?race=race-1", "network?box=block_b.0.project"),
    *(f"figures?figure=table.{name}" for name in (MODEL, "changes.v2_paper_and_released", "counts.cost_v4_and_v2")),
]


def sized(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 2400})  # tall, because what is out of sight is not drawn


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_table_loses_a_digit(viewer: Viewer, address: str) -> None:
    viewer.page.add_init_script(RECORD)
    sized(viewer.page, WIDE)
    page = viewer.open(address)
    page.locator(TABLES).first.wait_for(state="attached", timeout=2 * PATIENCE)
    for width in (WIDE, NARROW):
        sized(page, width)
        viewer.settle()
        page.wait_for_timeout(500)  # the columns of a table that was resized are drawn in a moment
        assert cut_off(page) == [], f"{width} pixels wide"


def test_what_is_cut_is_found(viewer: Viewer) -> None:
    """The same measure, on a page where something is cut."""
    viewer.page.add_init_script(RECORD)
    page = viewer.open("network?box=block_b.0.project")
    page.evaluate("""() => {
      const place = document.querySelector('[data-testid=stMain]').appendChild(document.createElement('div'));
      place.innerHTML = '<div style="width: 60px; overflow: hidden; white-space: nowrap">18,511,619,264</div>';
      const pen = place.appendChild(document.createElement('canvas')).getContext('2d');
      pen.save(); pen.beginPath(); pen.rect(0, 0, 30, 20); pen.clip(); pen.fillText('9,650,176', 5, 10); pen.restore();
    }""")
    assert cut_off(page) == ["drawn: 9,650,176 at 10", "written: 18,511,619,264"]


def test_the_numbers_of_a_lesson_are_whole_from_the_first_page_on(viewer: Viewer) -> None:
    viewer.page.add_init_script(RECORD)
    sized(viewer.page, WIDE)
    page = viewer.walk("Structure", "Cost")
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_role("link", name=f"Lesson: {LESSON.title}").click()
    at = next(i for i, step in enumerate(LESSON.steps) if step.table == "ledger")
    for i in range(at):
        expect(page.get_by_text(f"Step {i + 1} of {len(LESSON.steps)}")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name=re.compile("Next")).click()
    expect(page.get_by_role("heading", level=2)).to_have_text(LESSON.steps[at].title, timeout=PATIENCE)
    viewer.settle()
    amounts = [term.amount * term.torch for term in ledger(networks_of(LESSON.steps[at])[0]) if term.torch]
    for amount in amounts:
        cell = page.get_by_role("cell", name=exact(amount), exact=True).first
        cell.scroll_into_view_if_needed()
        box = cell.bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= WIDE
    assert cut_off(page) == []


@pytest.mark.parametrize("lesson", [one.id for one in LESSONS if any(step.table for step in one.steps)])
def test_a_handout_has_every_column_of_its_tables(viewer: Viewer, lesson: str) -> None:
    page = viewer.open(f"learn?lesson={lesson}&all=true")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 960})
    page.locator(".small-table td").first.wait_for(timeout=PATIENCE)
    viewer.settle()
    ends: list[float] = page.evaluate(
        "() => [...document.querySelectorAll('.small-table td')].map(cell => cell.getBoundingClientRect().right)"
    )
    assert len(ends) > 10
    assert max(ends) <= PAPER
    expect(page.locator("[data-testid=stDataFrame]")).to_have_count(0)
