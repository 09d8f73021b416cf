"""Which stage, branch and step stands for which, and what is the same, changed or on one side only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.comparison.align import Match, align
from irnet.comparison.changes import part_counts
from irnet.comparison.distance import distance, size
from irnet.comparison.examples import READY
from irnet.comparison.side_by_side import all_changes, marks, partners, side_by_side
from irnet.models import PRESETS, network
from irnet.spec import Chain, Conv, Fork, Node, Pool, Residual
from irnet.tree import resolve
from irnet.tree.totals import totals

V1, V2, V4 = "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v4.paper"
SLIM = "inception_resnet_v2.tf_slim"

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
