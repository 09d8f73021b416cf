"""Networks of others: read from their graphs, held against the presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

import irnet
from irnet.cli import main
from irnet.models import network
from irnet.opening.check import Report, compare_with_preset
from irnet.opening.document import read_graph, to_document
from irnet.opening.graph import Operation
from irnet.opening.normal_form import normal_form
from irnet.opening.preset import steps_of
from irnet.opening.tree import Merge, tree
from irnet.runtime.build import build
from irnet.runtime.measure import measure
from irnet.runtime.sources import read_source
from irnet.runtime.trace import trace
from irnet.spec import Network
from tests.apps import sample
from tests.conftest import presets
from tests.walks import fits, networks

THEIRS = """
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, classes)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))

class Asks(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Sized(nn.Module):
    def forward(self, x):
        return x[x > 0]

class Two(nn.Module):
    def forward(self, x, mask):
        return x * mask

class Three(nn.Module):
    def forward(self, x):
        return x.split(1, 1)

class Wrong(Small):

    def forward(self, x):
        return self.conv(x.flatten(1))

class Looks(Small):
    def __init__(self):
        super().__init__(int(torch.linspace(1, 7, 2)[1].item()))

def fails():
    raise RuntimeError("no weights here")

def number():
    return 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of somebody else's."""
    path = tmp_path / "theirs.py"
    path.write_text(THEIRS)
    return path


@pytest.mark.parametrize("name", presets("inception_v3.tf_slim"))
def test_every_preset_is_found_from_its_module_without_a_difference(name: str) -> None:
    graph = trace(build(name, "meta"), network(name).input_shape)
    found = compare_with_preset(replace(graph, operations=tuple(replace(op, module="") for op in graph.operations)))
    counts = measure(build(name, "meta")).whole
    assert (found.nearest, found.differences, found.irreducible) == (name, (), 0)
    assert (found.params, found.macs) == (counts.params, counts.macs)


@settings(max_examples=10)
@given(networks().filter(fits))
def test_a_random_network_is_read_as_it_was_written(spec: Network) -> None:
    graph = trace(build(spec, "meta"), spec.input_shape)
    assert normal_form(tree(graph)) == steps_of(spec)
    assert read_graph(json.dumps(to_document(graph))) == graph


SMALL = network("inception_resnet_v1", a=3, b=2, c=1)
Slip = Callable[[Any], object]  # what somebody writes instead, in a model of SMALL


def _normed_linear(model: Any) -> None:
    linear = nn.Conv2d(96, 256, 1, bias=False, device="meta")
    model.block_a[2].project = nn.Sequential(linear, nn.BatchNorm2d(256, 1e-3, device="meta"), nn.ReLU())


def _swapped(model: Any) -> None:
    branch = model.block_b[0].body.b1
    branch[1].conv.padding, branch[2].conv.padding = (3, 0), (0, 3)
    branch[1].conv.weight, branch[2].conv.weight = branch[2].conv.weight, branch[1].conv.weight


def _pooled(model: Any) -> None:
    body = model.block_c[0].body
    body.b0 = nn.Sequential(nn.MaxPool2d(3, 1, 1), body.b0)


def _normed_sum(model: Any) -> None:
    model.block_b[1].bn = nn.BatchNorm2d(896, device="meta")


def _replace(path: str, module: nn.Module) -> Slip:
    return lambda model: model.set_submodule(path, module)


LINEAR = "Inception-ResNet-A 3 of 3, linear 1x1: the linear 1x1 convolution that restores the depth has"
SWAPPED = "Inception-ResNet-B 1 of 2, branch 2 of 2, step {} of 3: is {} where the preset has {}: the pair is swapped"


@pytest.mark.parametrize(
    ("slip", "sentences"),
    [
        (_swapped, [SWAPPED.format(2, "7x1", "1x7"), SWAPPED.format(3, "1x7", "7x1")]),
        (
            _normed_linear,
            [f"{LINEAR} a ReLU before the sum; it is linear", f"{LINEAR} a batch norm before the sum; it is linear"],
        ),
        (
            _replace("block_b.1.scale", nn.Identity()),
            ["Inception-ResNet-B 2 of 2, scale: the scaling by 0.1 is missing"],
        ),
        (
            _pooled,
            [
                "Inception-ResNet-C, branch 1 of 2: has a 3x3 max pooling besides; inside residual blocks pooling is "
                "replaced by the shortcut"
            ],
        ),
        (
            _normed_sum,
            ["Inception-ResNet-B 2 of 2, sum: has a batch norm on the sum"],
        ),
        (
            _replace("reduction_b.0.b0", nn.AvgPool2d(3, 2)),
            ["Reduction-B, branch 1 of 4: has a 3x3 average pooling in the place of the 3x3 max pooling"],
        ),
        (
            _replace("stem.0.0.conv", nn.Conv2d(3, 32, 3, 2, device="meta")),
            ["Stem, step 1 of 7: has a bias; the preset has none, and batch norm takes it away"],
        ),
    ],
)
def test_what_readers_get_wrong_is_named(slip: Slip, sentences: list[str]) -> None:
    model = build(SMALL, "meta")
    slip(model)
    found = compare_with_preset(trace(model), SMALL)
    assert [difference.sentence for difference in found.differences] == sentences
    assert found.equal == ("takes it away" in sentences[0])


@pytest.mark.parametrize(
    ("name", "a", "b", "c"),
    [("inception_v4", 4, 7, 3), ("inception_resnet_v1", 5, 10, 5), ("inception_resnet_v2", 5, 10, 5)],
)
def test_a_network_with_fewer_blocks_is_no_stranger(name: str, a: int, b: int, c: int) -> None:
    found = compare_with_preset(trace(build(network(name, a=2, b=1, c=1, classes=10), "meta")))
    assert (found.near, found.nearest) == (True, f"{name}.paper")
    assert [one.sentence.partition(": ")[2] for one in found.differences] == [
        f"has 2 blocks; the preset has {a}",
        f"has 1 block; the preset has {b}",
        f"has 1 block; the preset has {c}",
    ]


def test_an_average_that_counts_its_padding_is_named() -> None:
    slim = network("inception_v4.tf_slim", a=1, b=1, c=2)
    model: Any = build(slim, "meta")
    model.inception_c[1].b3[0] = nn.AvgPool2d(3, 1, 1)
    (found,) = compare_with_preset(trace(model), slim).differences
    assert found.sentence == (
        "Inception-C 2 of 2, branch 4 of 4, step 1 of 2: the average counts its padding; "
        "the preset's does not count its padding"
    )


class _Ways(nn.Module):
    """A block and a head, written in other ways than ours."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 1)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.relu(self.norm(self.one(nn.functional.pad(x, (1, 1, 1, 1)))), inplace=True)
        y = torch.add(y, self.two(y), alpha=0.5)
        return nn.functional.avg_pool2d(y, y.shape[2:]).view(y.shape[0], -1)


def test_ways_to_write_the_same_are_one() -> None:
    layer, merge, pool = normal_form(tree(trace(_Ways(), (3, 9, 9))))
    assert isinstance(layer, Operation)
    assert isinstance(merge, Merge)
    assert isinstance(pool, Operation)
    assert (layer.setting("padding"), layer.setting("activation"), layer.setting("norm")) == ((1, 1), "relu", 1e-5)
    assert [[getattr(part, "kind", "") for part in branch] for branch in merge.branches] == [[], ["conv", "scale"]]
    assert pool.kind == "global_pool"


def test_a_file_is_read_in_a_process_of_its_own(file: Path) -> None:
    found = irnet.check(f"{file}:Small", call="classes=7")
    assert (found.params, found.source) == (8 * 27 + 8 + 16 + 8 * 7 + 7, f"{file}:Small")
    assert found.sentence.startswith(f"{file}:Small is none of the networks here: 1 convolution, ")


UNREADABLE = [
    ("Smal", "has no Smal; it has Small"),
    ("Asks", "not known before it runs, at theirs.py line 15: `return x if x.sum() > 0 else -x`"),
    ("Sized", "the size of a tensor depends on the numbers in another, at theirs.py line 20: `return x[x > 0]`"),
    ("Two", "Two needs 2 inputs (x, mask); give a module whose forward takes one picture"),
    ("Three", "Three has 1 input and 3 outputs; give a module whose forward takes one picture"),
    ("Wrong", "at theirs.py line 33: `return self.conv(x.flatten(1))`"),
    ("fails", "RuntimeError: no weights here"),
    ("number", "number makes a int; an nn.Module can be read"),
]


@pytest.mark.parametrize(("name", "said"), sample(UNREADABLE, UNREADABLE[1], UNREADABLE[-2]))
def test_what_cannot_be_read_ends_in_one_sentence(
    name: str, said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", f"{file}:{name}"]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_a_module_that_reads_numbers_while_it_is_made_is_made_with_numbers(file: Path) -> None:
    assert read_source(f"{file}:Looks").operations[-1].setting("features") == 7


def test_the_picture_is_the_one_that_a_module_says_unless_another_is_asked_for() -> None:
    module = nn.Sequential(nn.Conv2d(1, 8, 3))
    module.default_cfg = {"input_size": (1, 40, 30)}  # type: ignore[assignment]
    assert trace(module).input_shape == (1, 40, 30)
    assert trace(module, (1, 20, 20)).input_shape == (1, 20, 20)


def test_code_that_takes_too_much_or_exits_stops_no_other(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = {
        "large": ("Net = bytearray(2**40)", "it needs more than 8 GiB of memory"),
        "gone": ("import os; os._exit(3)", "its process ended with status 3 before it was read"),
        "leaves": ("raise SystemExit(4)", "its process ended with status 4 before it was read"),
        "wrong": ("def Net(: pass", "SyntaxError: "),
    }
    for name, (text, _) in ends.items():
        (tmp_path / f"{name}.py").write_text(text)
    sources = [*(f"{tmp_path / name}.py:Net" for name in ends), f"{file}:Small"]
    assert main(["check", *sources, "--format", "json"]) == 2
    *broken, last = json.loads(capsys.readouterr().out)
    assert [one["source"] for one in (*broken, last)] == sources
    for one, (_, said) in zip(broken, ends.values(), strict=True):
        assert said in one["error"]
    assert last["params"] == 8 * 27 + 8 + 16 + 8 * 10 + 10


@pytest.mark.usefixtures("file")
def test_two_are_read_at_one_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, other in (("one", "two"), ("two", "one")):  # each goes on when the other has begun
        waits = f"while not Path('{tmp_path}', '{other}').exists(): sleep(0.05)"
        mark = f"Path('{tmp_path}', '{name}').touch()"
        (tmp_path / f"{name}.py").write_text(
            f"from pathlib import Path\nfrom time import sleep\nfrom theirs import Small\n{mark}\n{waits}\n"
        )
    assert main(["check", *(f"{tmp_path / name}.py:Small" for name in ("one", "two")), "--format", "json"]) == 1
    assert capsys.readouterr().out.count('"params": 330') == 2


def test_code_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("irnet.runtime.sources.SECONDS", 0.5)
    (tmp_path / "slow.py").write_text("while True: pass")
    with pytest.raises(ValueError, match=r"was not read within 0\.5 seconds"):
        read_source(f"{tmp_path / 'slow.py'}:Net")


def test_many_are_one_table_and_a_broken_one_stops_no_other(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = [f"{file}:fails", f"{file}:Small", "inception_v3"]
    assert main(["check", *sources, "--against", "inception_v3", "--format", "markdown"]) == 2
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == sources
    assert rows[2].endswith("| nothing |")


def test_the_exit_status_says_equal_or_different(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "inception_v3.torchvision", "--format", "json"]) == 0
    assert main(["check", "inception_v3.torchvision", "--against", "inception_v3", "--format", "json"]) == 1
    assert capsys.readouterr().out.count('"nearest"') == 2


def test_a_report_is_a_record() -> None:
    found = irnet.check("inception_v3.torchvision", "inception_v3")
    record = json.loads(json.dumps(found.record()))
    assert isinstance(found, Report)
    assert record["nearest"] == {"name": "inception_v3.tf_slim", "differences": len(found.differences)}
    assert {"path", "theirs", "field", "here", "there", "figure", "harmless"} <= record["changes"][0].keys()
    assert (record["params"], record["irreducible"]) == (23_834_568, 0)
