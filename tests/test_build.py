"""Modules made from specs: weights, names, devices, and what they must not do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from irnet.models import PRESETS, network
from irnet.models.recipe import knobs
from irnet.runtime.build import Model, build
from irnet.runtime.device import available, check_device
from irnet.runtime.init import INITS, Init
from irnet.spec import Chain, Conv, Fork, Head, Network, Norm, Pool, Residual, Stage
from tests.conftest import Meta, presets

TINY = Network(
    "tiny",
    (
        Stage("stem", Conv(8, 3, 2, "valid")),
        Stage("block", Residual(Fork((Conv(4), Chain((Conv(4), Conv(6, (1, 3)))))), 0.2), 2),
        Stage("down", Fork((Pool("max", 3, 2, "valid"), Conv(5, 3, 2, "valid")))),
    ),
    Head(10, 0.2, 7),
    input_shape=(3, 33, 31),
)


@pytest.fixture(scope="module", params=INITS)
def drawn(request: pytest.FixtureRequest) -> tuple[Init, Model]:
    """A short Inception-ResNet-v1 with each kind of initial weights."""
    init: Init = request.param
    return init, build(network("inception_resnet_v1", a=2, b=2, c=2), init=init, seed=3)


def same(ours: Model, theirs: Model) -> bool:
    pairs = zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True)
    return all(name == other and torch.equal(one, two) for (name, one), (other, two) in pairs)


def weighted(model: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    return [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


def relative(model: nn.Module) -> Tensor:
    """All weights, each as a multiple of sqrt(2 / fan_in), the standard deviation that keeps a ReLU network level."""
    return torch.cat([m.weight.detach().flatten() / sqrt(2 / m.weight[0].numel()) for m in weighted(model)]).double()


@pytest.mark.parametrize("init", INITS)
def test_weights_follow_from_the_seed_and_leave_the_global_random_state_untouched(init: Init) -> None:
    torch.manual_seed(17)
    before = torch.random.get_rng_state()
    one = build(TINY, seed=5, init=init)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert same(one, build(TINY, seed=5, init=init))
    pairs = zip(weighted(one), weighted(build(TINY, seed=6, init=init)), strict=True)
    assert not any(torch.equal(a.weight, b.weight) for a, b in pairs)


@pytest.mark.parametrize("name", ["inception_resnet_v1.facenet", "inception_v3.tf_slim"])
def test_torch_init_draws_what_the_constructors_of_torch_draw(name: str) -> None:
    spec = network(name, input_size=96, width=0.25)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        reference = Model(spec)
    assert same(build(spec, seed=11, init="torch"), reference)


def test_weights_have_their_variance_mean_and_cut_off(drawn: tuple[Init, Model]) -> None:
    """He's and TensorFlow's have the variance 2 / fan_in; TensorFlow's alone are cut off, at two deviations."""
    init, found = drawn[0], relative(drawn[1])
    expected = {"torch": sqrt(1 / 6), "he": 1.0, "tf": 1.0}[init]  # torch: uniform within sqrt(1 / fan_in)
    assert found.std().item() == pytest.approx(expected, rel=0.01)
    assert found.mean().item() == pytest.approx(0, abs=0.001)
    low, high = {"torch": (0.70, sqrt(1 / 2)), "he": (4.5, 7.0), "tf": (2.27, 2 * sqrt(1.3))}[init]
    assert low < found.abs().max().item() <= high * (1 + 1e-6)


def test_only_torch_init_has_biases_other_than_zero_and_batch_norms_start_as_the_identity(
    drawn: tuple[Init, Model],
) -> None:
    init, model = drawn
    biases = [m.bias for m in weighted(model) if m.bias is not None]
    assert [bool(bias.any()) for bias in biases] == [init == "torch"] * (6 + 1)  # linear 1x1s and classifier
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    identity = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1, "num_batches_tracked": 0}
    for name, value in identity.items():
        assert all((getattr(norm, name) == value).all() for norm in norms), name


def test_an_unknown_init_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^init='xavier' is not one of torch, he, tf$"):
        build(TINY, init=cast("Init", "xavier"))


def test_batch_norms_have_the_settings_of_the_spec() -> None:
    model = build(replace(TINY, norm=Norm(1e-5, 0.03)), device="meta")
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert [(norm.eps, norm.momentum) for norm in norms] == [(1e-5, 0.03)] * 9


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_the_released_eps_is_in_eval_mode_and_does_nothing_in_place(name: str, meta: Meta) -> None:
    modules = dict(meta(network(name)).named_modules())
    norms = [m for m in modules.values() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    eps = 1e-5 if name.startswith(("bn_inception.cadene", "res", "xception")) else 1e-3
    assert {(norm.eps, norm.momentum) for norm in norms} == ({(eps, 0.1)} if name != "googlenet.paper" else set())
    assert [path for path, m in modules.items() if m.training or getattr(m, "inplace", False)] == []


@pytest.mark.parametrize("device", [name for name in available() if name != "meta"])
def test_every_device_gets_the_same_weights(device: str) -> None:
    assert same(build(TINY, device).cpu(), build(TINY))


def test_a_residual_block_is_its_formula_and_an_embedding_has_unit_length() -> None:
    model, x = build(TINY), torch.rand(1, 8, 16, 15)
    block = model.get_submodule("block.0")
    inner = block.get_submodule("project")(block.get_submodule("body")(x))
    assert torch.equal(block(x), torch.relu(x + 0.2 * inner))
    lengths = build(replace(TINY, head=Head(0, 0.0, 7)))(torch.rand(4, 3, 33, 31)).norm(dim=1)
    assert lengths.tolist() == pytest.approx([1.0] * 4)


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make this a machine with so many CUDA cards and nothing else."""

    def have(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return have


ABSENT = "device '{}' is not on this machine, which has cpu, meta"
UNKNOWN = "'{}' is not a device; this machine has cpu, meta"


@pytest.mark.parametrize(
    ("device", "told"),
    [
        *((device, ABSENT) for device in ("cuda", "cuda:1", "mps", "xpu", "cpu:3")),
        *((device, UNKNOWN) for device in ("abacus", "", "cuda:-1", "cpu 0")),
    ],
)
def test_a_device_that_is_not_there_is_refused_with_those_that_are(
    device: str, told: str, cards: Callable[[int], None]
) -> None:
    cards(0)
    with pytest.raises(ValueError, match=f"^{told.format(device)}$"):
        build("inception_v4", device=device)


def test_a_card_that_is_there_is_taken_and_listed_and_a_second_refused(
    cards: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards(1)
    assert (check_device("cuda"), check_device("cuda:0")) == (torch.device("cuda"), torch.device("cuda:0"))
    assert available() == ("cpu", "cuda", "meta")
    with pytest.raises(ValueError, match=r"^device 'cuda:1' is not on this machine, which has cpu, cuda, meta$"):
        check_device("cuda:1")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert check_device("mps") == torch.device("mps")


def test_meta_allocates_and_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*_: object) -> None:
        raise AssertionError("weights were drawn for a model without numbers")

    monkeypatch.setattr("irnet.runtime.build.initialise", drawn)
    model = build("inception_v4", device="meta")
    assert model.network.name == "inception_v4.paper"
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"meta"}


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v1.facenet", "googlenet.paper"))
def test_every_network_can_be_scripted_with_equal_outputs(name: str) -> None:
    have = knobs(PRESETS[name])
    short = {blocks: 1 for blocks in ("a", "b", "c") if blocks in have}
    changes: list[dict[str, Any]] = [{}, {"classes": 0, "channels": 1}]
    changes += [{"sum_norm": True}] if "sum_norm" in have else []
    for change in changes:
        model = build(network(name, input_size=96, width=0.25, **short, **change))
        image = torch.rand(2, *model.network.input_shape)
        assert torch.equal(torch.jit.script(model)(image), model(image))
