"""Tables and numbers as they are written: stages add up, and what can't be read is refused."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.models import ARCHITECTURES, GROUPS, PRESETS, network
from irnet.models.recipe import parse_knob
from irnet.provenance.ledger import ledger, sums
from irnet.provenance.ledger import records as terms
from irnet.runtime.measure import search
from irnet.spec import Network
from irnet.tables import Column, Table, from_records, to_csv, to_json, to_text
from irnet.tree import details, resolve
from irnet.tree.totals import overview, records, stages, summary, totals
from irnet.units import change, exact, fold, share, short
from tests.conftest import Measured

COUNTS = ("params", "macs", "activation_elements")
each_preset = pytest.mark.parametrize("name", PRESETS)


def added(spec: Network) -> dict[str, int]:
    return {count: sum(getattr(stage, count) for stage in stages(spec)) for count in COUNTS}


@each_preset
def test_tables_of_a_preset_add_up_in_its_order_and_are_plain_json(name: str) -> None:
    spec = network(name)
    assert added(spec) == {count: getattr(totals(spec), count) for count in COUNTS}
    assert [stage.name for stage in stages(spec)] == [*(stage.name for stage in spec.stages), "head"]
    made = summary(spec)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert [record["path"] for record in records(spec)] == [row.path for row in resolve(spec).rows]
    counted: list[dict[str, Any]] = terms(ledger(spec))
    assert {c: sum(term[c] or 0 for term in counted) for c in ("fvcore", "torchinfo", "torch")} == sums(ledger(spec))


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 5))
def test_stages_add_up_to_the_totals_also_without_blocks(a: int, b: int, c: int, classes: int) -> None:
    spec = network("inception_resnet_v2.tf_slim", a=a, b=b, c=c, classes=classes)
    assert added(spec) == {count: getattr(totals(spec), count) for count in COUNTS}


def test_a_stage_without_blocks_hands_its_input_on() -> None:
    found = {stage.name: stage.out_shape for stage in stages(network("inception_v4", b=0))}
    assert found["inception_b"] == found["reduction_a"] == (1024, 17, 17)


@pytest.mark.parametrize(
    ("name", "params"), [("googlenet.torchvision", 13_004_888), ("inception_v3.torchvision", 27_161_264)]
)
def test_a_summary_counts_with_auxiliary_heads_what_torchvision_prints(name: str, params: int) -> None:
    """`num_params` of its weights, 13,004,888 of GoogLeNet's with both heads; totals are without."""
    alone, both = summary(network(name)), summary(network(name, auxiliary=True))
    assert both["params"] == alone["params"]
    assert "auxiliary" not in alone
    assert isinstance(both["auxiliary"], dict)
    assert both["auxiliary"]["params"] == params


def test_the_overview_has_every_preset_at_its_own_size() -> None:
    sizes = {row["name"]: row["input_shape"] for row in overview()}
    others = {"inception_resnet_v1.facenet": 160} | dict.fromkeys(
        ("googlenet", "bn_inception", "resnet_50", "resnext_50"), 224
    )
    sides = {name: others.get(name, others.get(name.partition(".")[0], 299)) for name in PRESETS}
    assert sizes == {name: [3, side, side] for name, side in sides.items()}


def test_the_overview_lists_the_papers_family_then_the_line_before_it_then_neighbours() -> None:
    listed = [str(row["group"]) for row in overview()]
    assert list(dict.fromkeys(listed)) == list(GROUPS)
    assert listed == sorted(listed, key=list(GROUPS).index)
    assert [name for names in GROUPS.values() for name in names] == list(ARCHITECTURES)


def test_records_of_a_stage_are_those_of_its_paths_without_macs_where_there_is_no_convolution() -> None:
    spec = network("inception_resnet_v2.tf_slim")
    found = [record["path"] for record in records(spec, "block_b")]
    assert found == [row.path for row in resolve(spec).rows if row.path.startswith("block_b.")]
    none = {record["op"] for record in records(spec) if record["macs"] is None}
    assert none == {"max_pool", "avg_pool", "concat", "scale", "add", "global_pool", "dropout"}


def test_details_say_what_the_stem_of_figure_3_starts_with_and_refuse_an_unknown_path() -> None:
    found = details(network("inception_v4"), "stem.0.0")
    assert [found[what] for what in ("What", "Input", "Output", "Parameters")] == [
        "3x3 conv 32 /2 V",
        "299x299x3",
        "149x149x32",
        "928, 0.0 % of the network",
    ]
    with pytest.raises(KeyError, match=r"inception_v4\.paper has no box 'stem\.9'"):
        details(network("inception_v4"), "stem.9")


def test_the_ledger_lists_what_nobody_counts_with_its_amount() -> None:
    """20 residual blocks of 256x35x35, 896x17x17 and 1792x8x8 numbers, scaled and added."""
    amounts = {
        t.what: t.amount for t in ledger(network("inception_resnet_v1")) if not (t.fvcore or t.torchinfo or t.torch)
    }
    once = 5 * 256 * 35 * 35 + 10 * 896 * 17 * 17 + 5 * 1792 * 8 * 8
    assert [amounts[what] for what in ("residual scaling: products", "residual sum: additions")] == [once, once]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=6", ("a", 6)),
        (" scale_b = 0.25 ", ("scale_b", 0.25)),
        ("scale_b=1", ("scale_b", 1.0)),
        ("input_size=224", ("input_size", 224)),
        ("input_size=224x261", ("input_size", (224, 261))),
    ],
)
def test_a_knob_is_read_with_its_type(text: str, expected: tuple[str, object]) -> None:
    assert repr(parse_knob(PRESETS["inception_resnet_v2.paper"], text)) == repr(expected)


@pytest.mark.parametrize("text", ["", "a", "a=", "=6", "a=six", "a=6.5", "input_size=2x2x2", "input_size=bigx9"])
def test_a_knob_that_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(does not say a knob and its value|is not (a number|pixels))"):
        parse_knob(PRESETS["inception_resnet_v2.paper"], text)


TOP = ["", "stem", "block_a", "reduction_a", "block_b", "reduction_b", "block_c", "pool", "dropout", "classifier"]


@pytest.mark.parametrize(
    ("wanted", "paths"),
    [
        ("", TOP),
        ("block_b.3.project", ["block_b.3.project"]),
        ("*.9.scale", ["block_b.9.scale"]),
        ("BATCHNORM1D", []),
        (" adaptive ", ["pool.0"]),
    ],
)
def test_modules_are_found_by_path_or_kind(wanted: str, paths: list[str], measured: Measured) -> None:
    modules = measured("inception_resnet_v1.paper").modules
    assert [module.path for module in search(modules, wanted, 1)] == paths
    deeper = {module.path for module in search(modules, "", 2)}
    assert deeper == {module.path for module in modules if module.path.count(".") < 2}


@pytest.mark.parametrize("formula", ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_csv_is_a_formula(formula: str) -> None:
    read = list(csv.reader(StringIO(to_csv(from_records([{formula: formula}])), newline="")))
    told = formula.replace("\r", "\n")
    assert read == [[f"'{told}"], [f"'{told}"]]


@pytest.mark.parametrize("number", ["-3", "+1.5", "-2,048", "-3 %", "-1e-05", "-", -3, -0.5, None])
def test_numbers_of_csv_stay_numbers(number: object) -> None:
    read = list(csv.reader(StringIO(to_csv(from_records([{"what": number, "n": 1}])))))
    assert read[1][0] == ("" if number is None else str(number))


def test_a_table_says_the_same_in_every_form_and_keeps_its_numbers_in_json() -> None:
    records = [{"block": "a.0", "out_shape": [384, 35, 35], "params": 1200, "finite": True, "zeros": [0.5, None]}]
    table = from_records(records, "Blocks")
    assert table.texts == (("a.0", "35x35x384", "1,200", "yes", "0.5, none"),)
    assert to_text(table).splitlines()[-1].split() == ["a.0", "35x35x384", "1,200", "yes", "0.5,", "none"]
    assert to_csv(table).splitlines()[1] == 'a.0,35x35x384,1200,True,"0.5, none"'
    assert json.loads(to_json(table)) == records


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a row of 1 cells does not fit 2 columns: \('x',\)$"):
        Table(columns=(Column("a"), Column("b")), rows=(("x",),))


FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@given(st.integers(0, 999 * 10**12))
def test_a_short_number_is_within_half_a_percent_and_has_three_digits_from_1000_on(number: int) -> None:
    digits, _, prefix = short(number).partition(" ")
    assert float(digits.replace(",", "")) * FACTORS[prefix] == pytest.approx(number, rel=0.00501)
    assert number < 1000 or len(digits.replace(".", "")) == 3


@pytest.mark.parametrize(
    ("number", "text"), [(999_499, "999 k"), (999_500, "1.00 M"), (9_994, "9.99 k"), (9_996, "10.0 k")]
)
def test_a_short_number_turns_over_where_it_would_have_four_digits(number: int, text: str) -> None:
    assert short(number) == text


@given(st.integers(-(10**15), 10**15))
def test_an_exact_number_can_be_read_back_and_a_change_has_its_sign_unless_it_is_none(number: int) -> None:
    assert int(exact(number).replace(",", "")) == number
    assert change(number)[0] == ("0" if number == 0 else "+" if number > 0 else "-")


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_share_is_in_percent_with_one_digit(part: int, whole: int) -> None:
    number = share(part, whole).removesuffix(" %")
    assert len(number.partition(".")[2]) == 1
    assert float(number) == pytest.approx(100 * part / whole, abs=0.0501)


@given(st.floats(0.01, 1e12))
def test_a_fold_is_within_half_a_percent(factor: float) -> None:
    number = fold(factor).removesuffix("-fold").replace(",", "")
    millions = number.endswith(" million")
    assert float(number.removesuffix(" million")) * (1e6 if millions else 1) == pytest.approx(factor, rel=0.00501)
