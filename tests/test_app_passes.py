"""The pages that look inside one forward pass: what they show, remember and refuse."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import nn

from app.maps import MAP_CACHE
from app.server import networks
from app.server.networks import Setting
from irnet.lab.forward import units
from irnet.lessons.form import pack
from irnet.lessons.value import Lesson, Step
from irnet.models import network
from irnet.runtime.build import Model
from tests.apps import SMALL, in_its_own_thread, opened, sized, troubles

V1, V4 = "inception_resnet_v1.paper", "inception_v4.paper"
SETTING = Setting((0,), "tf", "batch", "cpu")


def equation(app: AppTest) -> str:
    return next(text.value for text in app.markdown if "aligned" in text.value)


def test_a_block_is_walked_through_forth_and_back() -> None:
    app = opened("block", V1, **sized(V1), block="block_b.2")
    shown = [equation(app)]
    for label in ("Next", "Next", "Back"):
        next(button for button in app.button if button.label == label).click().run()
        shown.append(equation(app))
    boxed = [text.split("boxed{")[1].split("}(x)")[0].split("}")[0] for text in shown]
    assert boxed == ["x", "b_{0", "b_{1", "b_{0"]
    assert not troubles(app)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("project", "turns 256 channels into 896: x has 896"),
        ("scale", "by 0.3, and nothing else"),
        ("output", "ReLU makes every negative value zero"),
    ],
)
def test_a_step_and_a_scale_in_the_address_are_shown(step: str, told: str) -> None:
    app = opened("block", V1, **sized(V1), block="block_b.2", step=step, **{"s.block_b": 0.3})
    assert any(told in text.value for text in app.markdown)
    assert not troubles(app)


def test_a_block_starts_at_the_networks_own_scale() -> None:
    preset = "inception_resnet_v2.tf_slim"
    app = opened("block", preset, **sized(preset), block="block_a.0")
    assert app.slider(key="s.block_a").value == 0.17


def test_a_network_without_residual_blocks_says_what_to_choose() -> None:
    app = opened("block", V4, **sized(V4))
    assert ["no residual block" in info.value for info in app.info] == [True]
    assert not troubles(app)


def test_an_unknown_block_in_the_address_is_told_and_the_first_is_shown() -> None:
    app = opened("block", V1, **sized(V1), block="block_z.1")
    assert ["block 'block_z.1', which is not there" in warning.value for warning in app.warning] == [True]
    assert app.selectbox(key="own.block").value == "block_a.0"


def test_untrained_weights_are_called_untrained() -> None:
    for page in ("block", "maps"):
        app = opened(page, V1, **sized(V1))
        assert any("**Untrained, init tf, seed 0**" in text.value for text in app.caption)


def test_a_box_in_the_address_has_its_tensors() -> None:
    app = opened("maps", V1, **sized(V1), box="block_a.1", of="project")
    assert " ".join(app.selectbox(key="of").options) == "x b0 b1 b2 concat project scale add output"
    assert app.selectbox(key="of").value == "project"
    assert any("channel " in text.value and "is the strongest" in text.value for text in app.markdown)


def test_a_tensor_that_the_next_box_lacks_gives_way_to_its_output() -> None:
    app = opened("maps", V1, **sized(V1), box="block_a.1", of="project")
    app.text_input(key="box").set_value("reduction_a.0").run()
    assert app.selectbox(key="of").value == "concat"
    assert not troubles(app)


def test_an_unknown_box_is_told_and_another_is_shown() -> None:
    app = opened("maps", V1, **sized(V1), box="block_q")
    assert ["has no box 'block_q'" in warning.value for warning in app.warning] == [True]
    assert not app.error


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The units that run, from now on."""
    paths: list[str] = []
    get = Model.get_submodule

    def listed(model: Model, path: str) -> nn.Module:
        if path in {unit.path for unit in units(model.network)}:
            paths.append(path)
        return get(model, path)

    monkeypatch.setattr(Model, "get_submodule", listed)
    return paths


def test_a_second_box_of_a_picture_needs_no_second_pass(ran: list[str]) -> None:
    spec, image = network(V1, input_size=SMALL), Image.new("RGB", (150, 150), "olive")
    first = networks.box_maps(spec, image, SETTING, None, "block_b.2")
    ran.clear()
    second = networks.box_maps(spec, image, SETTING, None, "block_b.3")
    assert set(ran) == {"block_b.2", "block_b.3"}
    assert (second.tensor("x").values == first.tensor("output").values).all()


def test_a_moved_scale_runs_one_block(ran: list[str]) -> None:
    spec, image = network(V1, input_size=SMALL), Image.new("RGB", (150, 150), "navy")
    first = networks.block_at_scale(spec, image, SETTING, None, "block_b.2", 0.1)
    ran.clear()
    second = networks.block_at_scale(spec, image, SETTING, None, "block_b.2", 0.2)
    assert set(ran) == {"block_b.2"}
    names = [step.name for step in first.steps]
    at = names.index("scale")
    assert (second.steps[at].maps.values == 2 * first.steps[at].maps.values).all()


@pytest.mark.parametrize("preset", [V1, V4])
def test_a_photograph_runs_through_the_canvas_of_a_network_and_its_numbers_are_told(preset: str) -> None:
    app = opened("network", preset, **sized(preset), overlay="photograph", box="stem", **{"photo.numbers": True})
    told = [caption.value for caption in app.caption]
    assert any("**Untrained, init tf, seed 0; batch statistics**" in text for text in told)
    assert any(re.match(r"\*\*Stem\*\*: mean magnitude 0\.\d+, [\d.]+ % zeros", text.value) for text in app.markdown)
    assert [slider.key for slider in app.slider if "s." in str(slider.key)] == (["s.0.1"] if preset == V1 else [])
    data = json.loads(app.get("bidi_component")[0].proto.json)
    assert data["seen"]["path"] == "stem"
    digest = data["maps"][""].removeprefix("map/").removesuffix(".json")
    assert in_its_own_thread(MAP_CACHE.answer(digest))
    assert not troubles(app)
    app.selectbox(key="overlay").set_value("MACs").run()
    assert json.loads(app.get("bidi_component")[0].proto.json)["maps"] is None
    assert not app.get("file_uploader")


def test_a_picture_that_cannot_be_read_leaves_the_diagram_and_says_so() -> None:
    app = opened("network", V1, **sized(V1), overlay="photograph", photo="nobody")
    assert app.get("bidi_component")
    app = opened("network", V1, **{f"{V1}.input_height": 1100, f"{V1}.input_width": 1100}, overlay="photograph")
    assert ["an input of 1100 pixels" in error.value.lower() for error in app.error] == [True]
    assert app.get("bidi_component")


def told(app: AppTest) -> dict[str, Any]:
    """What the first canvas of a page is given."""
    found: dict[str, Any] = json.loads(app.get("bidi_component")[0].proto.json)
    return found


def test_one_photograph_runs_through_networks_side_by_side() -> None:
    other = f"{V4} (input_size={SMALL})"
    app = opened("compare", V1, **sized(V1), edited=other, photographed=True, place="0/stem", **{"with": ""})
    app.multiselect(key="own.with").set_value([]).run()
    data = told(app)
    assert list(data["maps"]) == ["0/", "1/"]
    assert data["seen"]["path"] == "0/stem"
    assert "pictures=yes" in data["light"]
    assert sum("**Untrained, init tf, seed 0; batch statistics**" in caption.value for caption in app.caption) == 2
    assert not troubles(app)


@pytest.mark.parametrize("others", [(), (f"{V4} (input_size={SMALL})",)])
def test_a_step_of_a_lesson_can_colour_by_a_photograph(others: tuple[str, ...]) -> None:
    step = Step(title="x", prose="y", networks=(f"{V1} (input_size={SMALL})", *others), overlay="photograph")
    app = opened("learn", shared=pack(Lesson(id="own", title="x", steps=(step,))))
    data = next(
        found for found in map(json.loads, (one.proto.json for one in app.get("bidi_component"))) if "light" in found
    )
    assert len(data["maps"]) == 1 + len(others)
    assert ("pictures=yes" in data["light"]) is bool(others)
    assert any("**Untrained, init tf, seed 0; batch statistics**" in caption.value for caption in app.caption)
    assert not troubles(app)
