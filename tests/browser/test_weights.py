"""A reader with a checkpoint: from the home page by clicks alone, to what is in it and what comes out of it."""

from __future__ import annotations

from io import BytesIO

import torch
from playwright.sync_api import FilePayload, expect

from irnet.models import network, title
from irnet.runtime.build import build
from tests.browser.conftest import Viewer
from tests.onnx_files import onnx_of

NAME = "inception_resnet_v1.paper"


def payload(name: str, preset: str, prefix: str) -> FilePayload:
    """A training checkpoint of zeros, each tensor one number seen many times."""
    file = BytesIO()
    state = {
        prefix + key: torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
        for key, tensor in build(network(preset), "meta").state_dict().items()
    }
    torch.save({"state_dict": state, "epoch": 3}, file)
    return FilePayload(name=name, mimeType="application/octet-stream", buffer=file.getvalue())


def test_a_checkpoint_is_named_where_it_was_put_and_one_that_does_not_fit_stops_nothing(viewer: Viewer) -> None:
    page = viewer.walk("Explore", "Feature maps")
    viewer.choose(NAME)
    page.get_by_text("Trained weights", exact=True).click()
    viewer.settle()
    box = page.locator("[data-testid=stFileUploader]", has_text="checkpoint")
    box.locator("input").set_input_files(payload("other.pt", "inception_v4.paper", ""))
    refused = page.get_by_test_id("stAlert").filter(has_text="Other.pt does not fit inception_resnet_v1.paper")
    expect(refused).to_contain_text("it fits inception_v4.paper in the layout of irnet")
    viewer.settle()
    expect(page.get_by_text("Untrained, init tf, seed 0").first).to_be_visible()
    box.get_by_role("button", name="Remove").first.click()
    expect(refused).to_have_count(0)
    box.locator("input").set_input_files(payload("mine.pt", NAME, "module."))
    told = "mine.pt is inception_resnet_v1.paper in the layout of irnet, 1000 classes; taken from 'state_dict'"
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_text("Weights loaded from mine.pt, in the layout of irnet").first).to_be_visible()
    viewer.settle()
    assert not viewer.troubles()


def test_a_checkpoint_dropped_on_open_is_named_and_leads_to_its_network(viewer: Viewer) -> None:
    page = viewer.walk("Explore", "Open")
    page.locator("[data-testid=stFileUploader] input").set_input_files(payload("mine.pt", NAME, "module."))
    expect(page.get_by_text(f"mine.pt is {NAME} in the layout of irnet, 1000 classes")).to_be_visible()
    viewer.settle()
    page.get_by_role("link", name=f"Show {title(NAME)}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inception-ResNet-v1")
    expect(page.locator("g[id='block_a']")).to_be_visible()
    viewer.settle()
    assert not viewer.troubles()


def test_a_file_dropped_on_open_is_shown_beside_its_nearest_relative(viewer: Viewer) -> None:
    page = viewer.walk("Explore", "Open")
    small = network(NAME, a=2, b=1, c=1, classes=10)
    data = onnx_of(build(small), small.input_shape, folded=False)
    file = FilePayload(name="<i>mine.onnx", mimeType="application/octet-stream", buffer=data)
    page.locator("[data-testid=stFileUploader] input").set_input_files(file)
    expect(page.get_by_text(f"<i>mine.onnx is nearest to {title(NAME)}")).to_be_visible()
    expect(page.locator("g[id='1/block_a']")).to_be_visible()
    viewer.settle()
    assert not viewer.troubles()
