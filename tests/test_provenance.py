"""Names in the releases and numbered deviations: all there, true to the presets and to real module names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import get_args

import pytest

from irnet.models import PRESETS, network
from irnet.models.errata import ERRATA
from irnet.provenance.deviations import COLUMNS, has, numbered_deviations
from irnet.provenance.names import Implementation, releases
from irnet.provenance.sources import deviations, implementations, names, provenance
from irnet.runtime.build import Model
from irnet.spec import Basis, Chain, Fork, Network, Node, Pool
from tests.conftest import DATA, Meta

MODULES: dict[str, list[str]] = json.loads((DATA / "module_names.json").read_text(encoding="utf-8"))
RELEASED = [(architecture, one) for architecture, every in releases().items() for one in every]
RANGE = re.compile(r"^(.*?)(\d+|[a-z]) to \1(\d+|[a-z])$")
released = pytest.mark.parametrize(("architecture", "one"), RELEASED, ids=lambda value: getattr(value, "name", value))


def unfolded(text: str) -> Iterator[str]:
    """Every name that "first to last" and "one, two" stand for."""
    for part in text.split(", "):
        found = RANGE.match(part)
        if not found:
            yield part
        elif found[2].isdigit():
            yield from (f"{found[1]}{i}" for i in range(int(found[2]), int(found[3]) + 1))
        else:
            yield from (f"{found[1]}{chr(i)}" for i in range(ord(found[2]), ord(found[3]) + 1))


def stage_names(spec: Network) -> list[str]:
    return [*(stage.name for stage in spec.stages), "head"]


def test_every_stage_of_every_preset_has_names_and_a_row_in_the_table_of_names() -> None:
    for spec in map(network, PRESETS):
        assert [record["stage"] for record in names(spec)] == stage_names(spec)
        for part in stage_names(spec):
            found = provenance(spec, part)
            assert found.paper, part
            assert found.names or spec.name == "inception_v3.paper", part  # whose stages are several of a release's


@released
def test_a_release_names_every_stage_of_its_preset_its_file_and_version_and_as_many_blocks_as_there_are(
    architecture: str, one: Implementation
) -> None:
    spec = network(one.preset)
    assert one.preset.startswith(architecture)
    assert sorted(one.stages) == sorted(stage_names(spec))
    runs = {stage: len(list(unfolded(text))) for stage, text in one.stages.items() if RANGE.match(text)}
    runs.pop("stem", None)
    assert runs == {stage.name: stage.repeat for stage in spec.stages if stage.repeat > 1}
    found = next(record for record in implementations(spec) if record["by"] == one.name)
    assert one.file.endswith(".py")
    assert re.fullmatch(r"commit [0-9a-f]{7}|[A-Za-z-]+ \d+(\.\d+)+", found["version"])


@pytest.mark.parametrize("key", MODULES)
def test_the_names_are_those_of_the_real_modules_in_the_same_order(key: str) -> None:
    architecture, by = key.split()
    one = next(one for one in releases()[architecture] if one.name == by)
    spoken = [name for stage in stage_names(network(one.preset)) for name in unfolded(one.stages[stage])]
    without_parameters = {"maxpool_3a", "maxpool_5a", "global_pool", "head_drop", "avgpool_1a", "dropout"}
    assert [name for name in spoken if name not in without_parameters] == MODULES[key]


@pytest.mark.parametrize(
    ("name", "stage", "figure"),
    [
        ("inception_resnet_v2.tf_slim", "block_b", "Fig. 17"),
        ("inception_resnet_v1.facenet", "block_b", "Fig. 11"),
        ("inception_resnet_v2.tf_slim", "mixed_5b", "not in the paper"),
        ("inception_v4.tf_slim", "inception_c", "Fig. 6"),
        ("inception_v3.tf_slim", "mixed_6a", "not in the paper"),
    ],
)
def test_a_released_stage_points_at_the_figure_that_it_comes_from(name: str, stage: str, figure: str) -> None:
    assert provenance(network(name), stage).paper == figure


def test_repeat_1_means_different_stages_in_timm_and_facenet_pytorch_also_of_an_edited_network() -> None:
    v2 = provenance(network("inception_resnet_v2", b=3), "block_b")
    found = {one.by: one.label for one in v2.names}
    assert found["timm"].startswith("repeat_1.")
    assert found["facenet-pytorch"] == "repeat_2.0 to repeat_2.9 (v1)"
    assert v2 == provenance(network("inception_resnet_v2"), "block_b")
    with pytest.raises(ValueError, match=r"inception_v4\.paper has no stage 'block_b'; its stages: stem, .*, head$"):
        provenance(network("inception_v4"), "block_b")


def test_deviations_are_numbered_without_a_gap_and_touch_stages_and_columns_that_there_are() -> None:
    """The paper and every release of a network that a deviation touches have a value, and no other has one."""
    assert list(numbered_deviations()) == [f"D{i}" for i in range(1, len(numbered_deviations()) + 1)]
    for id_, one in numbered_deviations().items():
        assert {column for said in one.values for column in said.by} <= set(COLUMNS)
        for architecture, where in one.touches.items():
            there = chain.from_iterable(stage_names(network(n)) for n in PRESETS if n.startswith(architecture))
            assert set(where) <= {*there, "network"}, id_
            for column in (column for column in COLUMNS if has(column, architecture)):
                found = one.values_of(column, architecture)
                assert found, (id_, column, architecture)
                assert len(found) == 1 or all(said.version for said in found), (id_, column, architecture)
        for said in one.values:
            assert all(a in one.touches and any(has(column, a) for column in said.by) for a in said.of), id_


@pytest.mark.parametrize("spec", [network(name) for name in PRESETS], ids=PRESETS)
def test_a_networks_page_has_the_deviations_that_touch_it_and_only_the_releases_that_implement_it(
    spec: Network,
) -> None:
    architecture = spec.name.split(".")[0]
    there = {column for column in COLUMNS if has(column, architecture)}
    for record in deviations(spec):
        assert {column for column in COLUMNS if record[column]} - {"paper"} == there - {"paper"}, record["id"]
        assert record["paper"] == "not in the paper" if "paper" not in there else record["paper"]
        assert {record["basis"], record["why basis"]} <= set(get_args(Basis))
    listed = {record["id"] for record in deviations(spec)}
    assert listed == {id_ for id_, one in numbered_deviations().items() if architecture in one.touches}
    assert listed >= {id_ for stage in stage_names(spec) for id_ in provenance(spec, stage).deviations}


# deviation, network, column, what it must and what it must not say
OF_A_NETWORK = [
    ("D10", "inception_v4.paper", "paper", "last fork of the stem (Fig. 3): convolution, pooling", ""),
    ("D10", "inception_resnet_v2.paper", "paper", "the pooling branch is drawn first", "last fork"),
    ("D10", "inception_resnet_v2.tf_slim", "TF-slim", "the pooling branch comes last", "Mixed"),
    ("D12", "inception_v3.torchvision", "TorchVision", "by default", ""),
    ("D13", "inception_v3.tf_slim", "TF-slim", "1000 by the function's default", ""),
    ("D15", "inception_v3.torchvision", "TorchVision", "drop 0.5", ""),
    ("D15", "inception_v4.tf_slim", "Cadene", "none", ""),
    ("D19", "inception_v3.torchvision", "TorchVision", "padding counts", ""),
    ("D19", "inception_v3.torchvision", "TF-slim", "does not count", ""),
    ("D19", "inception_v4.tf_slim", "timm", "does not count", ""),
    ("D20", "inception_v4.tf_slim", "TF-slim", "map as built, or a mean", "8x8"),
    ("D20", "inception_v4.tf_slim", "Cadene", "0.7.4 on PyPI: average over 8x8; repository since 2019-01-20", ""),
    ("D21", "inception_v3.torchvision", "timm", "truncated normals of 0.1", "PyTorch"),
    ("D21", "inception_v4.tf_slim", "timm", "PyTorch's defaults", ""),
    ("D21", "inception_resnet_v2.tf_slim", "TF-slim", "Xavier", "variance"),
]


def test_a_value_is_that_of_the_network_at_hand() -> None:
    for id_, name, column, text, not_said in OF_A_NETWORK:
        found = next(str(record[column]) for record in deviations(network(name)) if record["id"] == id_)
        assert text in found, (id_, name, column)
        assert not not_said or not_said not in found, (id_, name, column)


def test_without_a_network_what_differs_is_said_of_each() -> None:
    for record in deviations():
        text = json.dumps({key: value for key, value in record.items() if key != "touches"})
        assert not set("{}") & set(text[1:-1])
        assert set(re.findall(r"\bE\d+", text)) <= set(ERRATA)
    every = next(record for record in deviations() if record["id"] == "D19")
    assert str(every["timm"]).startswith("v4 and v2: padding does not count")
    assert "; v3: padding counts" in str(every["timm"])


def forks(node: Node) -> Iterator[Fork]:
    """Every fork in a node, from the input on."""
    if isinstance(node, Fork):
        yield node
    for child in getattr(node, "branches", getattr(node, "nodes", ())):
        yield from forks(child)


def pooling_comes(fork: Fork) -> str:
    """Where a fork's pooling branch stands; "" where it has none."""
    first = [isinstance(branch.nodes[0] if isinstance(branch, Chain) else branch, Pool) for branch in fork.branches]
    return "" if True not in first else {0: "first", len(first) - 1: "last"}.get(first.index(True), "between")


@pytest.mark.parametrize(
    ("name", "usual", "other"),
    [("inception_v4.paper", "first", (-1, "last")), ("inception_v4.tf_slim", "last", (0, "first"))],
)
def test_d10_the_order_in_the_networks_is_the_one_that_the_deviation_names(
    name: str, usual: str, other: tuple[int, str]
) -> None:
    stem, *blocks = (stage.node for stage in network(name).stages)
    assert {pooling_comes(fork) for block in blocks for fork in forks(block)} - {""} == {usual}
    inside = [where for fork in forks(stem) if (where := pooling_comes(fork))]
    assert len(inside) == 2
    assert inside[other[0]] == other[1]
    assert inside.count(usual) == 1


# What the figures and the released code have, read there: deviation, column, text
READ = [
    ("D1", "paper", "384 channels"),
    ("D2", "Keras", "from 192 to 320 channels"),
    ("D3", "paper", "5, 10, 5"),
    ("D3", "TF-slim", "10, 20, 9 and one more"),
    ("D5", "paper", "2144 channels"),
    ("D5", "Cadene", "1x1 to 1536"),
    ("D6", "paper", "384, 1152, 2144"),
    ("D6", "TF-slim", "320, 1088, 2080"),
    ("D7", "TF-slim", "0.17, 0.1, 0.2"),
    ("D13", "paper", "1000"),
    ("D13", "facenet-pytorch", "8631 (VGGFace2)"),
    ("D14", "facenet-pytorch", "linear to 512"),
    ("D15", "paper", "keep 0.8"),
    ("D15", "facenet-pytorch", "drop 0.6"),
    ("D17", "timm", "0.001"),
    ("D18", "timm", "momentum 0.1"),
    ("D22", "Keras", "299 px, -1 to 1; at least 75 px"),
    ("D22", "facenet", "160 px"),
]


def test_a_value_that_a_preset_holds_is_that_of_figure_or_code() -> None:
    every = {str(record["id"]): record for record in deviations()}
    assert [(id_, column) for id_, column, text in READ if text not in str(every[id_][column])] == []


def modules(model: Model, name: str) -> list[object]:
    return [getattr(m, name) for m in model.modules() if hasattr(m, name)]


@pytest.mark.parametrize(
    "name",
    ["inception_v4.tf_slim", "inception_resnet_v2.tf_slim", "inception_resnet_v1.facenet", "inception_v3.torchvision"],
)
def test_a_built_module_has_the_settings_that_the_deviations_name(name: str, meta: Meta) -> None:
    column = "facenet-pytorch" if "facenet" in name else "timm"
    told = {record["id"]: record[column] for record in deviations(network(name))}
    model = meta(network(name))
    assert {told["D17"]} == {f"{eps:g}" for eps in map(float, map(str, modules(model, "eps")))}
    assert {f"0.9, that is momentum {m}" for m in modules(model, "momentum")} == {told["D18"]}
