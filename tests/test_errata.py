"""Errata: all there, each where it belongs, and the arithmetic behind them by hand, from counts and from modules."""

from __future__ import annotations

import re
from collections import Counter
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from irnet.models import PRESETS, network
from irnet.models.errata import ERRATA, EVIDENCE, errata
from irnet.provenance.deviations import numbered_deviations
from irnet.provenance.erratum_checks import LINEAR, erratum_record, printed_width, readings, refutation, try_width
from irnet.provenance.published import PAPERS, additions
from irnet.provenance.sources import errata_of
from irnet.runtime.build import ForkUnit
from irnet.spec import Basis, Network, Source
from irnet.tree import resolve
from irnet.tree.totals import longest_chain, totals
from tests.conftest import Meta

V4, V1, V2, V3 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v3.tf_slim"
SLIM = "inception_resnet_v2.tf_slim"
AVERAGING = [V4, "inception_v4.tf_slim", SLIM, V3]  # the others pool by maximum only
PAPER = [name for name in PRESETS if name.endswith(".paper")]
RESULTS = {"E12", "E13", "E16"}  # about the figures and tables of the results, which no network carries
FIGURES = re.compile(r"Figs?\. (\d+(?:(?:, | and )\d+)*)")


def figures(text: str) -> set[str]:
    """The numbers in "Figs. 4, 5 and 6", with the paper where it is another: "Fig. 5 of arXiv 1502.03167"."""
    paper = "".join(re.findall(r" of arXiv \S+", text))
    return {number + paper for found in FIGURES.findall(text) for number in re.findall(r"\d+", found)}


def parts(spec: Network) -> dict[str, Source]:
    """Everything of a network that has a source."""
    return {stage.name: stage.source for stage in spec.stages} | {"head": spec.head.source, "network": spec.source}


SOURCES = [(name, part, source) for name in PRESETS for part, source in parts(network(name)).items()]
ATTACHED = [(name, part, erratum.id) for name, part, source in SOURCES for erratum in source.errata]


def test_there_are_eighteen_and_five_of_papers_before_each_in_full() -> None:
    assert list(ERRATA) == [f"E{i}" for i in range(1, 24)] == [found["id"] for found in errata_of()]
    fields = ("where", "printed", "used", "why", "certainty")
    assert [(id_, f) for id_, one in ERRATA.items() for f in fields if len(getattr(one, f).strip()) <= 5] == []


def test_every_erratum_about_a_network_or_a_stage_is_attached_to_one() -> None:
    assert {number for _, _, number in ATTACHED} == set(ERRATA) - RESULTS
    of_stages = {number for _, part, number in ATTACHED if part not in ("network", "head")}
    assert [number for number, one in ERRATA.items() if one.concerns == "stage" and number not in of_stages] == []


@pytest.mark.parametrize("name", PRESETS)
def test_the_errata_of_a_network_name_every_part_that_carries_them(name: str) -> None:
    listed = {found["id"]: found["stages"] for found in errata_of(network(name))}
    here = [(number, part) for net, part, number in ATTACHED if net == name]
    assert listed == {number: [part for other, part in here if other == number] for number, _ in here}


def test_an_erratum_hangs_on_the_figure_that_it_is_about_and_on_every_stage_of_it() -> None:
    """The heads carry what is said of dropout and softmax; every part says where it comes from."""
    stages = {number: figures(one.where) for number, one in ERRATA.items() if one.concerns == "stage"}
    for name, part, source in SOURCES:
        assert re.search(r"(Fig\.|Table|Section) \d+|\.py", source.ref), (name, part)
        if name in PAPER:
            drawn, carried = figures(source.ref), {erratum.id: figures(erratum.where) for erratum in source.errata}
            assert [number for number, about in carried.items() if about and not about & drawn] == [], (name, part)
            due = {number for number, about in stages.items() if part != "network" and about & drawn}
            assert due <= set(carried), (name, part)
            assert part != "head" or "arXiv" in source.ref or source.errata == errata("E10", "E11")


def test_e1_stride_2_leads_from_71_to_35() -> None:
    rows = {row.path: row for row in resolve(network(V4)).rows}
    ends = [(rows[path].in_shape[1], rows[path].out_shape[1]) for path in ("stem.0.5.b0", "stem.0.5.b1")]
    assert ends == [(71, 35), (71, 35)]


def test_e2_and_e3_change_no_count() -> None:
    assert totals(network(V4)) == totals(network("inception_v4.tf_slim"))


def kernels(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Kernel sizes by path in stem and Inception blocks, branches numbered as if the pooling branch came last."""
    found = {path: m.kernel_size for path, m in model.named_modules() if isinstance(m, nn.Conv2d)}
    return {path: kernel for path, kernel in found.items() if path.startswith(("stem", "inception"))}


def pool_last(path: str) -> str:
    return re.sub(r"^(inception_.\.\d)\.b(\d)", lambda found: f"{found[1]}.b{(int(found[2]) - 1) % 4}", path)


def test_e2_and_e3_change_43_kernels_and_the_sides_of_three_forks(meta: Meta) -> None:
    """2 in the stem, 5 in each of 7 B blocks, 2 in each of 3 C blocks, whose last fork (2 more) only changes sides."""
    paper = {pool_last(path): kernel for path, kernel in kernels(meta(network(V4))).items()}
    released = kernels(meta(network("inception_v4.tf_slim")))
    differing = Counter(path.split(".")[0] for path in paper if paper[path] != released[path])
    assert differing == {"stem": 2, "inception_b": 7 * 5, "inception_c": 3 * (2 + 2)}


@pytest.mark.parametrize("name", [V4, V1, V2])
def test_e10_e11_a_unit_is_dropped_with_one_fifth_before_a_linear_layer_to_the_classes(name: str, meta: Meta) -> None:
    assert [m.p for m in meta(network(name)).modules() if isinstance(m, nn.Dropout)] == [0.2]
    assert [(row.op, row.out_shape) for row in resolve(network(name)).rows[-1:]] == [("linear", (1000, 1, 1))]


@pytest.mark.parametrize("name", AVERAGING)
def test_e14_average_pools_are_3x3_and_leave_the_border_out(name: str, meta: Meta) -> None:
    pools = [m for m in meta(network(name)).modules() if isinstance(m, nn.AvgPool2d)]
    assert {(p.kernel_size, p.stride, p.padding, p.count_include_pad) for p in pools} == {(3, 1, 1, False)}


@pytest.mark.parametrize("name", [V1, V2])
def test_e15_e18_branches_are_concatenated_before_a_linear_convolution_with_a_bias_and_no_batch_norm(
    name: str, meta: Meta
) -> None:
    ops = [row.op for row in resolve(network(name)).rows if row.path in ("block_a.0.body", "block_a.0.project")]
    assert ops == ["concat", "project"]
    block = meta(network(name)).get_submodule("block_b.0")
    up = block.get_submodule("project")
    assert isinstance(up, nn.Conv2d)
    assert up.bias is not None
    assert [type(child).__name__ for child in block.children()] == ["ForkUnit", "Conv2d", "Scale", "Add", "ReLU"]


ABOUT_WORDS = {"E17"}
NOT_DRAWN = {"E12", "E13", "E16", "E17"}
# erratum: results of the calculation from top to bottom, by hand from the figures and tables
BY_HAND = {
    "E1": ["69", "35", "35", "35"],
    "E2": ["1x13 px", "7 px", "yes", "yes"],
    "E6": ["1888", "1792"],
    "E7": ["yes"] * 6 + ["no"] * 6,
    "E8": ["0.756", "1.074", "1.086"],
    "E9": ["yes", "no", "no", "no", "yes", "no"],
    "E10": ["0.2", "1228.8", "307.2"],
    "E11": ["no", "1,537,000", "no", "1,793,000", "no", "2,145,000"],
    "E12": ["no", "yes"],
    "E13": ["152", "152"],
    "E15": ["24,576", "229,376", "688,128", "49,152", "442,368", "960,512"],
    "E16": ["yes", "yes"],
    "E18": ["45,760", "55.84 M", "55.89 M"],
    "E19": ["9.2K", "118M", "2.7K", "34M"],
    "E20": ["160K", "379K", "367K", "438K", "498K", "498K", "590K", "847K", "1018K", "1076K", "1409K"],
    "E21": ["7.0 M", "8.6"],
    "E22": ["608", "608", "1056"],
    "E23": ["no", "yes"],
}
HOLDS = {
    "E1": [False, True, True, True],
    "E2": [False, True, True, True],
    "E3": [True, True],
    "E4": [None, False, True],
    "E5": [None, False, True, True, False],
    "E6": [False, True],
    "E8": [False, True, True],
    "E9": [True, False, False, False, True, False],
    "E12": [False, True],
    "E13": [False, True],
    "E14": [True, False, False, True],
    "E16": [True, True],
    "E19": [False, False, True, True],
    "E20": [True, True, True, True, False, False, True, True, False, True, True],
    "E21": [None, False],
    "E22": [False, False, False],
    "E23": [False, True],
}


@pytest.mark.parametrize("id_", ERRATA)
def test_an_erratum_has_the_results_worked_out_by_hand_and_holds_or_fails_as_it_says(id_: str) -> None:
    steps = refutation(id_)
    assert bool(steps) == (id_ not in ABOUT_WORDS)
    assert [step.result for step in steps] == BY_HAND.get(id_, [step.result for step in steps])
    assert [step.holds for step in steps] == HOLDS.get(id_, [step.holds for step in steps])
    assert {ERRATA[id_].basis, EVIDENCE[id_].basis} <= set(get_args(Basis))
    assert (ERRATA[id_].basis == "computed") <= bool(steps)
    if EVIDENCE[id_].preset:
        read_in = erratum_record(id_)["read in"]
        assert isinstance(read_in, list)
        assert read_in
        assert all(".py, " in where for where in read_in)


@pytest.mark.parametrize(
    ("id_", "sum_", "width"), [("E4", "384 + 384 + 384", 1152), ("E5", "1152 + 384 + 288 + 320", 2144)]
)
def test_the_width_is_the_sum_of_the_reduction_before_it(id_: str, sum_: str, width: int) -> None:
    first = refutation(id_)[0]
    assert (first.expression, first.result) == (sum_, str(width))
    assert sum(map(int, sum_.split(" + "))) == width


def test_e5_stands_in_readings_that_take_one_figure_each_for_right() -> None:
    found = readings(refutation("E5"))
    assert list(found)[:2] == ["Fig. 18 is right, and Fig. 19 slips", "Fig. 19 is right, and Fig. 18 slips"]
    (other,) = found["Fig. 19 is right, and Fig. 18 slips"]
    assert (other.expression, other.result, other.holds) == ("1152 + 384 + 256 + 256", "2048", True)
    last = refutation("E5")[-1]  # nor if one believes 1154
    assert (last.expression, last.result, last.holds) == ("1154 + 384 + 288 + 320", "2146", False)


@pytest.mark.parametrize(
    ("name", "convolutions", "chain"),
    [
        ("inception_v4.paper", 149, 75),
        ("inception_resnet_v2.paper", 132, 95),
        ("inception_resnet_v2.tf_slim", 244, 175),
    ],
)
def test_e9_the_built_module_has_these_convolutions_and_this_longest_chain(
    name: str, convolutions: int, chain: int, meta: Meta
) -> None:
    model = meta(network(name))
    assert sum(isinstance(module, nn.Conv2d) for module in model.modules()) == convolutions
    assert depth(model) == longest_chain(network(name)) == chain


def depth(module: nn.Module) -> int:
    """Convolutions on the longest way through a built module, by the classes that torch runs."""
    if isinstance(module, nn.Conv2d):
        return 1
    if isinstance(module, ForkUnit):
        return max(map(depth, module.children()))
    return sum(map(depth, module.children()))  # in a residual unit the body and its linear convolution


def test_the_other_version_of_the_paper_bears_on_e8_and_every_addition_on_something() -> None:
    (sentence,) = additions("E8")
    assert sentence.startswith("AAAI-17: ")
    assert "open source implementations" in sentence
    assert erratum_record("E8")["other version"] == [sentence]
    known = {*ERRATA, *numbered_deviations()}
    assert {id_ for paper in PAPERS for one in paper.adds for id_ in one.bears_on} <= known


@pytest.mark.parametrize(("id_", "printed", "needed"), [("E4", 1154, 1152), ("E5", 2048, 2144)])
def test_the_sum_refuses_the_printed_width_and_takes_the_one_used(id_: str, printed: int, needed: int) -> None:
    assert printed_width(id_) == printed
    refused, taken = (try_width(network(V2), LINEAR[id_], width) for width in (printed, needed))
    assert (refused.accepted, taken.accepted) == (False, True)
    assert refused.sentence == f"{LINEAR[id_]}.0: cannot add {printed} channels to {needed}"


@given(st.integers(1, 4000))
def test_a_width_is_accepted_exactly_when_torch_could_add_it(width: int) -> None:
    x = torch.empty(1, 1152, 17, 17, device="meta")
    try:
        possible = (x + torch.empty(1, width, 17, 17, device="meta")).shape == x.shape and width != 1
    except RuntimeError:
        possible = False  # a single channel would be broadcast; a convolution of one filter is still too narrow
    assert try_width(network(V2), "block_b", width).accepted == possible


def test_a_width_that_no_convolution_has_and_a_place_without_a_residual_are_refused() -> None:
    for width in (0, -3):
        found = try_width(network(V2), "block_b", width)
        assert (found.accepted, found.sentence) == (False, f"a convolution needs at least 1 filter, not {width}")
    with pytest.raises(ValueError, match=r"inception_v4\.paper has no residual block 'inception_b\.0'"):
        try_width(network("inception_v4"), "inception_b", 1024)


def test_a_pool_that_shrinks_its_grid_is_refused_by_the_concatenation() -> None:
    results = [step.result for step in refutation("E14")]
    assert results[1:3] == [
        "branches end on different grids: 33x33, 35x35",
        "branches end on different grids: 17x17, 35x35",
    ]


@pytest.mark.parametrize("id_", ERRATA)
def test_the_place_is_drawn_in_a_network_that_carries_the_erratum(id_: str) -> None:
    one = EVIDENCE[id_]
    assert len(one.released) > 20
    assert (one.preset == "") == (id_ in NOT_DRAWN)
    if one.preset:
        spec = network(one.preset)
        sources = {stage.name: stage.source for stage in spec.stages}
        here = (sources[one.stage],) if one.stage else (spec.source, spec.head.source)
        assert id_ in {erratum.id for source in here for erratum in source.errata}
        assert one.preset in PRESETS
        assert one.box == "" or one.box in resolve(spec)
        assert one.box.startswith(one.stage) or not one.box


def test_an_unknown_erratum_is_refused_with_the_known_ones() -> None:
    for ask in (refutation, erratum_record, errata):
        with pytest.raises(ValueError, match=r"^no erratum is called 'E99'; they are E1, E2, .*, E23$"):
            ask("E99")
