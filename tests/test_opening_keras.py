"""Networks that Keras describes, and documents of graphs: read as what they are, or refused in one sentence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random
from time import process_time
from typing import Any
from zipfile import ZipFile

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from irnet.cli import main
from irnet.edit.document import document
from irnet.models import network
from irnet.opening.check import compare_with_preset
from irnet.opening.document import MOST, read_graph, to_document
from irnet.opening.graph import Graph, Operation
from irnet.opening.keras_file import DEEPEST, read_keras
from irnet.opening.normal_form import normal_form
from irnet.opening.tree import tree
from irnet.runtime.checkpoint_files import open_checkpoint
from irnet.runtime.sources import check, read_source
from irnet.runtime.trace import trace
from irnet.tree.totals import totals
from tests.keras_files import Writer, inception_resnet_v2, inception_v3, layer, sequential

NETWORKS = {"inception_resnet_v2.tf_slim": inception_resnet_v2, "inception_v3.tf_slim": inception_v3}
TRAINABLE = {"inception_resnet_v2.tf_slim": 55_813_192, "inception_v3.tf_slim": 23_817_352}  # as Keras's summary says
GAMMAS = {"inception_resnet_v2.tf_slim": 30_272, "inception_v3.tf_slim": 17_216}  # which Keras's norms do not have


def _renamed(text: str) -> str:
    """The same model with nonsense in the place of every layer's name."""
    names = re.findall(r'"name": "(\w+)"', text)
    nonsense = {name: f"x{Random(i).getrandbits(40)}" for i, name in enumerate(dict.fromkeys(names))}
    return re.sub(r'"(\w+)"', lambda found: json.dumps(nonsense.get(found[1], found[1])), text)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_keras_are_the_released_ones_whatever_their_layers_are_called(name: str, version: int) -> None:
    text = NETWORKS[name](version)
    for written in (text, _renamed(text)):
        graph = read_keras(written, "theirs")
        found = compare_with_preset(graph)
        assert (found.nearest, found.differences, found.irreducible) == (name, (), 0)
        assert (found.params, found.macs) == (TRAINABLE[name], totals(network(name)).macs)
    assert network(name).name == name
    assert totals(network(name)).params - found.params == GAMMAS[name]


def test_a_slip_in_a_file_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = inception_resnet_v2(3).replace('"scale": 0.1}', '"scale": 0.3}', 1)
    (tmp_path / "model.json").write_text(text)
    assert main(["check", str(tmp_path / "model.json")]) == 1
    assert "Inception-ResNet-B 1 of 20, scale: scales by 0.3; the preset by 0.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [(7, 3, 2), (8, 3, 2), (8, 2, 1), (9, 5, 3), (5, 1, 2), (8, 3, 1)]
)
def test_same_padding_computes_what_keras_defines(size: int, kernel: int, stride: int) -> None:
    """Against a sum by hand: window `o` of SAME begins `least // 2` in front of o * stride."""
    text = sequential(
        layer("Conv2D", filters=1, kernel_size=kernel, strides=stride, padding="same", use_bias=False),
        shape=(None, size, size, 1),
    )
    conv = read_keras(text, "n").operations[-1]
    edges = conv.setting("padding")
    assert isinstance(edges, tuple)
    sides = [side for side in edges if isinstance(side, int)]
    top, bottom, left, right = sides if len(sides) == 4 else (sides[0], sides[0], sides[1], sides[1])
    picture, weight = torch.rand(1, 1, size, size), torch.rand(1, 1, kernel, kernel)
    found = nn.functional.conv2d(nn.functional.pad(picture, (left, right, top, bottom)), weight, stride=stride)
    many = -(-size // stride)
    least = max((many - 1) * stride + kernel - size, 0)
    wanted = torch.zeros(many, many)
    for row in range(many):
        for column in range(many):
            for i in range(kernel):
                for j in range(kernel):
                    y, x = row * stride - least // 2 + i, column * stride - least // 2 + j
                    if 0 <= y < size and 0 <= x < size:
                        wanted[row, column] += picture[0, 0, y, x] * weight[0, 0, i, j]
    assert conv.out_shape == (1, many, many)
    torch.testing.assert_close(found[0, 0], wanted)


class _Torch(nn.Module):
    """What `test_layers_are_written_as_a_traced_module_has_them` writes for Keras."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(3, 6, 3, groups=3, bias=False)
        self.pointwise = nn.Conv2d(6, 4, 1)
        self.norm, self.fc = nn.BatchNorm2d(4, 0.01), nn.Linear(4 * 2 * 2, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.silu(self.norm(self.pointwise(self.depthwise(nn.functional.pad(x, (1, 2, 1, 2))))))
        x = nn.functional.relu6(nn.functional.max_pool2d(x, 2)) * 0.5 + 3.0
        x = nn.functional.avg_pool2d(x, 2, 2, 0)
        return nn.functional.gelu(self.fc(x.permute(0, 2, 3, 1).flatten(1)))


def test_layers_are_written_as_a_traced_module_has_them() -> None:
    text = sequential(
        layer("ZeroPadding2D", padding=[[1, 2], [1, 2]]),
        layer("SeparableConv2D", filters=4, kernel_size=[3, 3], depth_multiplier=2),
        layer("BatchNormalization", epsilon=0.01),
        layer("Dropout", rate=0.5),
        layer("Activation", activation="swish"),
        layer("MaxPooling2D"),
        layer("ReLU", max_value=6.0),
        layer("Rescaling", scale=0.5, offset=3.0),
        layer("AveragePooling2D", pool_size=[2, 2]),
        layer("Flatten"),
        layer("Dense", units=5, activation="gelu"),
    )
    found, traced = read_keras(text, "n"), trace(_Torch(), (3, 8, 8))
    assert [(op.kind, op.out_shape) for op in found.operations] == [(op.kind, op.out_shape) for op in traced.operations]
    assert (_sum(found, "params"), _sum(found, "macs")) == (_sum(traced, "params"), _sum(traced, "macs"))
    different = [i for i, (a, b) in enumerate(zip(found.operations, traced.operations, strict=True)) if a != b]
    assert [found.operations[i].kind for i in different] == ["flatten"]  # torch's says from which side on
    shapes = [[weight.shape for graph in (found, traced) for op in graph.operations for weight in op.weights]]
    assert shapes[0][: len(shapes[0]) // 2] == shapes[0][len(shapes[0]) // 2 :]


def _sum(graph: Graph, what: str) -> int:
    return sum(getattr(operation, what) for operation in graph.operations)


@pytest.mark.parametrize("version", [2, 3])
def test_layers_and_models_are_shared(version: int) -> None:
    inner = Writer(version, (None, 8, 8, 3))
    block = inner.model(inner.add("Conv2D", "in", name="c", filters=3, kernel_size=3, padding="same"), name="block")
    outer = Writer(version, (None, 8, 8, 3))
    x = outer.add("Add", "in", "block")
    text = outer.json(x)
    data = json.loads(text)
    node = json.loads(json.dumps(data["config"]["layers"][-1]["inbound_nodes"]).replace('"block", 0', '"in", 0'))
    first = json.loads(
        json.dumps(node).replace('"in", 0', '"block", 1')
    )  # the call of a model when it was made is its 0th
    whole = block | {"inbound_nodes": [_only(node), _only(first)]}
    data["config"]["layers"].insert(1, whole)
    data["config"]["layers"][-1] = json.loads(
        json.dumps(data["config"]["layers"][-1]).replace('"block", 0', '"block", 2')
    )
    graph = read_keras(json.dumps(data), "n")
    assert [op.kind for op in graph.operations] == ["input", "conv", "conv", "add"]
    assert graph.reads == ((), (0,), (1,), (0, 2))
    assert [op.params for op in graph.operations] == [0, 84, 0, 0]
    assert graph.operations[1].module == "block/c"


def _only(nodes: list[Any]) -> Any:
    """A call with the last of its values alone."""
    node = nodes[0]
    return [node[-1]] if isinstance(node, list) else {"args": [node["args"][0][-1]], "kwargs": {}}


def test_channels_first_are_read_as_they_are() -> None:
    first = {"data_format": "channels_first"}
    text = sequential(
        layer("Conv2D", filters=4, kernel_size=3, **first),
        layer("BatchNormalization", axis=1),
        layer("Flatten", **first),
        shape=(None, 3, 8, 10),
    )
    graph = read_keras(text, "n")
    kinds = [(op.kind, op.out_shape) for op in graph.operations]
    assert kinds == [("input", (3, 8, 10)), ("conv", (4, 6, 8)), ("batch_norm", (4, 6, 8)), ("flatten", (192,))]


def test_sides_that_a_network_leaves_open_are_the_readers() -> None:
    text = sequential(layer("UpSampling2D", size=2), layer("Cropping2D", cropping=1), shape=(None, None, None, 3))
    graph = read_keras(text, "n", (3, 20, 30))
    assert [op.out_shape for op in graph.operations] == [(3, 20, 30), (3, 40, 60), (3, 38, 58)]


def test_a_layer_without_a_word_keeps_its_class_and_its_settings() -> None:
    text = sequential(layer("Gain", "g", gain=2.5, on=[1, 2], dtype="float32", gain_initializer={"class_name": "Ones"}))
    gain = read_keras(text, "n").operations[-1]
    assert (gain.kind, gain.settings, gain.module) == ("Gain", (("gain", 2.5), ("on", (1, 2))), "g")
    with pytest.raises(
        ValueError, match=r"layer 'c' \(Conv2D\): the shape of what it reads is not known: that is made by"
    ):
        read_keras(sequential(layer("Gain"), layer("Conv2D", "c", filters=3, kernel_size=3)), "n")


def test_code_in_a_file_is_not_run() -> None:
    code = "__import__('os')._exit(1)"
    text = sequential(layer("Lambda", function=[code, None, None]), layer("Lambda", arguments={"scale": 0.1, "y": 2}))
    assert [op.kind for op in read_keras(text, "n").operations] == ["input", "Lambda", "Lambda"]


def test_functions_in_the_place_of_layers_are_read() -> None:
    keras = Writer(2, (None, 8, 8, 3))
    for i, (function, number) in enumerate((("math.add", 3.0), ("math.multiply", 0.5))):
        keras.add("TFOpLambda", keras.layers[-1]["name"], name=f"f{i}", function=function)
        keras.layers[-1]["inbound_nodes"] = [[keras.layers[-2]["name"], 0, 0, {"y": number, "name": None}]]
    graph = read_keras(keras.json("f1"), "n")
    assert [op.kind for op in graph.operations] == ["input", "add", "scale"]
    assert (graph.operations[1].setting("other"), graph.operations[2].setting("factor")) == (3.0, 0.5)


SMALL = (
    layer("Conv2D", "conv2d_7", filters=4, kernel_size=3, use_bias=True, activation="relu"),
    layer("Conv2D", "conv2d_3", filters=5, kernel_size=3, use_bias=False),
    layer("GlobalAveragePooling2D", "pool"),
    layer("Dense", "mine", units=2),
)
ARRAYS = ((3, 3, 3, 4), (4,), (3, 3, 4, 5), (5, 2), (2,))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_weights_of_a_file_have_the_keys_that_it_is_opened_by(ending: str, tmp_path: Path) -> None:
    numbered = ("layers/conv2d/vars/0", "layers/conv2d/vars/1", "layers/conv2d_1/vars/0", "layers/dense/vars/0")
    named = ("conv2d_7/kernel", "conv2d_7/bias", "conv2d_3/kernel", "mine/kernel", "mine/bias")
    paths = (
        (*numbered, "layers/dense/vars/1")
        if ending == "keras"
        else [f"model_weights/{n[: -len(n.split('/')[1]) - 1]}/{n}" for n in named]
    )
    path, weights = tmp_path / f"m.{ending}", tmp_path / "w.h5"
    with h5py.File(weights, "w") as file:
        for name, shape in zip(paths, ARRAYS, strict=True):
            file.create_dataset(name, data=np.zeros(shape, np.float32))
        if ending == "h5":
            file.attrs["model_config"] = sequential(*SMALL)
    if ending == "keras":
        with ZipFile(path, "w") as archive:
            archive.writestr("config.json", sequential(*SMALL))
            archive.write(weights, "model.weights.h5")
    else:
        weights.rename(path)
    found = {w.key: w.shape for op in read_source(str(path)).operations for w in op.weights}
    with open_checkpoint(path) as opened:
        stored = {
            key: (*s[2:], *reversed(s[:2])) if len(s) == 2 else (s[3], s[2], *s[:2]) if len(s) == 4 else s
            for key, s in opened.shapes.items()
        }
    assert found == stored


def test_weights_alone_describe_no_network(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("a/a/kernel", data=np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="holds weights without the network"):
        read_source(str(tmp_path / "w.h5"))
    with ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.writestr("other", "")
    with pytest.raises(ValueError, match="describes no network"):
        read_source(str(tmp_path / "w.keras"))
    with pytest.raises(ValueError, match="there is no file"):
        read_source(str(tmp_path / "none.keras"))


def _cycle() -> str:
    keras = Writer(2, (None, 8, 8, 3))
    keras.add("ReLU", "b", name="a")
    return keras.json(keras.add("ReLU", "a", name="b"))


def _wide() -> str:
    keras = Writer(2, (None, 8, 8, 3))
    return keras.json(keras.add("Concatenate", *["in"] * 100_000))


def _nested(deep: int, calls: int) -> str:
    """Models inside models, each of which calls the next one several times."""
    found: Any = layer("Dropout", "d")
    for _ in range(deep):
        keras = Writer(2, (None, 8, 8, 3))
        keras.layers.append(found | {"name": "m", "inbound_nodes": []})
        for i in range(calls):
            keras.layers[-1]["inbound_nodes"].append([["m" if i else "in", max(i - 1, 0), 0, {}]])
        found = keras.model("m")
        found["config"]["output_layers"] = [["m", calls - 1, 0]]
    return json.dumps(found)


CONV = {"filters": 4, "kernel_size": 3}
BAD = {
    "no JSON": ("{", "no JSON that Keras writes"),
    "no model": ('{"class_name": "Dense", "config": {}}', "describes no Keras model"),
    "nulls": ('{"class_name": null, "config": null}', "describes no Keras model"),
    "empty": ('{"class_name": "Sequential", "config": {"layers": []}}', "without layers"),
    "cycle": (_cycle(), "reads what is never made"),
    "two outputs": (Writer(3, (None, 8, 8, 3)).json("in", "in"), "it has 2 outputs; one can be read"),
    "many layers": (sequential(*[layer("ReLU")] * (MOST + 1)), "more than 10,000 operations"),
    "too large": (sequential(*[layer("ReLU")] * 100_000), "larger than 4,194,304 bytes"),
    "calls": (_nested(18, 3), "called more than 40,000 times"),
    "models": (_nested(DEEPEST + 2, 1), f"more than {DEEPEST} deep"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "wide": (_wide(), "read more than 40,000 values"),
    "filters": (sequential(layer("Conv2D", filters=10**30, kernel_size=3)), "filters is 1000000"),
    "digits": ('{"class_name": "Sequential", "config": %s}' % ("9" * 5000), "4300 digits"),
    "overflow": (sequential(*[layer("UpSampling2D", size=1000)] * 9), "more than can be read"),
    "stride": (sequential(layer("Conv2D", strides=0, **CONV)), "strides is 0, not a whole number from 1"),
    "window": (sequential(layer("Conv2D", filters=4, kernel_size=9)), "smaller than its window"),
    "groups": (sequential(layer("Conv2D", groups=3, **CONV)), "3 channels and 4 filters are not 3 groups"),
    "nan": (sequential(layer("BatchNormalization", epsilon=float("nan"))), "epsilon is nan"),
    "formats": (
        sequential(*(layer("Conv2D", data_format=f"channels_{which}", **CONV) for which in ("first", "last"))),
        "some of its layers have channels first",
    ),
    "vector": (sequential(layer("Flatten"), layer("Conv2D", **CONV)), "reads a value of 1 sides"),
    "shape": (sequential(layer("ReLU"), shape=(None, 10)), "a picture of three sides can be read"),
    "kind": (sequential(layer("avg_pool")), "has no kernel of 2 whole numbers"),
    "markup": (sequential(layer("<script>\n", "<b>\u202e\0" * 99), layer("Conv2D", "\n")), "layer"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_network_ends_in_one_sentence_soon(what: str) -> None:
    text, said = BAD[what]
    start = process_time()
    with pytest.raises(ValueError, match=re.escape(said)) as found:
        read_keras(text, "theirs.json")
    assert str(found.value).startswith("theirs.json: ")
    assert str(found.value).isprintable()
    assert len(str(found.value)) < 600
    assert process_time() - start < 4


def test_a_long_chain_is_compared() -> None:
    graph = read_keras(sequential(*[layer("ReLU")] * 2000), "n")
    assert compare_with_preset(graph).irreducible == 0


def test_documents_of_graphs_and_of_edits_are_sources(tmp_path: Path) -> None:
    graph = read_keras(inception_v3(3), "theirs")
    file = tmp_path / "graph.json"
    file.write_text(json.dumps(to_document(graph)))
    assert read_source(str(file)) == graph
    file.write_text(document(network("inception_v3", input_size=139), ()))
    found = check(str(file), "inception_v3 input_size=139")
    assert found.differences == ()


def test_numbers_that_json_does_not_have_come_back() -> None:
    pad = Operation("pad", (("sides", (1, 1)), ("value", float("-inf"))))
    graph = Graph(name="n", input_shape=(3, 8, 8), operations=(Operation("input"), pad), reads=((), (0,)), output=1)
    text = json.dumps(to_document(graph))
    assert "Infinity" not in text
    assert read_graph(text) == graph


def _broken(**changes: Any) -> str:
    pool = Operation(
        "max_pool", (("kernel", (3, 3)), ("stride", (2, 2)), ("padding", (0, 0)), ("ceil", False), ("grid", (8, 8)))
    )
    graph = Graph(name="n", input_shape=(3, 8, 8), operations=(Operation("input"), pool), reads=((), (0,)), output=1)
    data = to_document(graph)
    settings = {key: changes.pop(key) for key in ("kernel", "stride", "grid") if key in changes}
    data["operations"][1][1] |= settings
    return json.dumps(data | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "irnet.graph.2"}, "format"),
        ({"name": "<b>\n"}, "one line"),
        ({"name": "x" * 1000}, "one line"),
        ({"reads": [[], [1]]}, "reads one that does not stand before it"),
        ({"reads": [[], []]}, "reads nothing"),
        ({"reads": [[]]}, "not as long as its nodes"),
        ({"output": 7}, "has no output"),
        ({"output": 10**30}, "output"),
        ({"operations": []}, "no output"),
        ({"input_shape": [3, 8, 2**40]}, "input_shape.2"),
        ({"stride": [0, 1]}, "has no stride of 2 whole numbers from 1 on"),
        ({"kernel": [3, 3, 3]}, "has no kernel of 2 whole numbers"),
        ({"kernel": "3"}, "has no kernel of 2 whole numbers"),
        ({"grid": [[[[[[1]]]]]]}, "lists 4 deep"),
        ({"grid": 1e300}, "is no setting"),
        ({"more": 1}, "more"),
    ],
)
def test_a_document_that_is_no_graph_ends_in_one_sentence(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as found:
        read_graph(_broken(**changes))
    assert str(found.value).isprintable()
    assert len(str(found.value)) < 400


def test_a_network_is_found_without_the_names_of_its_modules() -> None:
    graph = read_keras(inception_v3(2), "theirs")
    nameless = replace(graph, operations=tuple(replace(op, module=f"?{i}") for i, op in enumerate(graph.operations)))
    assert normal_form(tree(nameless)) == normal_form(tree(graph))
