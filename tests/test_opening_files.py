"""Networks in ONNX files and exported programs: their graphs, their weights, and what is wrong with a file."""

from __future__ import annotations

import json
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import irnet
from irnet.cli import main
from irnet.lab.classify import WHOLE, prepare
from irnet.lab.photos import photo
from irnet.models import network
from irnet.opening.check import compare_with_preset
from irnet.opening.graph import FOLDED, Graph, with_folded_norms
from irnet.opening.onnx_graph import read_onnx_graph
from irnet.runtime.build import Model, build
from irnet.runtime.checkpoint_files import open_checkpoint
from irnet.runtime.exported_program import read_exported_program
from irnet.runtime.sources import read_source
from irnet.runtime.trace import trace
from irnet.tree import resolve
from tests import hostile
from tests.conftest import presets
from tests.onnx_files import field, graph, node, onnx, onnx_of, tensor, value, varint
from tests.test_cli import printed

SMALL = network("inception_resnet_v1", a=1, b=1, c=1, width=0.125)
PICTURE = {"x": ("batch", 3, 9, 9)}
WEIGHT = tensor("w", (8, 3, 3, 3))


class Several(nn.Module):
    """Operations that make several tensors, a sum with a factor, and another way to write a mean."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3, bias=False), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        one, two = self.conv(x).chunk(2, 1)
        y = torch.cat([one, torch.add(two, two.max(1, keepdim=True).values, alpha=0.5)], 1)
        out: Tensor = self.fc(nn.functional.relu6(y).mean((2, 3)))
        return out


def read(tmp_path: Path, data: bytes) -> Graph:
    (tmp_path / "a.onnx").write_bytes(data)
    return read_onnx_graph(tmp_path / "a.onnx")


def kinds(found: Graph) -> str:
    return " ".join(one.kind for one in found.operations[1:])


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("name", presets("inception_resnet_v1.facenet"))
def test_every_preset_is_found_in_its_onnx_file_without_a_difference(name: str, folded: bool, tmp_path: Path) -> None:
    model = build(network(name), "meta")
    data = onnx_of(model, network(name).input_shape, folded=folded)
    found, traced = read(tmp_path, data), trace(model, network(name).input_shape)
    report = compare_with_preset(found)
    assert (report.nearest, report.differences, report.irreducible, report.folded) == (name, (), 0, folded)
    assert ("folded into the convolutions" in report.sentence) is folded
    assert report.macs == sum(one.macs for one in traced.operations)
    if not folded:  # the same operations with the same weights of the same modules, one by one
        plain = [one for one in found.operations[1:] if one.kind != "flatten"]
        wanted = [one for one in traced.operations[1:] if one.kind != "flatten"]
        for ours, theirs in zip(plain, wanted, strict=False):
            assert (ours, ours.out_shape, ours.params) == (theirs, theirs.out_shape, theirs.params)
            assert (ours.weights, ours.macs) == (theirs.weights, theirs.macs)


def test_a_slip_is_named_in_a_file_with_folded_norms_too(tmp_path: Path) -> None:
    model: Any = build(SMALL, "meta")
    model.block_a[0].scale = nn.Identity()
    found = compare_with_preset(read(tmp_path, onnx_of(model, SMALL.input_shape, folded=True)), SMALL)
    assert [one.sentence for one in found.differences] == ["Inception-ResNet-A, scale: the scaling by 0.1 is missing"]


@pytest.mark.parametrize(
    ("written", "kind", "settings", "shape"),
    [
        (node("Conv", "x w", "y", pads=[0, 0, 1, 1]), "conv", {"padding": (0, 1, 0, 1), "bias": False}, (8, 8, 8)),
        (node("Conv", "x w", "y", auto_pad="SAME_UPPER", strides=[2, 2]), "conv", {"padding": (1, 1)}, (8, 5, 5)),
        (node("Conv", "x w", "y", dilations=[2, 2]), "conv", {"dilation": (2, 2), "padding": (0, 0)}, (8, 5, 5)),
        (
            node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
            "avg_pool",
            {"stride": (1, 1), "counts_padding": True, "grid": (9, 9)},
            (3, 9, 9),
        ),
        (
            node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
            "max_pool",
            {"ceil": True, "padding": (0, 0)},
            (3, 5, 5),
        ),
        (node("GlobalAveragePool", "x", "y"), "global_pool", {}, (3, 1, 1)),
        (node("ReduceMean", "x", "y", axes=[-2, -1], keepdims=0), "global_pool", {}, (3,)),
        (node("Clip", "x", "y", min=0.0, max=6.0), "relu6", {}, (3, 9, 9)),
        (node("Clip", "x", "y", min=-1.0, max=1.0), "hardtanh", {"min_val": -1.0, "max_val": 1.0}, (3, 9, 9)),
        (node("HardSigmoid", "x", "y", alpha=1 / 6), "hardsigmoid", {}, (3, 9, 9)),
        (node("LeakyRelu", "x", "y", alpha=0.3), "leaky_relu", {"negative_slope": 0.3}, (3, 9, 9)),
        (node("LRN", "x", "y", size=5), "local_response_norm", {"size": 5}, (3, 9, 9)),
        (node("Mul", "x half", "y"), "scale", {"factor": 0.1}, (3, 9, 9)),
        (node("Div", "x half", "y"), "scale", {"factor": 10.0}, (3, 9, 9)),
        (node("Sub", "x half", "y"), "sub", {"other": 0.1}, (3, 9, 9)),
        (node("Pad", "x pads", "y"), "pad", {"sides": (1, 2), "value": 0.0}, (3, 11, 13)),
        (node("Flatten", "x", "y"), "flatten", {}, (243,)),
        (node("Softmax", "x", "y", axis=1), "softmax", {"axis": 1}, (3, 9, 9)),
        (node("Transpose", "x", "y", perm=[0, 2, 3, 1]), "", {}, ()),
        (node("SpaceToDepth", "x", "y", blocksize=3), "spacetodepth", {"blocksize": 3}, ()),
    ],
)
def test_an_operator_is_the_kind_that_pytorch_has(
    written: bytes, kind: str, settings: dict[str, Any], shape: tuple[int, ...], tmp_path: Path
) -> None:
    pads = tensor("pads", np.asarray([0, 0, 1, 2, 0, 0, 1, 2]))
    found = read(tmp_path, onnx([written], PICTURE, "y", WEIGHT, tensor("half", np.asarray(0.1, np.float32)), pads))
    assert kinds(found) == kind
    if kind:
        last = found.operations[-1]
        assert {name: last.setting(name) for name in settings} == settings
        assert last.out_shape == shape


def test_axes_that_tensorflow_turns_back_and_forth_are_no_operations(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", "x", "a", perm=[0, 3, 1, 2]),
        node("Conv", "a w", "b", auto_pad="SAME_LOWER"),
        node("Transpose", "b", "c", perm=[0, 2, 3, 1]),
        node("Add", "c shift", "d"),
        node("Relu", "d", "e"),
        node("ReduceMean", "e", "f", axes=[1, 2], keepdims=0),
        node("MatMul", "f dense", "g"),
        node("Add", "bias g", "y"),
    ]
    tensors = [WEIGHT, tensor("shift", (1, 1, 1, 8)), tensor("dense", (8, 5)), tensor("bias", (5,))]
    found = read(tmp_path, onnx(nodes, {"x": (1, 9, 9, 3)}, "y", *tensors))
    assert kinds(found) == "conv relu global_pool linear"
    assert found.input_shape == (3, 9, 9)
    conv, linear = found.operations[1], found.operations[-1]
    assert (conv.setting("bias"), conv.params, conv.macs) == (True, 8 * 27 + 8, 8 * 27 * 81)
    assert (linear.setting("bias"), linear.setting("features"), linear.params) == (True, 5, 45)
    assert [weight.shape for weight in linear.weights] == [(5, 8), (5,)]


def test_a_sum_that_something_else_reads_before_it_is_no_bias(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "a"), node("Add", "a shift", "b"), node("Add", "a b", "y")]
    found = read(tmp_path, onnx(nodes, PICTURE, "y", WEIGHT, tensor("shift", (8, 1, 1))))
    assert kinds(found) == "conv add add"


def test_what_only_computes_a_shape_is_left_out(tmp_path: Path) -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Constant", "", "zero", value=np.asarray(0)),
        node("Gather", "s zero", "n", axis=0),
        node("Constant", "", "first", value=np.asarray([0])),
        node("Unsqueeze", "n first", "one"),
        node("Constant", "", "rest", value=np.asarray([-1])),
        node("Concat", "one rest", "shape", axis=0),
        node("Reshape", "x shape", "y"),
    ]
    found = read(tmp_path, onnx(nodes, PICTURE, "y"))
    assert (kinds(found), found.operations[-1].out_shape) == ("reshape", (243,))


def test_scale_and_shift_behind_a_batch_norm_are_part_of_its_layer(tmp_path: Path) -> None:
    tensors = [tensor(name, (8,)) for name in "abcd"] + [tensor(name, (8, 1, 1)) for name in "st"]
    nodes = [
        node("Conv", "x w", "1"),
        node("BatchNormalization", "1 a b c d", "2"),
        node("Mul", "2 s", "3"),
        node("Add", "3 t", "4"),
        node("Relu", "4", "y"),
    ]
    found = compare_with_preset(read(tmp_path, onnx(nodes, PICTURE, "y", WEIGHT, *tensors)), SMALL)
    assert not any("has a mul" in one.sentence or "has a sum" in one.sentence for one in found.differences)
    assert found.params == 8 * 27 + 4 * 8


def test_a_file_says_that_its_norms_are_folded_only_where_no_convolution_has_one(tmp_path: Path) -> None:
    tensors = [WEIGHT, tensor("v", (8, 8, 1, 1)), *(tensor(name, (8,)) for name in "abcd")]
    nodes = [node("Conv", "x w", "1"), node("Conv", "1 v", "y")]
    assert [one.setting("norm") for one in read(tmp_path, onnx(nodes, PICTURE, "y", *tensors)).operations[1:]] == [
        FOLDED,
        FOLDED,
    ]
    nodes = [node("Conv", "x w", "1"), node("BatchNormalization", "1 a b c d", "2"), node("Conv", "2 v", "y")]
    assert {one.setting("norm") for one in read(tmp_path, onnx(nodes, PICTURE, "y", *tensors)).operations} == {None}


def test_an_exported_program_is_read_as_the_trace_reads_its_module(tmp_path: Path) -> None:
    for model, shape in ((Several(), (3, 9, 9)), (build(SMALL), SMALL.input_shape)):
        exported = torch.export.export(model.eval(), (torch.zeros(1, *shape),), strict=False)
        torch.export.save(exported, tmp_path / "a.pt2")
        found, traced = read_exported_program(tmp_path / "a.pt2"), with_folded_norms(trace(model, shape))
        assert (found.operations, found.reads, found.output) == (traced.operations, traced.reads, traced.output)
        for ours, theirs in zip(found.operations, traced.operations, strict=True):
            assert (ours.out_shape, ours.params, ours.macs) == (theirs.out_shape, theirs.params, theirs.macs)
            assert ours.weights == theirs.weights
            assert theirs.kind == "scale" or ours.module == theirs.module


def test_an_older_exported_program_is_found_by_its_member(tmp_path: Path) -> None:
    torch.export.save(torch.export.export(Several().eval(), (torch.zeros(1, 3, 9, 9),)), tmp_path / "a.pt2")
    with zipfile.ZipFile(tmp_path / "a.pt2") as archive:
        text = archive.read("a/models/model.json")
    with zipfile.ZipFile(tmp_path / "old.pt2", "w") as archive:  # as PyTorch 2.1 to 2.7 wrote them
        archive.writestr("serialized_exported_program.json", text)
        archive.writestr("serialized_state_dict.pt", b"")
        archive.writestr("version", "8.1")
    assert (
        read_exported_program(tmp_path / "old.pt2").operations == read_exported_program(tmp_path / "a.pt2").operations
    )


@pytest.mark.parametrize("kind", ["a.pt2", "a.onnx"])
def test_weights_are_read_by_their_keys(kind: str, tmp_path: Path) -> None:
    model = build(SMALL)
    if kind == "a.onnx":
        (tmp_path / kind).write_bytes(onnx_of(model, SMALL.input_shape, weights=True))
    else:
        torch.export.save(torch.export.export(model.eval(), (torch.zeros(1, *SMALL.input_shape),)), tmp_path / kind)
    state = model.state_dict()
    with open_checkpoint(tmp_path / kind) as found:
        held = {key: found.read(key) for key in found.shapes if key in state}
    left = {key for key in state if key not in held}
    assert all("num_batches_tracked" in key for key in left)
    assert all(torch.equal(held[key], state[key]) for key in held)


@pytest.fixture(scope="module")
def author() -> Model:
    """Inception-v4 with one block of each kind, whose batch norms have trained-looking statistics."""
    torch.manual_seed(0)
    model = build(network("inception_v4.tf_slim", a=1, b=1, c=1, input_size=(107, 107), classes=10))
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.weight.data, norm.bias.data = (
                1 + torch.randn(norm.num_features) / 5,
                torch.randn(norm.num_features) / 5,
            )
            norm.running_mean, norm.running_var = (
                torch.randn(norm.num_features) / 5,
                0.5 + torch.rand(norm.num_features),
            )
    return model.eval()


def fused(model: nn.Module) -> nn.Module:
    """The same module with every batch norm in the convolution before it."""
    model = deepcopy(model)
    for module in model.modules():
        unit: Any = module
        if hasattr(unit, "bn"):
            unit.conv, unit.bn = fuse_conv_bn_eval(unit.conv, unit.bn), nn.Identity()
    return model


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("file", ["net.onnx", "net.pt2"])
@torch.no_grad()
def test_a_file_is_built_and_runs_with_its_own_weights(file: str, folded: bool, author: Model, tmp_path: Path) -> None:
    model, shape = fused(author) if folded else author, author.network.input_shape
    if file == "net.onnx":
        (tmp_path / file).write_bytes(onnx_of(model, shape, weights=True))
    else:
        torch.export.save(torch.export.export(model, (torch.zeros(1, *shape),)), tmp_path / file)
    opened = irnet.open(str(tmp_path / file))
    assert [stage.name for stage in opened.stages] == [stage.name for stage in author.network.stages]
    assert all(("no batch norm" in row.notation) is folded for row in resolve(opened).rows if row.op == "conv")
    ours, x = irnet.build(opened), torch.rand(2, *shape)
    assert not torch.allclose(ours(x), author(x), atol=1e-4)
    irnet.load_weights(ours, tmp_path / file)
    torch.testing.assert_close(ours(x), author(x), rtol=0, atol=1e-4)


@torch.no_grad()
def test_a_photograph_is_classified_by_the_network_that_a_file_holds(
    author: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = author.network.input_shape
    (tmp_path / "net.onnx").write_bytes(onnx_of(fused(author), shape, weights=True))
    found = printed(capsys, "weights", "classify", str(tmp_path / "net.onnx"))
    wanted = author(prepare(photo("coffee"), shape, WHOLE))[0].softmax(0).topk(5)
    assert [one["index"] for one in found["classes"]] == wanted.indices.tolist()
    assert [one["probability"] for one in found["classes"]] == pytest.approx(wanted.values.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("nodes", "turned"),
    [
        ([node("Gemm", "v w", "y", transB=1)], True),
        ([node("Gemm", "v w", "y")], False),
        ([node("MatMul", "v w", "y")], False),
        ([node("Cast", "w", "c", to=1), node("MatMul", "v c", "y")], False),
        ([node("Transpose", "w", "t", perm=[1, 0]), node("MatMul", "v t", "y")], True),
        ([node("Transpose", "w", "t", perm=[1, 0]), node("Gemm", "v t", "y", transB=1)], None),
        ([node("Mul", "w w", "c"), node("MatMul", "v c", "y")], None),
        ([node("DynamicQuantizeLinear", "w", "c s z"), node("MatMul", "v c", "y")], None),
    ],
)
@torch.no_grad()
def test_a_linear_layer_is_loaded_as_the_file_lays_it_out(
    nodes: list[bytes], turned: bool | None, tmp_path: Path
) -> None:
    weight = np.random.default_rng(0).random((3, 3), np.float32)
    begin = [node("GlobalAveragePool", "x", "p"), node("Flatten", "p", "v")]
    (tmp_path / "a.onnx").write_bytes(onnx([*begin, *nodes], PICTURE, "y", tensor("w", weight)))
    model, x = irnet.build(irnet.open(str(tmp_path / "a.onnx"))), torch.rand(2, 3, 9, 9)
    if turned is None:
        with pytest.raises(ValueError, match=r"a\.onnx does not fit"):
            irnet.load_weights(model, tmp_path / "a.onnx")
        return
    irnet.load_weights(model, tmp_path / "a.onnx")
    wanted = x.mean((2, 3)) @ torch.from_numpy(weight.T if turned else weight)
    torch.testing.assert_close(model(x), wanted)


def test_tensors_of_every_form_are_read(tmp_path: Path) -> None:
    wanted = {
        "floats": torch.tensor([0.5, -2.0]),
        "longs": torch.tensor([3, -1]),
        "halves": torch.tensor([0.5, 1.0], dtype=torch.float16),
        "brains": torch.tensor([1.0, -2.0], dtype=torch.bfloat16),
        "outside": torch.tensor([7.0, 8.0]),
    }
    data = np.asarray([0.5, -2.0], np.float32).tobytes()
    where = field(13, field(1, "location") + field(2, "a.data")) + field(13, field(1, "offset") + field(2, "4"))
    head = field(1, 2)
    tensors = [
        head + field(2, 1) + field(8, "floats") + field(4, data),
        head + field(2, 7) + field(8, "longs") + field(7, varint(3) + varint(-1)),
        head + field(2, 10) + field(8, "halves") + field(5, varint(0x3800) + varint(0x3C00)),
        head + field(2, 16) + field(8, "brains") + field(9, b"\x80\x3f\x00\xc0"),
        head + field(2, 1) + field(8, "outside") + where + field(14, 1),
    ]
    (tmp_path / "a.data").write_bytes(np.asarray([0, 7, 8], np.float32).tobytes())
    (tmp_path / "a.onnx").write_bytes(onnx([node("Relu", "x", "y")], PICTURE, "y", *tensors))
    with open_checkpoint(tmp_path / "a.onnx") as found:
        assert all(torch.equal(found.read(key), held) for key, held in wanted.items())
        assert found.shapes.keys() == wanted.keys()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("../secret", "which is not in its folder and was not opened"),
        ("/etc/passwd", "which is not in its folder and was not opened"),
        ("gone.data", "a.onnx keeps its weights in 'gone.data': put that file beside it"),
    ],
)
def test_weights_outside_the_folder_are_not_opened(file: str, said: str, tmp_path: Path) -> None:
    where = field(13, field(1, "location") + field(2, file))
    (tmp_path / "a.onnx").write_bytes(onnx([node("Relu", "x", "y")], PICTURE, "y", tensor("w", (2,), where)))
    with pytest.raises(ValueError, match=said), open_checkpoint(tmp_path / "a.onnx"):
        pass


def test_pickled_weights_of_a_program_are_not_unpickled(tmp_path: Path) -> None:
    entry = {"path_name": "weight_0", "is_param": True, "use_pickle": True, "tensor_meta": {}}
    with zipfile.ZipFile(tmp_path / "a.pt2", "w") as archive:
        archive.writestr("a/models/model.json", "{}")
        archive.writestr("a/data/weights/model_weights_config.json", json.dumps({"config": {"w": entry}}))
    with (
        pytest.raises(ValueError, match=r"torch\.export\.load\('a\.pt2'\)\.state_dict"),
        open_checkpoint(tmp_path / "a.pt2"),
    ):
        pass


def test_the_verb_and_the_library_take_files_of_any_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "theirs"
    file.write_bytes(onnx_of(build(network("inception_v3"), "meta"), (3, 299, 299)))
    assert irnet.check(str(file)).nearest == "inception_v3.tf_slim"
    assert main(["check", str(file), "--against", "inception_v3"]) == 0
    assert "no difference" in capsys.readouterr().out


def test_a_stranger_has_no_nearest_network_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.onnx").write_bytes(onnx([node("Tanh", "x", "y")], PICTURE, "y"))
    assert main(["check", str(tmp_path / "a.onnx"), "--format", "markdown"]) == 1
    assert capsys.readouterr().out.splitlines()[2].split(" | ")[1].strip() == "-"
    assert printed(capsys, "check", str(tmp_path / "a.onnx"), status=1)["nearest"]["name"] in irnet.PRESETS


def deep(levels: int) -> bytes:
    found = graph([node("Relu", "x", "y")], {}, "y")
    for _ in range(levels):
        found = graph([node("If", "x", "y", then_branch=found)], {}, "y")
    return field(7, found)


def program(**changes: Any) -> bytes:
    """A file of torch.export with what `changes` says in the place of what would be there."""
    graph_ = {
        "nodes": [
            {
                "target": "torch.ops.aten.relu.default",
                "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}}],
                "outputs": [{"as_tensor": {"name": "y"}}],
                "metadata": {},
            }
        ],
        "tensor_values": {name: {"sizes": [{"as_int": side} for side in (1, 3, 9, 9)]} for name in "xy"},
    }
    signature = {
        "input_specs": [{"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "y"}}}}],
    }
    text = json.dumps({"graph_module": {"graph": graph_ | changes, "signature": signature}})
    return zipped(text)


def zipped(text: str) -> bytes:
    from io import BytesIO  # noqa: PLC0415

    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/models/model.json", text)
    return whole.getvalue()


RELU = node("Relu", "x", "y")
MARKED = "<script>alert(1)</script>\n" * 200
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is cut off, broken or no ONNX file"),
    "a text": (b"hello, world", "is cut off, broken or no ONNX file"),
    "no graph": (field(1, 9), "has no graph"),
    "no nodes": (onnx([], PICTURE, "x"), "has a graph without a node"),
    "a cycle": (onnx([node("Add", "x b", "a"), node("Relu", "a", "b")], PICTURE, "b"), "'b', which no node before it"),
    "a node that reads itself": (onnx([node("Add", "x y", "y")], PICTURE, "y"), "in a circle, or out of order"),
    "a million nodes": (field(7, field(1, RELU) * 1_000_000), "has more than the 20,000 nodes"),
    "a million tensors": (field(7, field(5, WEIGHT) + field(1, RELU) * 30_000), "has more than the 20,000 nodes"),
    "markup": (onnx([node("Relu", MARKED[:3000], "y", MARKED[:3000])], PICTURE, "y"), r"<script>alert(1)</script>\n"),
    "a long name": (onnx([node("Relu", "x", "y", "n" * 5000)], PICTURE, "y"), "a name of 5,000 bytes; 4,096 are"),
    "sizes that overflow": (
        onnx([RELU], {"x": (1, 3, 2**31 - 1, 2**31 - 1)}, "y"),
        "numbers and 16 axes are the limit",
    ),
    "a negative size": (onnx([RELU], PICTURE, "y", tensor("w", (-4, 3))), "says of 'w' that it is -4 x 3"),
    "a tensor without end": (onnx([RELU], PICTURE, "y", tensor("w", (2**40, 3))), "says of 'w'"),
    "no picture": (onnx([RELU], {"x": (1, 3)}, "y"), "reads 'x' of 2 axes; a picture of four"),
    "two pictures": (onnx([RELU], {"x": (1, 3, 9, 9), "z": (1, 3, 9, 9)}, "y"), "has 2 inputs; one picture"),
    "two outputs": (onnx([RELU, node("Tanh", "x", "z")], PICTURE, "y z"), "has 2 outputs that depend on the picture"),
    "no output": (onnx([RELU], PICTURE, "gone"), "has 0 outputs"),
    "other channels": (onnx([node("Conv", "x w", "y")], PICTURE, "y", tensor("w", (8, 4, 1, 1))), "node 'y' (Conv)"),
    "a window beyond the grid": (
        onnx([node("MaxPool", "x", "y", kernel_shape=[99, 99])], PICTURE, "y"),
        "has a node 'y' (MaxPool) that can't be computed",
    ),
    "a stride of nothing": (onnx([node("Conv", "x w", "y", strides=[0, 0])], PICTURE, "y", WEIGHT), "'y' (Conv)"),
    "an unknown size": (
        onnx([node("Strange", "x", "a"), node("Conv", "a w", "y")], PICTURE, "y", WEIGHT),
        "reads what 'strange' makes, whose size isn't known",
    ),
    "an expansion without end": (
        onnx([node("Expand", "x s", "y")], PICTURE, "y", tensor("s", np.asarray([2**30, 3, 2**30, 9]))),
        "can't be computed",
    ),
    "a constant without end": (
        onnx([node("ConstantOfShape", "s", "c"), RELU], PICTURE, "y", tensor("s", np.asarray([2**30, 2**30]))),
        "says of 'c'",
    ),
    "graphs inside each other": (deep(40), "more than 8 graphs inside each other"),
    "a text that is no JSON": (zipped("{"), "is cut off, broken or no exported program file"),
    "a program of nothing": (zipped("{}"), "is cut off, broken or no exported program file"),
    "deep JSON": (zipped("[" * 1_000_000), "is cut off, broken or no exported program file"),
    "a large program": (zipped("[" + "[]," * 3_000_000 + "0]"), "has a table of more than the 8,388,608 bytes"),
    "many nodes": (program(nodes=[0] * 30_000), "has more than the 20,000 nodes that are read"),
    "a program that overflows": (
        program(tensor_values={"x": {"sizes": [{"as_int": 2**31 - 1}] * 4}}),
        "says of 'x' that it is 2147483647 x",
    ),
    "a program with other axes": (
        program(tensor_values={name: {"sizes": [{"as_int": 3}] * 2} for name in "xy"}),
        "reads 2 axes; a picture of four",
    ),
    "another archive": (zipped("").replace(b"model.json", b"other.json"), "holds no exported program"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_ends_in_one_sentence(name: str, tmp_path: Path) -> None:
    data, said = BAD[name]
    file = tmp_path / "a.onnx"
    file.write_bytes(data)
    with hostile.bounded(), pytest.raises(ValueError, match=r"^a\.onnx ") as refused:
        read_source(str(file))
    hostile.sentence(str(refused.value))
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_of_another_kind_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no file 'gone\.onnx'"):
        read_source("gone.onnx")
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(
        ValueError, match=r"a\.txt describes no network: an ONNX file, an exported program, .* irnet weights check"
    ):
        read_source(str(tmp_path / "a.txt"))


def test_names_in_a_file_are_short_and_printable(tmp_path: Path) -> None:
    found = read(tmp_path, onnx([node("Relu", "x", "y", MARKED.replace(" ", "")[:3000])], PICTURE, "y"))
    assert len(found.operations[-1].module) <= 400
    assert found.operations[-1].module.isprintable()


def test_a_value_has_an_unnamed_side(tmp_path: Path) -> None:
    inputs = {"x": ("n", 3, "h", "w")}
    assert value("x", inputs["x"])
    (tmp_path / "a.onnx").write_bytes(onnx([RELU], inputs, "y"))
    assert read_onnx_graph(tmp_path / "a.onnx", (3, 111, 222)).input_shape == (3, 111, 222)
