"""Written-out source: it runs on torch alone, computes what `build` computes, and is fit to be kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from torch import nn

from irnet.cli import main
from irnet.codegen import class_name, code
from irnet.codegen.layout import docstring, plain
from irnet.edit import network
from irnet.models import PRESETS
from irnet.runtime.build import build
from irnet.spec import Conv, Network, Stage
from tests.apps import ROOT
from tests.conftest import Golden
from tests.walks import fits, networks, networks_of_others


def written(spec: Network) -> nn.Module:
    """The module that the source makes in a namespace that has nothing in it."""
    found: dict[str, Any] = {}
    exec(compile(code(spec), spec.name, "exec"), found)  # the source itself is what is tested
    made = found[class_name(spec)]()
    assert isinstance(made, nn.Module)
    return made.eval()


@torch.no_grad()
def same(spec: Network) -> bool:
    """Whether source and `build` put out the same bits, given the same weights under the same names."""
    model, other = build(spec, init="he"), written(spec)
    other.load_state_dict(model.state_dict(), strict=True)
    x = torch.rand(2, *spec.input_shape, generator=torch.Generator().manual_seed(0))
    return torch.equal(model(x), other(x))


@pytest.mark.parametrize("name", PRESETS)
def test_the_source_of_a_preset_puts_out_the_same_bits(name: str) -> None:
    assert same(network(name, input_size=96, width=0.25))


@pytest.mark.parametrize("name", [name for name, recipe in PRESETS.items() if recipe.sides])
@torch.no_grad()
def test_the_source_has_auxiliary_heads_that_run_in_training(name: str) -> None:
    spec = network(name, auxiliary=True, width=0.25)
    model, other = build(spec, init="he"), written(spec)
    other.load_state_dict(model.state_dict(), strict=True)
    x = torch.rand(2, *spec.input_shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model(x), other(x))
    model.training = other.training = True  # of the whole alone, so that nothing is dropped
    found, wanted = other(x), model(x)
    assert len(found) == 1 + len(spec.auxiliary)
    assert all(map(torch.equal, found, wanted))


def test_other_weights_put_out_other_bits() -> None:
    """What the tests beside this one compare isn't zeros."""
    spec = network("inception_v4", a=1, b=1, c=1, input_size=96)
    x, other = torch.rand(2, 3, 96, 96), written(spec)
    with torch.no_grad():
        model = build(spec, init="he")
        other.load_state_dict(model.state_dict())
        other.get_parameter("inception_c.0.b1.conv.weight").mul_(2)
        assert not torch.equal(model(x), other(x))


@given(networks(low=4).filter(fits))
def test_the_source_of_any_network_puts_out_the_same_bits(spec: Network) -> None:
    assert same(spec)


@given(networks_of_others().filter(fits))
def test_the_source_of_networks_of_others_puts_out_the_same_bits(spec: Network) -> None:
    assert same(spec)


def test_the_source_needs_torch_and_nothing_else() -> None:
    imports = {line for name in PRESETS for line in code(network(name)).splitlines() if "import " in line}
    assert imports == {"import torch", "from torch import Tensor, nn"}
    assert "from torch.nn.functional import normalize" in code(network("inception_resnet_v1.facenet", classes=0))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source of every preset, of one without classes and of one with odd widths."""
    folder = tmp_path_factory.mktemp("written")
    extra = (
        network("inception_resnet_v1.facenet", classes=0, sum_norm=True),
        network("inception_v4", k=8, m=16, b=3, a=0),
        network("inception_resnet_v2", "block_b.0.body.b1.1.kernel=5", sum_norm=True),
    )
    for i, spec in enumerate((*map(network, PRESETS), *extra)):
        (folder / f"net{i}.py").write_text(code(spec), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        # a block of GoogLeNet has as many filters as it has arguments
        ["ruff", "check", "--isolated", "--select", "E,F,W,I,N,UP,B,C4,SIM,RUF,PIE,PL", "--ignore", "PLR0913,PLR0917"],
        ["ruff", "format", "--isolated", "--check"],
        ["mypy", "--strict"],  # in the project's folder, where `make check` has left what mypy knows of torch
    ],
    ids=" ".join,
)
def test_the_source_passes_ruff_and_mypy(files: Path, command: list[str]) -> None:
    sources = sorted(map(str, files.glob("*.py")))
    done = subprocess.run(
        [sys.executable, "-m", *command, *sources], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_source_is_as_stored(golden: Golden) -> None:
    golden("inception_resnet_v2.paper.py.txt", code(network("inception_resnet_v2")))


def test_blocks_that_differ_in_numbers_alone_are_one_class() -> None:
    text = code(network("inception_v3"))
    assert text.count("class Inception") == 3 + 1  # A, B, C and the network
    assert [line.strip() for line in text.splitlines() if "self.mixed_6" in line and "nn." in line] == [
        "self.mixed_6a = nn.Sequential(ReductionA(288, k=64, l_=96, m=96, n=384))",
        "self.mixed_6b = nn.Sequential(InceptionB(768, filters=128))",
        "self.mixed_6c = nn.Sequential(InceptionB(768, filters=160))",
        "self.mixed_6d = nn.Sequential(InceptionB(768, filters=160))",
        "self.mixed_6e = nn.Sequential(InceptionB(768, filters=192))",
    ]


def test_errata_and_figures_are_in_the_docstrings_which_no_words_can_end() -> None:
    text = code(network("inception_resnet_v2"))
    assert "Source: Fig. 17. Errata: E4, E15, E18." in text.replace("\n    ", " ")
    assert docstring(0, 'a""" + b\\')[0] == '"""a\'\'\' + b/"""'
    assert plain("a\nb") == "a b"


def test_a_stage_that_no_module_can_be_called_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a stage called 'a-b' can't be an attribute of a Python class$"):
        code(Network("x", (Stage("a-b", Conv(3)),), input_shape=(3, 8, 8)))


def test_the_verb_prints_the_source_or_writes_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["code", "inception_v4", "--set", "a=6"]) == 0
    printed = capsys.readouterr().out
    assert printed == code(network("inception_v4", a=6))
    assert main(["code", "inception_v4", "--set", "a=6", "--out", str(tmp_path / "v4.py")]) == 0
    assert (tmp_path / "v4.py").read_text(encoding="utf-8") == printed
