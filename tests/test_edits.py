"""Edits: what they make of the module, what is refused and with which fix, histories, documents, and the ways back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import irnet
from irnet.checkpoints import find, layouts_of
from irnet.cli import main
from irnet.codegen import code
from irnet.codegen.snippets import constructor, snippets
from irnet.diagrams import canvas_svgs, draw
from irnet.diagrams.nested import Expansion
from irnet.diagrams.theme import DARK, LIGHT
from irnet.edit import MOST, apply, edits_of, network, network_of_label, parse
from irnet.edit.document import LARGEST, document, load
from irnet.edit.history import History, history
from irnet.edit.settings import moves, settings, standing
from irnet.edit.validate import Validation, check, validate
from irnet.models import PRESETS, recipe_of
from irnet.models.recipe import knobs, limits
from irnet.provenance.explanations import claims, similar_figures
from irnet.provenance.sources import deviations, names
from irnet.runtime.build import build
from irnet.spec import Edit, Network, Pool, parts
from irnet.tree import details, resolve, smallest_input
from tests.conftest import presets
from tests.test_codegen import same
from tests.walks import FEWER

V2, V2_PAPER, V4 = "inception_resnet_v2.tf_slim", "inception_resnet_v2.paper", "inception_v4.paper"
MANY = (
    "stem=inception_v4.paper",
    "mixed_5b.0.b1.1.split=5x1",
    "block_a.0.body.b2.1.filters=40",
    "block_b.0.body.b1.1.join=7",
    "block_b.0.body.b0.kernel=3",
    "block8.repeat=2",
    "block8.0.scale=0.25",
)


def conv(model: nn.Module, path: str) -> nn.Conv2d:
    found = model.get_submodule(f"{path}.conv")
    assert isinstance(found, nn.Conv2d)
    return found


def tried(name: str, *texts: str) -> Validation:
    return validate(network(name), edits_of(name, ",".join(texts)))


def refused(name: str, *texts: str) -> tuple[str, str, str]:
    """Where the first illegal edit fails, why, and what would work."""
    refusal = tried(name, *texts).refusal
    assert refusal
    return refusal.path, refusal.reason, refusal.fix.text if refusal.fix else ""


@st.composite
def some_edits(draw: st.DrawFn) -> tuple[Network, tuple[Edit, ...]]:
    """A small preset and edits of its knobs, stages and convolutions; many are illegal."""
    name = draw(st.sampled_from(sorted(PRESETS)))
    few = {knob: 1 for knob in limits(PRESETS[name]) if knob in "abc"}
    spec = network(name, input_size=96, width=0.25, **few)
    convs = st.sampled_from([row.path for row in resolve(spec).rows if row.op == "conv"])
    blocks = st.sampled_from([f"{stage.name}.0" for stage in spec.stages])
    side = st.integers(1, 7)
    pairs = st.tuples(side, side)
    edit = (
        st.builds(Edit, convs, st.just("filters"), st.integers(0, 40))
        | st.builds(Edit, convs, st.just("kernel"), side | pairs)
        | st.builds(Edit, convs, st.just("split"), side.flatmap(lambda n: st.sampled_from([(1, n), (n, 1)])))
        | st.builds(Edit, convs, st.just("join"), side)
        | st.builds(Edit, convs | blocks, st.just("stride"), st.integers(0, 3))
        | st.builds(Edit, convs | blocks, st.just("padding"), st.sampled_from(["same", "valid"]))
        | st.builds(Edit, st.just(""), st.just("channels"), st.integers(0, 17))
        | st.builds(Edit, blocks, st.just("scale"), st.floats(0, 1.1))
        | st.builds(Edit, blocks, st.just("repeat"), st.integers(0, 3))
        | st.builds(Edit, st.just(""), st.just("stem"), st.sampled_from(sorted(PRESETS)))
        | st.builds(Edit, st.just(""), st.just("input_size"), st.integers(70, 110))
    )
    return spec, tuple(draw(st.lists(edit, max_size=6)))


@given(some_edits())
def test_edits_can_be_undone_written_down_and_mended(given_: tuple[Network, tuple[Edit, ...]]) -> None:
    """Without the last the key is the original's; a label says all; what is refused has a fix that works or none."""
    spec, edits = given_
    found = validate(spec, edits)
    assert validate(spec, edits[:0]).network.key == spec.key
    made = found.network
    assert network_of_label(made.label) == made
    assert eval(constructor(made), {"irnet": irnet}) == made
    assert load(document(network(made.name), made.edits)).network == made
    if found.refusal and found.refusal.fix:
        assert validate(spec, (*edits[: found.refusal.edit], found.refusal.fix)).refusal is None
        assert (found.refusal.path or "reason") in found.refusal.message or not found.refusal.path


@FEWER
@given(some_edits())
def test_the_source_of_a_network_with_edited_places_puts_out_the_same_bits(
    given_: tuple[Network, tuple[Edit, ...]],
) -> None:
    assert same(validate(*given_).network)


def test_edited_places_are_what_the_module_has() -> None:
    model = build(network(V2, *MANY), device="meta")
    assert conv(model, "block_a.3.body.b2.1").out_channels == 40
    assert conv(model, "block_a.3.body.b2.2").in_channels == 40
    assert conv(model, "block_b.7.body.b1.1").kernel_size == (7, 7)
    assert conv(model, "block_b.0.body.b0").padding == (1, 1)
    assert [conv(model, f"mixed_5b.0.b1.{i}").kernel_size for i in (1, 2)] == [(5, 1), (1, 5)]
    assert len(list(model.get_submodule("block8").children())) == 2
    assert conv(model, "stem.0.3.b1").out_channels == 96
    half = build(network(V4, "stem=inception_v3", width=0.5), device="meta")
    assert conv(half, "stem.0.0").out_channels == 16  # a stem is as wide as the network


def test_a_split_convolution_is_its_two_factors_and_saves_what_arithmetic_says() -> None:
    """One after the other, with norm and ReLU in between."""
    before, after = network("inception_v3"), network("inception_v3", "mixed_5b.0.b1.1.split=1x5")
    rows = [{row.path: row for row in resolve(spec).rows} for spec in (before, after)]
    was, now = 48 * 64 * 25 + 2 * 64, 48 * 64 * 5 + 64 * 64 * 5 + 4 * 64
    params = [sum(row.params for row in each.values()) for each in rows]
    assert params[0] - params[1] == was - now
    assert rows[0]["mixed_5b.0"].out_shape == rows[1]["mixed_5b.0"].out_shape
    model = build(network("inception_v3", "mixed_5b.0.b1.1.split=5x1", input_size=96))
    x = torch.rand(1, 48, 9, 9)
    first, second = (model.get_submodule(f"mixed_5b.0.b1.{i}") for i in (1, 2))
    branch = model.get_submodule("mixed_5b.0.b1")
    assert isinstance(branch, nn.Sequential)
    assert torch.equal(branch[1:](x), second(first(x)))


@pytest.mark.parametrize(
    ("name", "there", "back"),
    [
        ("inception_v3.tf_slim", "mixed_5b.0.b1.1.split=1x5", "mixed_5b.0.b1.1.join=5"),
        (V2, "block_c.0.body.b1.1.join=3", "block_c.0.body.b1.1.split=1x3"),
        (V2, "block_a.0.body.b0.kernel=3", "block_a.0.body.b0.kernel=1"),
        (V4, "stem=inception_v3.tf_slim", "stem=inception_v4.paper"),
        (V4, "inception_a.repeat=9", "inception_a.repeat=4"),
    ],
)
def test_an_edit_and_its_opposite_are_the_original(name: str, there: str, back: str) -> None:
    key = network(name).key
    filters = "block_c.0.body.b1.1.filters=224"  # a joined convolution has the filters of the second
    more = (filters,) if "block_c" in back else ()
    assert network(name, there).key != key
    assert network(name, there, back, *more).key == key


def test_a_block_number_says_nothing_because_blocks_stay_alike() -> None:
    edit = Edit("block_b.7.body.b0", "filters", 8)
    assert edit == Edit("block_b.0.body.b0", "filters", 8)
    model = build(apply(network(V2), (edit,)), device="meta")
    assert {conv(model, f"block_b.{i}.body.b0").out_channels for i in range(20)} == {8}


def test_knobs_of_an_edited_network_are_those_of_its_recipe_and_only_a_preset_has_one() -> None:
    spec = network(V2, "block_b.0.body.b0.filters=8", a=3)
    assert knobs(recipe_of(spec)) == knobs(recipe_of(network(V2, a=3)))
    with pytest.raises(ValueError, match=r"^mine is no preset, and only what is made of one can be edited$"):
        apply(Network("mine", network(V2).stages), ())


@pytest.mark.parametrize(
    ("text", "path", "reason", "fix"),
    [
        ("inception_b.0.b1.filters=0", "inception_b.0.b1", "is outside 1 to 8192", "inception_b.0.b1.filters=1"),
        ("inception_b.0.b2.1.kernel=1x6", "inception_b.0.b2.1", "odd kernel", "inception_b.0.b2.1.kernel=1x5"),
        ("reduction_a.0.b1.kernel=4", "reduction_a.0", "different grids: 16x16, 17x17", "reduction_a.0.b1.kernel=3"),
        ("inception_b.0.b9.filters=8", "inception_b.0.b9", "nothing is there", "inception_b.0.b1.filters=8"),
        ("inception_b.0.b0.0.kernel=3", "inception_b.0.b0.0", "a pool is there", "inception_b.0.b3.0.kernel=3"),
        ("reduction_a.0.b1.split=1x3", "reduction_a.0.b1", "of stride 1 can be split, not a 3x3 of stride 2", ""),
        ("inception_a.0.b2.1.split=1x5", "inception_a.0.b2.1", "not 1x5", "inception_a.0.b2.1.split=1x3"),
        ("inception_b.0.b3.1.join=3", "inception_b.0.b3.1", "no 1x3 and 3x1", "inception_b.0.b3.1.join=7"),
        ("inception_c.repeat=99", "inception_c", "is outside 0 to 60", "inception_c.repeat=60"),
        ("inception_b.0.scale=0.5", "inception_b.0", "no residual to scale", ""),
        ("input_size=30", "reduction_a.0.b0", "needs at least 75 pixels", "input_size=75"),
        ("reduction_a.0.b2.2.stride=1", "reduction_a.0", "different grids: 17x17, 33x33", "reduction_a.0.stride=1"),
        ("reduction_a.0.b1.padding=same", "reduction_a.0", "grids: 17x17, 18x18", "reduction_a.0.padding=same"),
        ("stem.0.3.stride=9", "stem.0.3", "is outside 1 to 8", "stem.0.3.stride=8"),
        ("stem.0.33.stride=1", "stem.0.33", "nothing is there", "stem.0.3.stride=1"),
        ("stem.padding=same", "stem.0", "6 steps are there; name the one", "stem.0.5.padding=same"),
        ("a=99", "", "is outside 0 to 20", "a=20"),
        ("stem=inception_v5", "", "no network is called", "stem=inception_v4.paper"),
    ],
)
def test_the_first_illegal_box_has_a_reason_and_the_smallest_fix(text: str, path: str, reason: str, fix: str) -> None:
    where, why, near = refused(V4, text)
    assert (where, near) == (path, fix)
    assert reason in why


def test_a_network_too_large_to_work_with_is_refused_with_the_nearest_that_is_not() -> None:
    path, reason, fix = refused(V2, "width=4", "depth=4")
    assert (path, fix) == ("", "depth=2")
    assert reason.endswith("parameters are too many; a network here has at most 2,000,000,000")


def test_what_comes_before_an_illegal_edit_is_kept_and_two_edits_may_mend_each_other() -> None:
    found = tried(V4, "a=6", "inception_b.0.b1.filters=0", "b=2")
    assert (found.applied, found.network) == (1, network(V4, a=6))
    found = tried(V4, "reduction_b.0.b1.1.kernel=5", "reduction_b.0.b2.3.kernel=5")
    assert (found.applied, found.refusal and found.refusal.path) == (0, "reduction_b.0")
    assert tried(V4, "input_size=75", "a=2").refusal is None


def test_the_smallest_input_is_the_first_that_works() -> None:
    for spec in (network("inception_v3"), network(V2, *MANY), network(V4, "inception_b.0.b2.1.kernel=1x15")):
        least = smallest_input(spec)
        assert tried(spec.name, *(edit.text for edit in spec.edits), f"input_size={least}").refusal is None
        assert tried(spec.name, *(edit.text for edit in spec.edits), f"input_size={least - 1}").refusal


def test_everything_that_is_said_of_a_network_can_be_said_of_an_edited_one() -> None:
    spec = network(V2, *MANY)
    assert all(details(spec, path) for path in list(resolve(spec))[::40])
    assert snippets(spec, "block_b.0.body.b0")
    assert find(spec, "block_b.3.body.b0.conv.weight") == "block_b.3.body.b0.conv"
    assert b"<svg" in draw(spec, "svg", "block_b")
    for said in (claims, deviations, names, code):
        assert said(spec)
    similar_figures(spec)


def test_released_names_hold_as_long_as_they_say_which_layer_is_meant() -> None:
    key = "repeat_1.3.branch0.conv.weight"
    assert find(network(V2, "block_b.0.body.b0.filters=8"), key) == "block_b.3.body.b0.conv"
    for text in ("stem=inception_v4", "mixed_5b.0.b1.1.split=1x5", "block8.repeat=2"):
        assert [layout.name for layout in layouts_of(network(V2, text))] == ["irnet"]
    snippet = 'irnet.network("inception_v4.paper", "inception_b.0.b1.filters=200", a=6)'
    assert constructor(network(V4, "inception_b.0.b1.filters=200", a=6)) == snippet


HINT = re.compile(r": ([a-z0-9_.]+=\d+)$")


def width_refused(spec: Network, path: str, filters: int) -> str:
    """What is said of an edit of the filters at `path`; "" where it is done."""
    try:
        apply(spec, (Edit(path, "filters", filters),))
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v2.paper", "inception_v3.tf_slim"))
def test_every_box_either_takes_a_width_or_says_whose_it_has_and_the_hint_works(name: str) -> None:
    spec = network(name)
    every = [box for box in resolve(spec).values() if box.level != "stage" and box.path.split(".")[1:2] in ([], ["0"])]
    hints = 0
    for box in every:
        width = box.out_shape[0]
        told = width_refused(spec, box.path, width + 8)
        assert told == "" or "it is there" in told, box.path
        if told and (hint := HINT.search(told)):
            hints += 1
            found = check(apply(spec, (parse(PRESETS[name], hint[1]),)))
            assert resolve(found)[box.path].out_shape[0] == width + 8, (box.path, hint[1])
    assert hints > len(every) / 3


def test_the_width_of_a_projection_is_that_of_the_shortcut() -> None:
    told = width_refused(network(V2_PAPER), "block_b.0.project", 1154)
    assert "it is there, and 1152 wide, as the shortcut" in told
    assert told.endswith("reduction_a.0.b1.filters=386")
    assert "1152 wide" in width_refused(network(V2_PAPER), "block_b.0.project", 1152)
    assert "nothing is there" in width_refused(network(V2_PAPER), "block_b.0.body.b9", 8)
    refusal = validate(network(V2_PAPER), (Edit("block_b.0.project", "filters", 1154),)).refusal
    assert refusal
    assert refusal.fix == Edit("reduction_a.0.b1", "filters", 386)
    assert refusal.message.count("reduction_a.0.b1.filters=386") == 1


def test_what_has_no_filters_and_no_kernel_is_not_said_to_be_missing() -> None:
    for edit in (Edit("block_b.0.project", "kernel", 3), Edit("block_b.0.body.concat", "kernel", 5)):
        with pytest.raises(ValueError, match=f"it is there, and has no {edit.what} that can be set"):
            apply(network(V2_PAPER), (edit,))


SOME_EDITS = st.lists(
    st.builds(Edit, st.sampled_from(["inception_b.0.b1", "stem.0.0"]), st.just("filters"), st.integers(1, 99))
    | st.builds(Edit, st.just("inception_b.0.b2.1"), st.just("kernel"), st.tuples(st.integers(1, 9), st.just(3)))
    | st.builds(Edit, st.just(""), st.just("dropout"), st.floats(0, 0.9)),
    max_size=8,
).map(tuple)


@pytest.mark.parametrize("name", PRESETS)
def test_setting_everything_to_what_it_is_leaves_the_key(name: str) -> None:
    spec = network(name)
    every = {s.edit(s.value) for path in ("", *resolve(spec)) for s in settings(spec, path)}
    assert {edit.what for edit in every} >= {"filters", "kernel", "repeat", "stem", "input_size", "classes"}
    assert [edit.text for edit in every if apply(spec, (edit,)).key != spec.key] == []


@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_v3.tf_slim"))
def test_every_move_leaves_a_network_that_runs_and_another_move_leads_back(name: str) -> None:
    spec = network(name)
    found = {move.edit for path in resolve(spec) for move in moves(spec, path)}
    assert any(edit.what == "split" for edit in found)
    for edit in found:
        moved = validate(spec, (edit,))
        assert moved.refusal is None, edit.text
        assert edit.what not in [move.edit.what for move in moves(moved.network, edit.where) if move.edit == edit]
        back = "join" if edit.what == "split" else "split"
        assert back in [move.edit.what for move in moves(moved.network, edit.where)]


def test_a_box_lets_be_set_what_it_has_or_what_is_round_it() -> None:
    spec = network(V2_PAPER)
    paths = ("block_b.2.body.b0.bn", "block_b.2.add", "classifier")
    assert [[s.what for s in settings(spec, path)] for path in paths] == [
        ["filters", "kernel", "scale", "repeat"],
        ["scale", "repeat"],
        ["classes", "dropout"],
    ]
    stem = settings(network(V4, "stem=inception_v3", "stem=inception_resnet_v1"), "stem")
    assert [s.value for s in stem if s.what == "stem"] == ["inception_resnet_v1.paper"]


@pytest.mark.parametrize(
    ("edit", "box"),
    [
        (Edit("inception_b.0.b2.1", "kernel", (1, 6)), "inception_b.0.b2.1"),
        (Edit("reduction_a.0.b1", "kernel", 4), "reduction_a.0.concat"),
        (Edit("inception_b.0.b9.3", "filters", 8), "inception_b.0"),
        (Edit("", "input_size", 30), "reduction_a.0.b0"),
    ],
)
def test_a_refusal_stands_at_a_box_that_is_red_in_both_themes(edit: Edit, box: str) -> None:
    spec = network(V4)
    refusal = validate(spec, (edit,)).refusal
    assert refusal
    assert standing(spec, refusal.path) == box
    drawn = canvas_svgs(spec, Expansion(2, frozenset()), refused=box)
    for svg, theme in zip(drawn, (LIGHT, DARK), strict=True):
        group = re.search(f'<g id="{re.escape(box)}".*?</g>', svg.decode(), re.DOTALL)
        assert group
        assert theme.refused in group[0]
        assert (theme.refused_fill in group[0]) == ("cluster" not in group[0])
        assert svg.decode().count(theme.refused_fill) == (0 if "cluster" in group[0] else 1)


def test_what_differs_from_the_original_is_marked_and_nothing_else() -> None:
    original, spec = network(V4), network(V4, "inception_b.0.b1.filters=200")
    light, _ = canvas_svgs(spec, Expansion(2), original=original)
    marked = set(re.findall(r'<g id="([^"]+)"[^>]*>(?:(?!</?g)[\s\S])*\u2260 ', light.decode()))
    assert "inception_b.0.b1" in marked
    assert not any(path.startswith(("stem", "inception_a", "reduction_a")) for path in marked)
    plain, _ = canvas_svgs(original, Expansion(2), original=original)
    assert "\u2260" not in plain.decode()


@given(SOME_EDITS, SOME_EDITS, st.integers(0, 8))
def test_a_history_is_read_as_it_was_written_and_only_a_new_edit_forgets_undone_ones(
    edits: tuple[Edit, ...], more: tuple[Edit, ...], position: int
) -> None:
    made = History(edits, 0).at(position)
    assert history(V4, made.text) == made
    made = History(edits, len(edits))
    assert made.at(0).at(len(edits)) == made
    for edit in more:
        before = made.at(made.position - 1)
        made = before.with_edit(edit)
        assert made.edits == (*before.done, edit)
        assert made.at(99) == made


def test_an_edit_is_replaced_in_its_place_and_a_full_history_takes_no_more() -> None:
    made = history(V4, "a=6, b=3, c=2 | k=8")
    assert made.replaced(1, (Edit("", "b", 4),)).text == "a=6, b=4, c=2"
    assert made.replaced(0, ()).text == "b=3, c=2"
    full = history(V4, ",".join(["a=6"] * MOST))
    assert full.full
    with pytest.raises(ValueError, match=rf"^{MOST} edits are as many as a network takes; undo some of them$"):
        full.with_edit(Edit("", "a", 3))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a=6 | b=3 | c=2", r"^edits have one \| at most"),
        ("a=6 | nonsense", "does not say a knob"),
        ("x" * 5000, r"^an edit has at most 160 characters, and 'x{20}'... has 5000$"),
        (",".join(["a=6"] * (MOST + 1)), "^201 edits are too many"),
        ("a=six", "a=six is not a number"),
    ],
)
def test_a_text_that_is_no_history_gets_one_sentence(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        history(V4, text)


GOOD = '{"format": "irnet.edits.1", "network": "inception_v4", "edits": %s}'
HOSTILE = [
    ("", "document: Invalid JSON"),
    ("[" * 50_000, "document: Invalid JSON: recursion limit exceeded"),
    ("null", "document: Input should be an object, not None"),
    (b"\xff\xfe", "document: Invalid JSON"),
    ("x" * (LARGEST + 1), "the document is larger than 64000 bytes"),
    (GOOD % "[1]", "edits.0: Input should be a valid string, not 1"),
    (GOOD % '["a=6"], "more": 1', "more: Extra inputs are not permitted"),
    (GOOD % '["a=6\\n"]', "edits.0: String should match pattern"),
    (GOOD % f'["{"a" * 200}=1"]', "edits.0: String should have at most 160 characters"),
    (GOOD % str(["a=6"] * (MOST + 1)).replace("'", '"'), "edits: List should have at most 200 items"),
    (GOOD % '["a=1e9"]', "edits.0: a=1e9 is not a number"),
    (GOOD % '["a=6", "__class__.0.filters=3"]', "edits.1: __class__.0: inception_v4.paper has no stage"),
    (GOOD % '["inception_b.0.b1.filters=9999999"]', "edits.0: inception_b.0.b1: filters=9999999 is not a number"),
    (GOOD % '["inception_b.0.b1.filters=9999"]', "edits.0: inception_b.0.b1: filters=9999 is outside 1 to 8192"),
    (GOOD % '["inception_b.0.b1.bias=1"]', "edits.0: 'inception_b.0.b1.bias=1' does not say a place"),
    (GOOD % '["a=-1"]', "edits.0: inception_v4.paper: a=-1 is outside 0 to 20"),
    (GOOD.replace("inception_v4", "<script>") % "[]", "network: no network is called '<script>'"),
    (GOOD.replace("edits.1", "edits.2") % "[]", "format: Input should be 'irnet.edits.1', not 'irnet.edits.2'"),
]


@pytest.mark.parametrize(("text", "sentence"), HOSTILE, ids=[sentence[:30] for _, sentence in HOSTILE])
def test_a_hostile_document_gets_one_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]{1,600}$") as said:
        load(text)
    assert str(said.value).startswith(sentence)


def test_the_verb_writes_an_edited_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    file.write_text(document(network(V4), (Edit("inception_b.0.b1", "filters", 200),)), encoding="utf-8")
    expected = code(network(V4, "inception_b.0.b1.filters=200"))
    assert main(["code", "--edits", str(file)]) == 0
    assert capsys.readouterr().out == expected
    assert main(["code", V4, "--set", "inception_b.0.b1.filters=200"]) == 0
    assert capsys.readouterr().out == expected
    assert main(["code"]) == 2
    assert "name a network, or give its edits as a file" in capsys.readouterr().err


TO_16 = ("reduction_b.stride=1", "reduction_b.padding=same")
TO_8 = ("reduction_a.stride=1", "reduction_a.padding=same", *TO_16)
SAME_STEM = tuple(f"stem.0.{i}.padding=same" for i in (0, 1, 3, 4, 5))


@pytest.mark.parametrize("name", [V4, V2_PAPER, V2])
@pytest.mark.parametrize(("edits", "steps"), [(TO_16, 16), (TO_8, 8), ((*SAME_STEM, *TO_8), 8)])
def test_a_network_keeps_its_grid_where_a_reduction_has_stride_1_in_torch_too(
    name: str, edits: tuple[str, ...], steps: int
) -> None:
    """Weights are the same; with SAME padding throughout, a grid is the input's over the stride, rounded up."""
    if name == V2 and len(edits) > 4:
        edits = tuple(f"stem.0.{i}.padding=same" for i in (0, 1, 3, 5, 6)) + edits[5:]
    spec = network(name, *edits, input_size=96, width=0.25)
    tree, model = resolve(spec), build(spec)
    with irnet.capture(model, *(stage.name for stage in spec.stages), keep=lambda made: made.shape[1:]) as found:
        model(torch.rand(1, 3, 96, 96))
    assert {path: tuple(shape) for path, shape in found.items()} == {
        s.name: tree[s.name].out_shape for s in spec.stages
    }
    last = tree.stages[-1][1]
    assert last
    assert last.field.stride == (steps, steps)
    if len(edits) > 4:
        assert last.out_shape[1:] == (96 // steps, 96 // steps)
    plain = build(network(name, input_size=96, width=0.25), device="meta")
    assert {key: value.shape for key, value in model.state_dict().items()} == {
        key: value.shape for key, value in plain.state_dict().items()
    }


def test_the_stride_of_a_fork_is_that_of_all_that_its_branches_end_with() -> None:
    spec = network(V4, "inception_c.stride=2", c=1)
    assert [row.out_shape for row in resolve(spec).rows if row.path == "inception_c.0"] == [(1536, 4, 4)]
    model = build(spec, device="meta")
    strided = [
        path for path, m in model.get_submodule("inception_c").named_modules() if getattr(m, "stride", 0) == (2, 2)
    ]
    assert strided == [f"0.{end}.conv" for end in ("b0.1", "b1", "b2.1.b0", "b2.1.b1", "b3.3.b0", "b3.3.b1")]


def test_an_average_that_counts_its_padding_has_none_to_count_once_it_is_valid() -> None:
    block = network("inception_v3.torchvision", "mixed_5b.0.b3.0.padding=valid").stages[1].node
    assert next(node for _, node in parts(dict(parts(block))["b3"])) == Pool("avg", 3, 1, "valid")
