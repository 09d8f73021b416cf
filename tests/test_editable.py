"""What can be changed where: settings, moves, the place of a refusal, and edits with a place in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.diagrams import canvas_svgs
from irnet.diagrams.nested import Expansion
from irnet.diagrams.theme import DARK, LIGHT
from irnet.edit import MOST, apply, network
from irnet.edit.history import History, history
from irnet.edit.settings import moves, settings, standing
from irnet.edit.validate import validate
from irnet.models import PRESETS
from irnet.spec import Edit
from irnet.tree import resolve
from tests.conftest import presets

V2, V4 = "inception_resnet_v2.paper", "inception_v4.paper"
EDITS = st.lists(
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
    spec = network(V2)
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


@given(EDITS, EDITS, st.integers(0, 8))
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
