"""The photograph inside the diagram: what the maps are, what a moved scale runs, and what their addresses answer."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import maps
from app.maps import GONE, MAP_CACHE, MapCache, digest_of
from irnet.diagrams import canvas_svgs
from irnet.diagrams.nested import LEVELS, Expansion, looked_at, shown_in
from irnet.diagrams.photograph import (
    GAP,
    PALETTE,
    WRONG,
    BoxMap,
    Channels,
    Photograph,
    channels_for_canvas,
    for_canvas,
    parts,
    png,
)
from irnet.lab.forward import BatchNormMode, units
from irnet.lab.photograph import PhotographPass, module_of
from irnet.models import network
from irnet.runtime.build import build
from irnet.runtime.capture import capture, rescale
from irnet.spec import Network
from irnet.tree import resolve
from tests.apps import in_its_own_thread

SPEC = network("inception_resnet_v1.paper", input_size=107, a=2, b=2, c=1)
IMAGE = torch.rand(1, 3, 107, 107, generator=torch.Generator().manual_seed(0)) * 2 - 1


def photographed(spec: Network = SPEC, scale: float | None = None, **more: Any) -> Photograph:
    return PhotographPass(spec, torch.zeros(1, *spec.input_shape) + 0.5).at(build(spec), scale, **more)


def test_every_box_has_the_mean_magnitude_and_the_zeros_of_what_its_module_puts_out() -> None:
    model = build(SPEC, init="tf")
    found = PhotographPass(SPEC, IMAGE).at(model).boxes
    tree = resolve(SPEC)
    with torch.inference_mode(), capture(model, *{module_of(tree, path) for path in found if path in tree}) as made:
        model(IMAGE)
    for path, one in found.items():
        if path not in tree or tree[path].level == "unit":
            continue
        tensor = made[module_of(tree, path)]
        assert one.mean_abs == pytest.approx(float(tensor.abs().mean()), rel=1e-4), path
        assert one.zero_share == pytest.approx(float((tensor == 0).float().mean()), abs=1e-6), path
        assert max(one.pixels.shape) <= 48, path
    assert {path for path in tree if tree[path].level != "unit"} <= set(found)
    blocks = [unit.path for unit in units(SPEC) if unit.part]
    assert found[f"{blocks[3]}.input"].mean_abs == found[blocks[2]].mean_abs


def test_the_parts_of_a_convolution_are_looked_at_where_they_are_asked_for() -> None:
    path = "block_a.0.body.b0"
    boxes = photographed(shown=[f"{path}.{unit}" for unit in ("conv", "bn", "relu")]).boxes
    whole = photographed().boxes
    assert set(resolve(SPEC)) <= set(whole)
    assert boxes[f"{path}.relu"].mean_abs == whole[path].mean_abs != boxes[f"{path}.bn"].mean_abs


def test_what_is_shown_is_all_that_is_read_and_what_opens_later_runs_its_block_alone() -> None:
    model, one, ran = build(SPEC, init="tf"), PhotographPass(SPEC, IMAGE), list[str]()
    shut, opened = (looked_at(SPEC, Expansion(toggled=frozenset(paths))) for paths in ((), ("block_b",)))
    every = PhotographPass(SPEC, IMAGE).at(model, 1.0).boxes
    few = one.at(model, 1.0, shut).boxes
    assert set(few) < set(every)
    for unit in units(SPEC):
        model.get_submodule(unit.path).register_forward_hook(lambda *_, path=unit.path: ran.append(path))
    more = one.at(model, 1.0, opened).boxes
    assert ran == ["block_b.0"]
    assert {"block_b.0", "block_b.0.add", "block_b.0.input", "block_b.1"} <= set(more)
    for path, box in {**few, **more}.items():
        assert (box.text, box.key) == (every[path].text, every[path].key), path
    ran.clear()
    one.at(model, None, shut)
    assert len(ran) == len(units(SPEC)) - 1  # all but the stem, whose scale is no other
    again, anew = one.at(model, None, opened).boxes, PhotographPass(SPEC, IMAGE).at(model).boxes
    assert {path: box.text for path, box in again.items()} == {path: anew[path].text for path in again}


@pytest.mark.parametrize("batch_norm", ["running", "batch"])
def test_a_moved_scale_gives_what_a_pass_at_that_scale_gives_and_runs_no_more_than_it_changes(
    batch_norm: BatchNormMode,
) -> None:
    model = build(SPEC, init="tf")
    one = PhotographPass(SPEC, IMAGE, batch_norm)
    before, ran = one.at(model), list[str]()
    hooks = [
        model.get_submodule(unit.path).register_forward_hook(lambda *_, path=unit.path: ran.append(path))
        for unit in units(SPEC)
    ]
    moved = one.at(model, 1.0)
    assert ran == [unit.path for unit in units(SPEC) if unit.path != "stem.0"]
    for hook in hooks:
        hook.remove()
    anew = PhotographPass(SPEC, IMAGE, batch_norm).at(model, 1.0)
    for path, box in anew.boxes.items():
        assert moved.boxes[path].mean_abs == pytest.approx(box.mean_abs, rel=1e-4), path
    assert moved.boxes["stem"].key == before.boxes["stem"].key
    assert moved.boxes["block_a.0.scale"].mean_abs > before.boxes["block_a.0.scale"].mean_abs
    back = one.at(model)
    assert {path: box.text for path, box in back.boxes.items()} == {
        path: box.text for path, box in before.boxes.items()
    }


def test_a_pass_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, _units: int) -> None:
        if done == 4:
            raise Stopped

    model = build(SPEC)
    one = PhotographPass(SPEC, IMAGE)
    one.at(model)
    with pytest.raises(Stopped):
        one.at(model, 1.0, progress=stop)
    anew = PhotographPass(SPEC, IMAGE).at(model, 1.0).boxes
    assert {path: box.text for path, box in one.at(model, 1.0).boxes.items()} == {p: b.text for p, b in anew.items()}


def test_the_terms_of_a_block_share_one_scale_of_brightness() -> None:
    boxes = PhotographPass(SPEC, IMAGE).at(build(SPEC, init="tf"), 0.1).boxes
    residual, scaled = (boxes[f"block_b.0.{term}"].pixels.astype(int) for term in ("project", "scale"))
    assert abs(residual - 10 * scaled).max() <= 10
    terms = [boxes[f"block_b.0{path}"].pixels.max() for path in (".input", ".project", ".scale", ".add", "")]
    assert max(terms) == 253


def test_the_strongest_channels_are_those_of_the_tensor_at_that_scale() -> None:
    model = build(SPEC, init="tf")
    found = PhotographPass(SPEC, IMAGE).channels(model, "block_b", 0.6, count=4)
    with torch.inference_mode(), rescale(model, 0.6), capture(model, "block_b.1") as made:
        model(IMAGE)
    means = made["block_b.1"][0].abs().mean((1, 2))
    assert found.numbers == tuple(means.argsort(descending=True)[:4].tolist())
    assert found.count == len(means)
    with pytest.raises(KeyError, match="has no box 'block_q'"):
        PhotographPass(SPEC, IMAGE).channels(model, "block_q")


def test_one_channel_of_a_sum_is_the_same_in_all_of_its_terms() -> None:
    model, one = build(SPEC, init="tf"), PhotographPass(SPEC, IMAGE)
    found = one.channels(model, "block_b.0.add", 0.6, channel=37)
    block = "block_b.0"
    with (
        torch.inference_mode(),
        rescale(model, 0.6),
        capture(model, block, inputs=True) as given,
        capture(model, f"{block}.project", f"{block}.scale", f"{block}.add") as made,
    ):
        model(IMAGE)
    tensors = {f"{block}.input": given[block], **made}
    assert set(found.boxes) == set(tensors)
    for path, tensor in tensors.items():
        assert found.boxes[path].mean_abs == pytest.approx(float(tensor[0, 37].abs().mean()), rel=1e-4), path
    told = channels_for_canvas(found, lambda key, _, ending: f"{key}.{ending}")
    assert told["words"] == f"channel 37 of {found.count}"
    assert told["boxes"][f"{block}.add"]["number"] == f"#37: {found.boxes[f'{block}.add'].mean_abs:.2g}"
    assert set(one.channels(model, "block_b.0.body.concat", channel=0).boxes) == {"block_b.0.body.concat"}
    with pytest.raises(ValueError, match=r"^classifier has 1000 channels, from 0 to 999, so none has the number 1000$"):
        one.channels(model, "classifier", channel=1000)


def test_two_readers_of_one_picture_see_their_own_scales() -> None:
    model, one = build(SPEC, init="tf"), PhotographPass(SPEC, IMAGE)
    shut, opened = (looked_at(SPEC, Expansion(toggled=frozenset(paths))) for paths in ((), ("block_a", "block_b")))
    one.at(model, 1.0, opened)
    one.channels(model, "block_c", None)
    found, anew = one.at(model, None, opened).boxes, PhotographPass(SPEC, IMAGE).at(model).boxes
    assert {path: box.text for path, box in found.items()} == {path: anew[path].text for path in found}
    one.channels(model, "block_a.1.add", 1.0)
    found = one.at(model, None, shut).boxes
    assert {path: box.text for path, box in found.items()} == {path: anew[path].text for path in found}


def test_what_is_no_finite_number_has_a_colour_of_its_own_and_a_word() -> None:
    spec = network("inception_resnet_v1.paper", input_size=96, a=1, b=1, c=1)
    model = build(spec)
    with torch.no_grad():
        model.get_parameter("block_a.0.project.bias").fill_(torch.inf)
    boxes = PhotographPass(spec, torch.zeros(1, 3, 96, 96)).at(model).boxes
    assert (boxes["block_a.0"].pixels == WRONG).all()
    assert boxes["block_a.0"].mean_text == "not finite"
    image = Image.open(BytesIO(png(np.array([[0, 253, GAP, WRONG]], np.uint8)))).convert("RGBA")
    assert [image.getpixel((x, 0)) for x in (0, 1, 3)] == [(*PALETTE[3 * i : 3 * i + 3], 255) for i in (0, 253, 255)]
    assert np.asarray(image)[0, 2, 3] == 0


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_every_box_that_is_drawn_has_room_for_what_it_shows(level: int) -> None:
    spec = network("inception_resnet_v2.paper")
    light, dark = canvas_svgs(spec, Expansion(level), "photograph")
    shown = shown_in(spec, Expansion(level))
    frames = light.count(b'class="cluster')
    assert light.count(b'class="slot"') == dark.count(b'class="slot"') == len(shown) + frames
    assert b"#010203" not in light + dark
    assert b"slot" not in canvas_svgs(spec, Expansion(level))[0]


def test_a_sum_shows_the_terms_of_the_equation_and_a_merge_what_it_merges() -> None:
    spec = network("inception_resnet_v2.paper")
    assert [name for _, name in parts(spec, "block_b.0.add")] == ["x", "F(x)", "s F(x)", "sum"]
    assert [path for path, _ in parts(spec, "block_b.0.body.concat")] == [
        "block_b.0.body.b0", "block_b.0.body.b1", "block_b.0.body.concat",
    ]  # fmt: skip
    told = for_canvas(SPEC, photographed(), lambda key, _, ending: f"{key}.{ending}")
    assert all(path in told for one in told.values() for path, _ in one.get("parts", ()))
    assert told["input"]["src"].endswith(".jpg")


BOX = BoxMap(pixels=np.full((2, 3), 7, np.uint8), mean_abs=0.25, zero_share=0.5)
FOUND = Photograph(network="x", weights="y", batch_norm="batch", photo=b"\xff\xd8", boxes={"stem": BOX})


def test_an_address_answers_with_the_map_and_an_unknown_one_with_a_sentence() -> None:
    client = TestClient(Starlette(routes=list(maps.ROUTES)))
    MAP_CACHE.keep("d1", SPEC, FOUND)
    told = client.get("/map/d1.json").json()["boxes"]
    assert told["stem"] == {"src": f"map/{BOX.key}.png", "number": "0.25", "text": "mean magnitude 0.25, 50.0 % zeros"}
    answer = client.get(f"/{told['stem']['src']}")
    assert answer.content == png(BOX.pixels)
    assert "immutable" in answer.headers["cache-control"]
    assert client.get(f"/{told['input']['src']}").headers["content-type"] == "image/jpeg"
    for address in ("d2.json", "0.png", f"{BOX.key}.jpg", "%2e%2e.png", "x.exe"):
        refused = client.get(f"/map/{address}")
        assert (refused.status_code, refused.text) == (404, GONE)


def test_an_address_of_a_pass_that_runs_waits_for_it_and_one_that_was_given_up_does_not() -> None:
    cache = MapCache()

    async def asked(found: Photograph | None) -> object:
        with cache.expected("d"):
            waiting = asyncio.create_task(cache.answer("d"))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            if found:
                cache.keep("d", SPEC, found)
        return await waiting

    assert in_its_own_thread(asked(None)) is None
    assert in_its_own_thread(asked(FOUND)) == {"boxes": for_canvas(SPEC, FOUND, lambda key, _, end: f"map/{key}.{end}")}


def test_the_oldest_pictures_go_first() -> None:
    cache = MapCache(2)
    for i in range(3):
        pixels = np.full((2, 2), i, np.uint8)
        box = BoxMap(pixels=pixels, mean_abs=0.0, zero_share=0.0)
        cache.keep_channels(f"d{i}", Channels(path="stem", numbers=(0,), count=1, boxes={"stem": box}))
    assert [in_its_own_thread(cache.answer(f"d{i}")) is None for i in range(3)] == [True, False, False]


def test_a_pass_is_known_by_all_that_its_maps_depend_on() -> None:
    images = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    kinds = [(SPEC, image, scale) for image in images for scale in (None, 1.0)]
    assert len({digest_of(*one) for one in (*kinds, *kinds)}) == 4
