"""Knobs: what they may be, and what is said when they may not."""

from __future__ import annotations

import pytest

from irnet.edit import network_of_label
from irnet.models import PRESETS, network
from irnet.models.recipe import Limits, knobs, limits, parse_knob
from irnet.spec import Chain, Conv, Fork, Node, Pool, Residual
from irnet.tree import resolve

EVERY = [(preset, knob, limit) for preset, recipe in PRESETS.items() for knob, limit in limits(recipe).items()]
SWITCHES = [(preset, knob) for preset, knob, _ in EVERY if isinstance(knobs(PRESETS[preset])[knob], bool)]
KNOBS = [(preset, knob, limit) for preset, knob, limit in EVERY if (preset, knob) not in SWITCHES]
WHOLE = [(preset, knob, limit) for preset, knob, limit in KNOBS if isinstance(knobs(PRESETS[preset])[knob], int)]
SIZES = [0, 4097, (0, 299), (299, 4097)]


def message(preset: str, **changes: object) -> str:
    """What is said about these knobs."""
    with pytest.raises(ValueError, match=r".+") as refused:
        network(preset, **changes)
    return str(refused.value)


def bounds(limit: Limits) -> str:
    return f"{limit.low:g} to {limit.high:g} ({limit.help})"


@pytest.mark.parametrize(("preset", "knob", "limit"), KNOBS)
def test_a_value_below_the_limit_is_refused(preset: str, knob: str, limit: Limits) -> None:
    value = type(knobs(PRESETS[preset])[knob])(limit.low - limit.step)
    assert message(preset, **{knob: value}) == f"{preset}: {knob}={value} is outside {bounds(limit)}"


@pytest.mark.parametrize(("preset", "knob", "limit"), KNOBS)
def test_a_value_above_the_limit_is_refused(preset: str, knob: str, limit: Limits) -> None:
    value = type(knobs(PRESETS[preset])[knob])(limit.high + limit.step)
    assert message(preset, **{knob: value}) == f"{preset}: {knob}={value} is outside {bounds(limit)}"


@pytest.mark.parametrize(("preset", "knob", "limit"), KNOBS)
def test_the_limits_themselves_are_allowed(preset: str, knob: str, limit: Limits) -> None:
    kind = type(knobs(PRESETS[preset])[knob])
    assert [network(preset, **{knob: kind(end)}).name for end in (limit.low, limit.high)] == [preset, preset]


@pytest.mark.parametrize("value", ["8", None, True, [8], float("nan")])
@pytest.mark.parametrize(("preset", "knob", "limit"), KNOBS)
def test_a_value_of_another_type_is_refused(preset: str, knob: str, limit: Limits, value: object) -> None:
    said = message(preset, **{knob: value})
    assert said.startswith(f"{preset}: {knob}={value!r} is ")
    assert said.endswith(bounds(limit))


@pytest.mark.parametrize(("preset", "knob", "limit"), WHOLE)
def test_a_whole_number_may_not_have_a_fraction(preset: str, knob: str, limit: Limits) -> None:
    value = limit.low + 0.5
    assert message(preset, **{knob: value}) == f"{preset}: {knob}={value} is not a whole number from {bounds(limit)}"


@pytest.mark.parametrize("size", SIZES)
def test_both_sides_of_an_input_have_limits(size: int | tuple[int, int]) -> None:
    assert message("inception_v4", input_size=size).endswith("is outside 1 to 4096 (Input size in pixels)")


@pytest.mark.parametrize("size", [(), (299,), (3, 299, 299)])
def test_an_input_has_one_or_two_sides(size: tuple[int, ...]) -> None:
    said = message("inception_v4", input_size=size)
    assert said.startswith(f"inception_v4.paper: input_size={size} is not a whole number from 1 to 4096")


def test_a_pair_is_height_and_width() -> None:
    assert network("inception_v4", input_size=(224, 261)).input_shape == (3, 224, 261)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_network_has_the_common_knobs(preset: str) -> None:
    assert {"classes", "dropout", "input_size"} <= set(limits(PRESETS[preset]))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_misspelt_knob_gets_its_near_match(preset: str) -> None:
    assert message(preset, clases=10).startswith(
        f"{preset} has no knob 'clases'; did you mean classes? Its knobs: classes,"
    )


def test_an_unknown_knob_gets_all_knobs() -> None:
    said = message("inception_v3", zzz=1)
    assert said == "inception_v3.tf_slim has no knob 'zzz'. Its knobs: classes, dropout, input_size, width, depth"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("inception_v5", "inception_v4.paper"),
        ("inception_resnet_v2.keras", "inception_resnet_v2.paper"),
        ("inception-resnet-v1", "inception_resnet_v1.paper"),
        ("inceptionv3", "inception_v3.tf_slim"),
    ],
)
def test_a_misspelt_name_gets_its_near_match(name: str, near: str) -> None:
    hint = message(name).partition("did you mean ")[2].partition("?")[0]
    assert near in hint.split(" or ")


def test_an_unknown_name_gets_all_names() -> None:
    assert message("zzz") == f"no network is called 'zzz'. All names: {', '.join(PRESETS)}"


@pytest.mark.parametrize("architecture", ["inception_v4", "inception_resnet_v1", "inception_resnet_v2"])
def test_a_bare_architecture_means_the_paper(architecture: str) -> None:
    assert network(architecture) == network(f"{architecture}.paper")


def test_a_bare_inception_v3_means_the_release() -> None:
    assert network("inception_v3").name == "inception_v3.tf_slim"


def test_an_edit_is_told_in_the_label() -> None:
    spec = network("inception_resnet_v2", scale_b=0.25, a=6, input_size=(224, 261), classes=1000)
    assert spec.label == "inception_resnet_v2.paper (input_size=224x261, a=6, scale_b=0.25)"


def test_a_square_has_one_way_to_be_written() -> None:
    assert network("inception_v4", input_size=(224, 224)).label == network("inception_v4", input_size=224).label


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_obeys_its_own_steps(preset: str) -> None:
    """A slider that starts at the low limit can reach the published value."""
    recipe = PRESETS[preset]
    steps = {k: (value - limits(recipe)[k].low) / limits(recipe)[k].step for k, value in knobs(recipe).items()}
    assert {k: step for k, step in steps.items() if abs(step - round(step)) > 1e-9} == {}


@pytest.mark.parametrize("value", ["true", None, 0, 1, 0.0, [True]])
@pytest.mark.parametrize(("preset", "knob"), SWITCHES)
def test_a_switch_is_true_or_false(preset: str, knob: str, value: object) -> None:
    assert message(preset, **{knob: value}).startswith(f"{preset}: {knob}={value!r} is neither true nor false (")


@pytest.mark.parametrize(("word", "value"), [("true", True), ("1", True), ("False", False), ("0", False)])
def test_a_switch_is_read_from_words(word: str, value: bool) -> None:
    assert parse_knob(PRESETS["inception_resnet_v1.paper"], f"sum_norm={word}") == ("sum_norm", value)


def test_another_word_for_a_switch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^sum_norm=maybe is not true or false$"):
        parse_knob(PRESETS["inception_resnet_v1.paper"], "sum_norm=maybe")


def test_a_switch_in_a_label_leads_back_to_its_network() -> None:
    spec = network("inception_resnet_v1", sum_norm=True, width=0.5, depth=2)
    assert (spec.edit_text, network_of_label(spec.label).key) == ("width=0.5, depth=2, sum_norm=true", spec.key)


def convolutions(node: Node) -> list[Conv]:
    match node:
        case Conv():
            return [node]
        case Pool():
            return []
        case Chain(parts) | Fork(parts):
            return [found for part in parts for found in convolutions(part)]
        case Residual(body):
            return convolutions(body)


@pytest.mark.parametrize("width", [0.125, 0.25, 0.5, 1.0, 1.5, 4.0])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_width_multiplies_every_filter_in_eights(preset: str, width: float) -> None:
    plain, wide = (
        [conv.filters for stage in spec.stages for conv in convolutions(stage.node)]
        for spec in (network(preset), network(preset, width=width))
    )
    assert all(filters % 8 == 0 and filters >= 8 for filters in wide)
    assert all(abs(after - max(8, width * before)) <= 4 for before, after in zip(plain, wide, strict=True))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_width_of_two_has_almost_four_times_the_convolution_macs(preset: str) -> None:
    macs = [sum(row.macs for row in resolve(network(preset, width=w)).rows if row.op == "conv") for w in (1.0, 2.0)]
    assert 3.8 < macs[1] / macs[0] < 4  # the first convolution reads three colours whatever the width


@pytest.mark.parametrize("preset", PRESETS)
def test_a_depth_repeats_blocks_and_nothing_else(preset: str) -> None:
    plain, deep = (network(preset, depth=n).stages for n in (1, 3))
    last = {"block8"}  # one at the end of the released networks, however many come before it
    times = {s.name: d.repeat // s.repeat for s, d in zip(plain, deep, strict=True)}
    assert times == {s.name: 3 if s.part in ("a", "b", "c") and s.name not in last else 1 for s in plain}
