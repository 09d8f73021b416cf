"""Networks side by side in a real browser: partners, opening in all, fading, and a comparison in one click."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Viewer

START = "compare?model=inception_resnet_v2.paper&with=inception_resnet_v2.tf_slim"


def test_partners_stand_at_one_height_and_light_up_together(viewer: Viewer) -> None:
    page = viewer.open(START)
    first, second = page.locator("g[id='0/block_b']"), page.locator("g[id='1/block_b']")
    heights = [(box.bounding_box() or {"y": None})["y"] for box in (first, second)]
    assert heights[0] == heights[1]
    first.click()
    expect(second).to_have_class(re.compile("partner"))
    expect(page.get_by_role("cell", name="20 x Inception-ResNet-B")).to_be_visible()
    expect(page).to_have_url(re.compile("place=0%2Fblock_b"))


def test_a_box_opens_with_its_partners_and_a_link_reopens_them(viewer: Viewer) -> None:
    page = viewer.open(START)
    page.locator("g[id='1/block_a']").dblclick()
    for side in (0, 1):
        expect(page.locator(f"g.cluster[id='{side}/block_a']")).to_be_visible()
    expect(page).to_have_url(re.compile("opened=0%2Fblock_a%2C1%2Fblock_a"))
    page = viewer.open(page.url.removeprefix(f"{viewer.url}/"))
    expect(page.locator("g.cluster[id='0/block_a']")).to_be_visible()
    assert not viewer.troubles()


def test_what_is_the_same_fades_and_what_differs_does_not(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&opened=0/block_a,1/block_a&fade=true")
    paper = page.locator(".sheet svg > rect").get_attribute("fill")
    same, changed = page.locator("g[id='0/block_a.0.body.b0'] > path"), page.locator("g[id='0/block_a.0.scale']")
    expect(same).to_have_attribute("fill", str(paper))
    expect(changed.locator("polygon").first).not_to_have_attribute("fill", str(paper))


def test_a_ready_made_comparison_opens_with_one_click(viewer: Viewer) -> None:
    page = viewer.open(START)
    page.get_by_role("button", name="Reduction-A in all three").or_(
        page.get_by_role("radio", name="Reduction-A in all three")
    ).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inception_v4.paper and inception_resnet_v1.paper and")
    for side in (0, 1, 2):
        expect(page.locator(f"g.cluster[id='{side}/reduction_a']")).to_be_visible()
    expect(page.get_by_text("the letters of Table 1")).to_be_visible()
    assert not viewer.troubles()


def test_a_name_that_is_none_is_told_and_the_others_are_compared(viewer: Viewer) -> None:
    page = viewer.open(f"{START}&edited=inception_v5;inception_v4 (a=6)&opened=0/block_q")
    told = " ".join(page.get_by_test_id("stAlert").all_inner_texts())
    assert "no network is called 'inception_v5'" in told
    assert "opened '0/block_q', which is not there" in told
    expect(page.locator("g[id='2/inception_a'] text").first).to_contain_text("6 × Inception-A")
