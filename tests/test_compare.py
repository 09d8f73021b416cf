"""What changed between networks, what stands for what in them, and that nothing is lost between parts and totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.comparison.align import Match, align
from irnet.comparison.changes import Change, Comparison, compare, part_counts
from irnet.comparison.distance import distance, size
from irnet.comparison.examples import READY
from irnet.comparison.side_by_side import all_changes, changed_knobs, marks, partners, side_by_side
from irnet.models import PRESETS, network
from irnet.models.fragments import pool_last
from irnet.models.recipe import knobs
from irnet.spec import Chain, Conv, Fork, Network, Node, Pool, Residual, Stage
from irnet.tree import describe, resolve
from irnet.tree.totals import totals
from tests.walks import knob_values

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
FACENET, SLIM = "inception_resnet_v1.facenet", "inception_resnet_v2.tf_slim"
ORDERED = [("inception_v4.paper", "inception_a"), ("inception_v4.paper", "reduction_a"), (V2, "reduction_b")]


def compared(one: str, two: str) -> Comparison:
    return compare(network(one), network(two))


def found(one: str, two: str) -> dict[str, tuple[object, object]]:
    """The changes by place."""
    return {change.where: (change.left, change.right) for change in compared(one, two).changes}


def single(node: Node) -> Network:
    return Network("single", (Stage("block", node, part="a"),))


FILTERS = {name: (getattr(PRESETS["inception_v4.paper"], name), None) for name in "klmn"}
BLOCKS: dict[str, tuple[float, float]] = {"a": (5, 10), "b": (10, 20), "c": (5, 9)}
SCALES = {"scale_a": (0.1, 0.17), "scale_c": (0.1, 0.2)}


@pytest.mark.parametrize(
    ("one", "two", "knobs_"),
    [
        (V1, V2, {"k": (192, 256), "l": (192, 256), "m": (256, 384)}),
        (V2, SLIM, BLOCKS | SCALES),
        (V1, FACENET, {"classes": (1000, 8631), "dropout": (0.2, 0.6), "input_size": (299, 160)} | SCALES),
        ("inception_v4.paper", "inception_v4.tf_slim", {}),
        ("inception_v4.paper", "inception_v3.tf_slim", {"a": (4, None), "b": (7, None), "c": (3, None)} | FILTERS),
    ],
)
def test_networks_differ_in_these_knobs_of_table_1(
    one: str, two: str, knobs_: dict[str, tuple[object, object]]
) -> None:
    changed = changed_knobs(network(one), network(two))
    assert {change.where: change.values for change in changed} == knobs_


def test_a_release_is_told_by_its_repeats_scales_and_own_stages() -> None:
    changes = found(V2, SLIM)
    expected = {f"block_{part}.repeat": values for part, values in BLOCKS.items()}
    expected |= {f"block_{part}.scale": SCALES[f"scale_{part}"] for part in "ac"}
    assert {place: changes.get(place) for place in expected} == expected
    added = {place for place, (left, _) in changes.items() if left is None}
    assert added == {"stem.5", "mixed_5b", "block8", "conv2d_7b"}
    head = {"head.classes", "head.dropout", "head.embedding"}
    orders = {f"reduction_{part}: order of the branches" for part in "ab"}
    assert set(found(V1, FACENET)) == {"input", "block_a.scale", "block_c.scale", "block8"} | head | orders


@pytest.mark.parametrize(("name", "stage"), ORDERED)
def test_branches_in_another_order_are_one_change(name: str, stage: str) -> None:
    node = next(s.node for s in network(name).stages if s.name == stage)
    assert isinstance(node, Fork)
    changes = compare(single(node), single(pool_last(node))).changes
    assert changes == (Change("block: order of the branches", describe(node), describe(pool_last(node))),)


def test_the_same_order_is_told_once_a_stage_and_what_the_print_turned_round_kernel_by_kernel() -> None:
    """Errata E2 and E3, Figure 5: in print the pooling branch stands first, and the pairs are the other way round."""
    changes = found("inception_v4.paper", "inception_v4.tf_slim")
    ordered = [place.partition(":")[0] for place in changes if "order of the branches" in place]
    stages = ["inception_a", "reduction_a", "inception_b", "reduction_b", "inception_c"]
    assert ordered == [*stages[:-1], "inception_c.b3.3", "inception_c"]
    inside = [place for place in changes if place.startswith("inception_b.")]
    assert inside == ["inception_b.b2.2", *(f"inception_b.b3.{i}" for i in (1, 2, 3, 4))]


@pytest.mark.parametrize("one", PRESETS)
def test_nothing_is_lost_between_the_parts_and_the_totals_either_way_round(one: str) -> None:
    for two in PRESETS:
        comparison, back = compared(one, two), compared(two, one)
        ours, theirs = totals(network(one)), totals(network(two))
        parts = part_counts(network(one), network(two))
        whole = parts.pop("all")
        for count, values in whole.items():
            sums = tuple(map(sum, zip(*(found[count] for found in parts.values()), strict=True)))
            assert sums == values or count == "receptive_field", (two, count)
        assert whole["params"] == (ours.params, theirs.params)
        differences = (comparison.difference("params"), comparison.difference("macs"))
        assert differences == (theirs.params - ours.params, theirs.macs - ours.macs), two
        forth = Counter((str(change.left), str(change.right)) for change in comparison.changes)
        assert forth == Counter((str(change.right), str(change.left)) for change in back.changes), two
        assert (comparison.changes == ()) == (one == two), two


def test_parts_stand_in_the_order_of_the_network_and_the_finding_is_in_percent_of_the_left_one() -> None:
    """32,433,928 against 42,679,816 parameters, 9.258 against 12.254 GMAC."""
    parts = list(part_counts(network(V1), network(SLIM)))
    assert parts == ["stem", "a", "reduction_a", "b", "reduction_b", "c", "tail", "head", "all"]
    assert compared("inception_v4.paper", V2).finding == (
        "inception_resnet_v2.paper has 24.0 % fewer parameters and 24.4 % fewer MACs than inception_v4.paper."
    )


KNOBS = [(name, knob) for name, recipe in PRESETS.items() for knob in knobs(recipe)]


@given(st.sampled_from(KNOBS), st.data())
def test_every_turn_of_a_knob_is_found(at: tuple[str, str], data: st.DataObject) -> None:
    name, knob = at
    before = knobs(PRESETS[name])[knob]
    value = data.draw(knob_values(name, knob))
    changes = compare(network(name), network(name, **{knob: value})).changes
    assert (changes == ()) == (value == before)


def test_a_relu_that_is_missing_and_a_batch_norm_of_the_sum_are_one_change_each() -> None:
    plain = single(Residual(Conv(8)))
    assert compare(plain, single(Residual(Conv(8), relu=False))).changes == (Change("block.relu", True, False),)
    assert compare(plain, single(Residual(Conv(8), norm=True))).changes == (Change("block.norm", False, True),)


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("inception_resnet")])
def test_a_scale_is_found_in_every_stage_that_has_it(name: str) -> None:
    spec = network(name, scale_a=0.33, scale_b=0.33, scale_c=0.33)
    residual = [s.name for s in spec.stages if isinstance(s.node, Residual) and s.node.scale == 0.33]
    assert [change.where for change in compare(network(name), spec).changes] == [f"{stage}.scale" for stage in residual]


leaves = st.builds(Conv, st.integers(1, 3), st.sampled_from([1, 3, (1, 7)])) | st.just(Pool("max", 3, 2, "valid"))
nodes: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Chain, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Fork, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Residual, inner, st.sampled_from([0.1, 1.0]))
    ),
    max_leaves=6,
)


def inside(matches: tuple[Match, ...]) -> Iterator[Match]:
    for match in matches:
        yield match
        yield from inside(match.parts)


def pairs(one: str, two: str) -> dict[str | None, str | None]:
    return {match.left: match.right for match in inside(align(network(one), network(two))) if match.left}


@given(nodes, nodes)
def test_the_way_is_as_far_back_and_never_longer_than_taking_all_away(one: Node, two: Node) -> None:
    assert distance(one, two) == pytest.approx(distance(two, one))
    assert 0 <= distance(one, two) <= size(one) + size(two) + 1  # at most, one of the two has another kind of sum
    assert distance(one, one) == 0


@pytest.mark.parametrize("one", PRESETS)
def test_every_box_of_the_first_block_stands_in_exactly_one_row(one: str) -> None:
    """Counted from the boxes, which are another walk: stages, leaves, bars and the head."""
    for two in PRESETS:
        rows = side_by_side(network(one), network(two))
        for side, name in enumerate((one, two)):
            expected = {
                path
                for path, box in resolve(network(name)).items()
                if path.split(".")[1:2] in ([], ["0"])
                and box.level != "unit"
                and (box.level == "stage" or box.op != "group")
            }
            assert Counter(row.paths[side] for row in rows if row.paths[side]) == Counter(expected), (two, name)


def test_places_of_the_papers_networks_stand_for_each_other_as_its_figures_say() -> None:
    """The pooling branch of Inception-A has no partner, Reduction-A is one block, Reduction-B isn't shared with v4."""
    found = pairs(V4, V2)
    assert (found["inception_a.0.b0.0"], found["inception_a.0.b0.1"]) == (None, None)
    assert [found[f"inception_a.0.b{i}"] for i in (1, 2, 3)] == [f"block_a.0.body.b{i}" for i in range(3)]
    rows = [row for row in side_by_side(*map(network, (V4, V1, V2))) if str(row.paths[0]).startswith("reduction_a.")]
    assert [row.paths for row in rows] == [(row.paths[0],) * 3 for row in rows]
    differ = {"reduction_a", *(f"reduction_a.0.{part}" for part in ("b2.0", "b2.1", "b2.2", "concat"))}
    rows = [row for row in side_by_side(*map(network, (V4, V1, V2))) if str(row.paths[0]).startswith("reduction_a")]
    assert {row.paths[0] for row in rows if row.mark == "changed"} == differ
    rows = [row for row in side_by_side(network(V4), network(V2)) if "reduction_b.0." in f"{row.paths}"]
    alone = [row.paths[1] for row in rows if row.mark == "only" and row.paths[1]]
    assert alone == ["reduction_b.0.b2.0", "reduction_b.0.b2.1"]
    rows = [row for row in side_by_side(network(V1), network(V2)) if not f"{row.paths}".count("stem")]
    assert "only" not in {row.mark for row in rows}


def test_whatever_a_box_says_otherwise_than_its_partner_is_marked() -> None:
    """The linear 1x1 is as wide as its input, the classifier reads it, and blocks that are alike can be more."""
    found = marks(network(V1), network(V2))[0]
    assert {found[path] for path in ("block_b.0.project", "block_c.0.project", "classifier")} == {"changed"}
    assert {found[path] for path in ("block_a.0.add", "dropout")} == {"same"}
    longer = marks(network(V2), network(V2, b=12))[1]
    assert (longer["block_b"], longer["block_b.0.project"], longer["block_a"]) == ("changed", "same", "same")


def test_what_a_release_adds_stands_where_it_runs_and_other_orders_keep_their_partners() -> None:
    names = [row.paths for row in side_by_side(network(V2), network(SLIM)) if "." not in (row.paths[1] or "")]
    order = [right for _, right in names if right]
    assert order[:3] == ["stem", "mixed_5b", "block_a"]
    assert order[6:10] == ["block_c", "block8", "conv2d_7b", "pool"]
    found = pairs(V4, "inception_v4.tf_slim")
    assert (found["reduction_a.0.b0"], found["inception_b.0.b3.1"]) == ("reduction_a.0.b2", "inception_b.0.b2.1")


@pytest.mark.parametrize("name", PRESETS)
def test_a_network_beside_itself_is_the_same_everywhere(name: str) -> None:
    spec = network(name)
    assert {row.mark for row in side_by_side(spec, spec, spec)} == {"same"}
    assert {mark for told in marks(spec, spec) for mark in told.values()} == {"same"}
    assert all_changes(spec, spec) == ()


def test_a_group_is_marked_as_what_is_in_it_and_later_blocks_have_the_partners_of_the_first() -> None:
    told, _ = marks(network(V2), network(V2, scale_b=0.2))
    differing = {path for path, mark in told.items() if mark != "same" and path.count(".") < 2}
    assert differing == {"block_b", *(f"block_b.{i}" for i in range(10))}
    assert (told["block_b.7.scale"], told["block_b.7.project"]) == ("changed", "same")
    found = partners(network(V1), network(V2))
    assert found[0, "block_b.7.body.b1.1"] == ("block_b.0.body.b1.1", "block_b.0.body.b1.1")


@pytest.mark.parametrize("count", [1, 5])
def test_two_to_four_networks_can_be_compared(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} networks can't be compared; 2 to 4 can"):
        side_by_side(*[network(V1)] * count)


def test_a_ready_made_comparison_opens_stages_that_its_networks_have() -> None:
    for ready in READY:
        assert set(ready.stages) <= {stage.name for name in ready.names for stage in network(name).stages}, ready.title
        assert side_by_side(*map(network, ready.names))


def test_counts_of_the_parts_add_up_to_those_of_the_networks() -> None:
    """And the fields at the end are those of RECEPTIVE_FIELD_TABLE.md of google-research/receptive_field."""
    found = part_counts(*map(network, PRESETS))
    for i, name in enumerate(PRESETS):
        total = totals(network(name))
        for count, whole in (("params", total.params), ("macs", total.macs), ("convolutions", total.convolutions)):
            assert sum(values[count][i] for part, values in found.items() if part != "all") == whole
            assert found["all"][count][i] == whole
    fields = part_counts(network(SLIM), network("inception_v4.tf_slim"))
    assert (fields["tail"]["receptive_field"][0], fields["c"]["receptive_field"][1]) == (3039, 2071)
