"""Networks with another number of input channels: what they count, draw, are given and say of it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from math import isfinite
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import irnet
from irnet.cli import main
from irnet.codegen.snippets import snippets
from irnet.edit.document import document, load
from irnet.lab.photograph import PhotographPass
from irnet.lab.photos import channels_sentence, fit, photo, to_input
from irnet.models import PRESETS, network
from irnet.training.loop import Trainer
from irnet.tree import resolve
from irnet.tree.totals import totals
from tests.apps import opened, sized, troubles
from tests.test_codegen import same
from tests.training.small import TINY

V1 = "inception_resnet_v1.paper"


@pytest.mark.parametrize("name", PRESETS)
def test_the_first_convolution_and_its_counts_follow_and_nothing_else_does(name: str) -> None:
    """3x3 kernels, 32 filters, stride 2 without padding; or 7x7, 64 filters, stride 2 of 224 pixels: half the side."""
    usual = network(name)
    weights, side = (49 * 64, 112) if usual.input_shape[1] == 224 else (9 * 32, (usual.input_shape[1] - 3) // 2 + 1)
    if name == "bn_inception.paper":  # for every channel eight filters of its own, which a 1x1 reads
        weights = 8 * (49 + 64)
    assert network(name, channels=3) == usual
    for channels in (1, 4, 16):
        spec = network(name, channels=channels)
        more = (channels - 3) * weights
        assert totals(spec).params - totals(usual).params == more
        assert totals(spec).macs - totals(usual).macs == more * side**2
        model = irnet.build(spec, "meta")
        assert sum(each.numel() for each in model.parameters()) == totals(spec).params
        assert {row.in_shape[0] for row in resolve(spec).rows[:1]} == {channels}
        assert resolve(spec).rows[2:] == resolve(usual).rows[2:]
        assert resolve(spec).rows[1:] == resolve(usual).rows[1:] or name == "bn_inception.paper"


def test_pictures_source_snippets_and_documents_have_them() -> None:
    spec = network(V1, channels=1, input_size=96, width=0.25)
    assert spec.label == f"{V1} (input_size=96, channels=1, width=0.25)"
    assert "96x96x1" in irnet.diagram(spec).source
    assert same(spec)
    code = next(iter(snippets(spec, "stem"))).code
    assert "torch.zeros(1, 1, 96, 96)  # one image in [-1, 1]" in code
    assert load(document(spec, ())).network == spec


def test_one_channel_is_the_luminance_that_pillow_finds_and_more_repeat_the_colours() -> None:
    image = photo("coffee")
    grey = np.asarray(fit(image, (96, 80)).convert("L"), dtype=float) / 127.5 - 1
    one = to_input(image, (1, 96, 80))
    assert one.shape == (1, 1, 96, 80)
    assert np.abs(one[0, 0].numpy() - grey).max() <= 0.51 / 127.5  # Pillow rounds
    rgb, five = to_input(image, (3, 96, 80)), to_input(image, (5, 96, 80))
    assert torch.equal(five, rgb[:, [0, 1, 2, 0, 1]])


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_lab_runs_a_photograph_and_the_command_says_what_it_is_given(
    channels: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    small = ["--set", f"channels={channels}", "--set", "input_size=96", "--set", "width=0.25"]
    running = ["--batch-norm", "running"]
    out = tmp_path / "maps.png"
    for verb in (["block", V1, "block_a.0", *running], ["maps", V1, "stem.0.0", "--out", str(out), *running]):
        assert main([*verb, *small]) == 0
        assert capsys.readouterr().err == f"irnet: {channels_sentence(channels)}\n"
    assert main(["block", V1, "block_a.0", *running, *small[2:]]) == 0
    assert capsys.readouterr().err == ""


def test_the_photograph_in_the_diagram_shows_what_the_network_is_given() -> None:
    spec = network(V1, channels=1, input_size=96, width=0.25)
    found = PhotographPass(spec, to_input(photo("coffee"), spec.input_shape)).at(irnet.build(spec))
    pixels = np.asarray(Image.open(BytesIO(found.photo)).convert("RGB"), dtype=int)
    assert np.ptp(pixels, axis=2).max() <= 2  # grey


def test_a_network_of_one_channel_is_trained() -> None:
    run = replace(TINY, network="inception_resnet_v1.paper (a=1, b=1, c=1, channels=1)", steps=1)
    assert [isfinite(step.loss or 0) for step in Trainer(run).steps()] == [True]


@pytest.mark.parametrize(("channels", "said"), [(1, "the luminance of"), (4, "are red, green, blue, red.")])
def test_a_page_with_a_photograph_says_it(channels: int, said: str) -> None:
    app = opened("maps", V1, **sized(V1), **{f"{V1}.channels": channels, f"{V1}.width": 0.25})
    assert not troubles(app)
    assert [caption.value for caption in app.caption if said in caption.value] == [channels_sentence(channels)]
    usual = opened("maps", V1, **sized(V1), **{f"{V1}.width": 0.25})
    said_of_any = ("input channel", "A photograph has 3 channels")
    assert not [caption for caption in usual.caption if any(words in caption.value for words in said_of_any)]
