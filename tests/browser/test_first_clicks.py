"""First clicks of a reader who starts on the home page and only clicks: what they do, and that nothing else happens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect

from irnet.lessons import LESSONS
from irnet.models import title
from tests.browser.conftest import Viewer
from tests.browser.views import FOCUSED

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AT = f"(target) => {{ {FOCUSED} return now === target; }}"
STOPS = 150  # of the Tab key on one page, at most


@dataclass
class Reader:
    """Who starts on the home page, and clicks, or has no pointer: Tab and arrow keys look around, Enter counts."""

    viewer: Viewer
    by_keys: bool
    clicks: int = 0

    @property
    def page(self) -> Page:
        """What the reader sees."""
        return self.viewer.page

    def go(self, target: Locator) -> None:
        """Move the focus there, as Tab does."""
        expect(target).to_be_visible()
        for _ in range(STOPS):
            if target.evaluate(AT):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{STOPS} presses of Tab do not lead to {target}")

    def click(self, target: Locator) -> None:
        """Click once, or press Enter there."""
        self.clicks += 1
        if self.by_keys:
            self.go(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()

    def link(self, name: str, *, at: int = 0) -> None:
        """Follow a link."""
        self.click(self.page.get_by_role("link", name=name, exact=True).nth(at))
        expect(self.page.locator(".st-key-ways")).to_have_count(0)
        self.viewer.settle()


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("inception_resnet_v2.paper", ("block_a", "block_b")),
        pytest.param("inception_v4.paper", ("inception_a", "inception_b"), marks=pytest.mark.soak),
    ],
)
def test_a_double_click_opens_a_stage_and_edits_nothing(viewer: Viewer, name: str, paths: tuple[str, str]) -> None:
    page = viewer.walk("Explore", "Edit")
    if name != "inception_resnet_v2.paper":  # which is the first
        viewer.choose(name)
    for path in paths:
        page.locator(f".frame[data-drawn] g.node[id='{path}']").dblclick()
        expect(page.locator(f"g.cluster[id='{path}']")).to_be_visible()
        expect(page).to_have_url(re.compile(f"turned=[^&]*{path}"))
        viewer.settle()
        expect(page).not_to_have_url(re.compile("edits"))
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert not viewer.troubles()


def test_a_lesson_that_is_started_is_in_the_address_and_every_way_on_leads_through_it(fresh: Viewer) -> None:
    page = fresh.walk("Learn")

    def headed(title: str) -> None:  # the page before it may stand there for a moment still
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()

    page.get_by_role("button", name="Start: 11 steps").click()
    expect(page).to_have_url(re.compile(r"/learn\?lesson=tour$"))
    headed("A tour of the paper")
    fresh.settle()
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("step=2"))
    expect(page.get_by_text("Step 2 of 11")).to_be_visible()
    fresh.settle()
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 3 of 11")).to_be_visible()
    fresh.settle()
    page.reload()
    expect(page.get_by_text("Step 3 of 11")).to_be_visible()
    fresh.settle()
    page.get_by_role("button", name="Present").click()
    headed("Section 3.1: Inception-v4")
    fresh.settle()
    page.get_by_role("button", name="Leave").click()
    headed("A tour of the paper")
    fresh.settle()
    page.get_by_role("button", name="All lessons").click()
    headed("Learn")
    expect(page).to_have_url(re.compile(r"/learn$"))
    fresh.settle()
    page.reload()
    headed("Learn")
    page.go_back()
    expect(page.get_by_text("Step 3 of 11")).to_be_visible()
    assert not fresh.troubles()


def test_a_control_of_a_step_is_as_its_author_set_it_once_the_step_is_left_and_help_starts_anew(viewer: Viewer) -> None:
    page = viewer.open("learn?lesson=tour&step=3")
    page.get_by_role("button", name="Show the answer").click()  # until then, colours would show it
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="MACs").click()
    expect(page).to_have_url(re.compile("overlay=MACs"))
    viewer.settle()
    for act, step in (("Next", 4), ("Back", 3)):
        page.get_by_role("button", name=act).click()
        expect(page.get_by_text(f"Step {step} of 11")).to_be_visible()
        viewer.settle()
        expect(page).not_to_have_url(re.compile("overlay"))
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_test_id("stPopoverBody").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/learn\?lesson=tour$"))
    expect(page.get_by_text("Step 1 of 11")).to_be_visible()
    assert not viewer.troubles()


@pytest.mark.parametrize("first", [pytest.param("", marks=pytest.mark.soak), "inception_v3.tf_slim"])
def test_a_link_shows_the_network_that_it_names(viewer: Viewer, first: str) -> None:
    page = viewer.walk("Explore")
    if first:
        viewer.choose(first)
    viewer.turn("Home")
    for number, name in enumerate(("inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper")):
        page.get_by_role("link", name="Open", exact=True).nth(number).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title(name))
        viewer.settle()
        assert page.url.count("model=") <= 1
        viewer.turn("Home")
    assert not viewer.troubles()


def test_a_lesson_leads_to_what_it_shows_whatever_was_changed_before(fresh: Viewer) -> None:
    page = fresh.walk("Explore")
    fresh.choose("inception_v4.paper")
    fresh.panel()
    page.get_by_role("slider", name="Inception-A blocks").press("ArrowRight")
    expect(page).to_have_url(re.compile("inception_v4.paper.a=5"))
    fresh.settle()
    fresh.panel()
    fresh.turn("Learn")
    page.get_by_role("button", name="Start: 3 steps").first.click()
    expect(page.get_by_text("Step 1 of 3")).to_be_visible()
    fresh.settle()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Step 2 of 3")).to_be_visible()
    fresh.settle()
    steps = page.evaluate("history.length")
    page.get_by_role("link", name="Open in Network").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inception-v4 (paper)")
    fresh.settle()
    expect(page.get_by_text("with changes")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Colour by")).to_have_value("MACs")
    expect(page.locator("g.chosen")).to_have_id("inception_a.0.b2")
    assert page.evaluate("history.length") == steps + 1
    assert not fresh.troubles()


def test_each_choice_of_the_model_is_a_step_of_the_history(fresh: Viewer) -> None:
    page = fresh.walk("Explore")
    heading, blocks = page.get_by_role("heading", level=1), page.get_by_role("slider", name="Inception-ResNet-A blocks")
    first = page.evaluate("history.length")
    fresh.choose("inception_v4.paper")
    fresh.choose("inception_resnet_v1.paper")
    fresh.panel()
    blocks.press("ArrowRight")
    expect(page).to_have_url(re.compile("inception_resnet_v1.paper.a=6"))
    fresh.settle()
    assert page.evaluate("history.length") == first + 3
    drag(page, blocks, 60)
    expect(page).not_to_have_url(re.compile("inception_resnet_v1.paper.a=6"))
    fresh.settle()
    fresh.panel()
    assert page.evaluate("history.length") == first + 4
    for name, changed in (
        ("inception_resnet_v1.paper", True),
        ("inception_resnet_v1.paper", False),
        ("inception_v4.paper", False),
        ("inception_resnet_v2.paper", False),
    ):
        page.go_back()
        expect(heading).to_have_text(title(name))
        fresh.settle()
        expect(page.get_by_text("with changes: a=6")).to_have_count(int(changed))
        said = f"{title(name)} · 299 px{' · 1 change' if changed else ''}"
        expect(page.locator(".st-key-about").get_by_text(said, exact=True)).to_be_visible()
    page.go_forward()
    expect(heading).to_have_text("Inception-v4 (paper)")
    page.go_back()
    page.go_back()
    expect(heading).to_have_text("Inception-v4 and the Inception-ResNets")
    assert not fresh.troubles()


def thumb_of(slider: Locator) -> tuple[float, float]:
    """Where the thumb of a slider is, in sight."""
    thumb = slider.locator("xpath=ancestor::*[@data-testid='stSlider']").locator("[data-testid=stSliderThumbValue]")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] + 8


def drag(page: Page, slider: Locator, far: int) -> None:
    """Drag the thumb of a slider to the right, in thirty moves."""
    x, y = thumb_of(slider)
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(30):
        page.mouse.move(x + far * (i + 1) / 30, y)
    page.mouse.up()


def sees_the_1x7_and_its_scale(reader: Reader, _folder: Path) -> int:
    page = reader.page
    branch, slider = page.locator("g[id='block_b.0.body.b1']"), page.get_by_role("slider", name="Residual scale s")
    page.wait_for_selector(".frame[data-maps]")
    if reader.by_keys:
        reader.go(page.locator("g[id='block_b.0']"))  # which is chosen, the one stop of the canvas
        for key in ("ArrowDown", "ArrowRight"):
            page.keyboard.press(key)
        expect(branch).to_be_focused()
        page.keyboard.press("Enter")
        reader.clicks += 1
    else:
        reader.click(branch)
        reader.click(page.get_by_role("toolbar").first.get_by_role("button", name="Open", exact=True))
    conv = page.locator("g[id='block_b.0.body.b1.1']")
    expect(conv).to_be_visible()
    expect(conv).to_have_attribute("aria-label", re.compile("^1x7 convolution, 160 filters.*mean magnitude"))
    assert reader.clicks <= 2
    reader.viewer.settle()
    expect(slider).to_have_value("0.1")
    scaled = page.locator("g[id='block_b.0.scale']")
    before = str(scaled.get_attribute("aria-label"))
    if reader.by_keys:
        reader.go(slider)
        page.keyboard.press("ArrowRight")
    else:
        x, y = thumb_of(slider)
        page.mouse.click(x + 100, y)
    reader.clicks += 1
    expect(scaled).not_to_have_attribute("aria-label", before)
    return 3


def exports_v1_beside_v2_as_a_slide(reader: Reader, _folder: Path) -> int:
    reader.link("Compare v1 and v2")
    reader.click(reader.page.get_by_role("button", name="Download", exact=True))
    button = reader.page.get_by_role("button", name="Slide SVG")
    expect(button).to_be_visible()
    with reader.page.expect_download() as loading:
        reader.click(button)
    assert "slide" in loading.value.suggested_filename
    text = Path(loading.value.path()).read_text(encoding="utf-8")
    assert "inception_resnet_v1.paper" in text
    assert "inception_resnet_v2.paper" in text
    return 4


def finds_why_timm_says_13_18(reader: Reader, _folder: Path) -> int:
    reader.link("Explore")
    reader.link("Cost")
    row = reader.page.get_by_role("row").filter(has_text="timm").filter(has_text="13.18 G MACs")
    expect(row).to_contain_text("13.16 G MACs in convolutions and linear layers + 27.0 M batch norm")
    expect(row).to_be_in_viewport()
    return 2


def sees_a_photograph_of_its_own_inside_the_network(reader: Reader, folder: Path) -> int:
    page = reader.page
    Image.new("RGB", (200, 160), "tomato").save(folder / "mine.png")
    reader.link("Run a photograph through it", at=1)
    page.wait_for_selector(".frame[data-maps]")
    reader.viewer.settle()
    picture = page.locator("g[id='block_b'] image.magnitude").last
    before = str(picture.get_attribute("href"))
    with page.expect_file_chooser() as choosing:
        reader.click(page.get_by_test_id("stFileUploaderDropzone").locator("button"))
    choosing.value.set_files(folder / "mine.png")
    expect(picture).not_to_have_attribute("href", before)
    expect(page.get_by_text("mine.png").first).to_be_visible()
    return 3


def finishes_the_tour(reader: Reader, _folder: Path) -> int:
    page = reader.page
    reader.link("Take the tour of the paper")
    steps = len(next(lesson for lesson in LESSONS if lesson.id == "tour").steps)
    for step in range(2, steps + 1):
        reader.click(page.get_by_role("button", name="Next").filter(has_text="Next"))
        expect(page.get_by_text(f"Step {step} of {steps}", exact=True)).to_be_visible()
        reader.viewer.settle()
    expect(page.get_by_role("heading", name="What you have learnt")).to_be_visible()
    expect(page.get_by_role("heading", name="What next?")).to_be_visible()
    return steps


def watches_a_network_die_and_says_why(reader: Reader, _folder: Path) -> int:
    reader.link("Watch a network die")
    why = reader.page.get_by_text(re.compile(r"^At residual scale 1, .* put out 100.0 % zeros.*At scale 0.1 .* learnt"))
    expect(why).to_be_in_viewport()
    expect(reader.page.get_by_text("3 of 3 dead", exact=True)).to_be_visible()
    return 1


def factorises_a_window_of_its_own(reader: Reader, _folder: Path) -> int:
    page = reader.page
    reader.link("Learn")
    reader.link("Small labs")
    expect(page.get_by_text("two 3x3 have 18 (28.0 % fewer)")).to_be_in_viewport()
    reader.click(page.get_by_role("radio", name="3x3", exact=True))
    expect(page.get_by_text("3x3 has 9 weights, and 1x3 and 3x1 have 6 (33.3 % fewer); each sees 3x3")).to_be_visible()
    expect(page).to_have_url(re.compile(r"labs\?.*factorise\.window=3x3"))
    return 3


def follows_the_line_to_the_sum(reader: Reader, _folder: Path) -> int:
    page = reader.page
    reader.link("Follow the line from GoogLeNet")
    expect(page.get_by_role("heading", level=1)).to_have_text("From GoogLeNet to Inception-ResNet-v2")
    reader.viewer.settle()
    if reader.by_keys:
        reader.go(page.locator("g[id='googlenet']"))  # which is chosen, the one stop of the canvas
        for key in (*["ArrowDown"] * 3, "ArrowRight"):
            page.keyboard.press(key)
        expect(page.locator("g[id='inception_resnet_v1']")).to_be_focused()
        page.keyboard.press("Enter")
        reader.clicks += 1
    else:
        reader.click(page.locator("g[id='inception_resnet_v1']"))
    expect(
        page.get_by_role("heading", name="A block of Inception-ResNet-v1 beside that of Inception-v3")
    ).to_be_visible()
    expect(page.get_by_text("0.957 times its MACs")).to_be_visible()
    if reader.by_keys:
        reader.go(page.get_by_role("tab", name="Timeline"))  # the one stop of the tabs
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        reader.clicks += 1
    else:
        reader.click(page.get_by_role("tab", name="Accuracy against work"))
    expect(page.get_by_text("points better", exact=False).first).to_be_visible()
    return 3


def opens_somebodys_network_and_sees_what_differs(reader: Reader, _folder: Path) -> int:
    page = reader.page
    reader.link("Explore")
    reader.link("Open")
    reader.click(page.get_by_role("radio", name="A port of Inception-v4 with a slip", exact=True))
    expect(page.get_by_text("is nearest to Inception-v4 (TF-slim, timm): 1 difference")).to_be_visible()
    expect(page.locator("g[id='0/inception_c']")).to_have_attribute("aria-label", re.compile("differs|Inception-C"))
    expect(page.get_by_text("the average counts its padding").first).to_be_visible()
    reader.viewer.settle()
    reader.link("Network")
    expect(page.get_by_role("heading", level=1)).to_have_text("A_port_of_Inception-v4_with_a_slip")
    expect(page.locator("g[id='inception_c']")).to_be_visible()
    expect(page.get_by_role("button", name="Back to the presets")).to_be_visible()
    return 4


JOURNEYS = (
    sees_the_1x7_and_its_scale,
    exports_v1_beside_v2_as_a_slide,
    finds_why_timm_says_13_18,
    sees_a_photograph_of_its_own_inside_the_network,
    finishes_the_tour,
    watches_a_network_die_and_says_why,
    factorises_a_window_of_its_own,
    follows_the_line_to_the_sum,
    opens_somebodys_network_and_sees_what_differs,
)


@pytest.mark.parametrize(
    ("size", "by_keys"), [(WIDE, False), (PHONE, False), (WIDE, True)], ids=["1440", "390", "by keys"]
)
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_a_journey_from_home_takes_as_few_clicks_as_it_says(
    viewer: Viewer, journey: Callable[[Reader, Path], int], size: ViewportSize, by_keys: bool, tmp_path: Path
) -> None:
    viewer.page.set_viewport_size(size)
    viewer.open("")
    reader = Reader(viewer, by_keys)
    most = journey(reader, tmp_path)
    assert reader.clicks <= most
    assert not viewer.troubles()
