"""Devices: one clear sentence for what is not there."""

from __future__ import annotations

import pytest
import torch

from irnet.models import PRESETS
from irnet.runtime.build import build
from irnet.runtime.device import available, check_device

ALONE = "which has cpu, meta"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without accelerators."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def one_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one CUDA card."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", "xpu", "cpu:3"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(device: str) -> None:
    with pytest.raises(ValueError, match=f"^device '{device}' is not on this machine, {ALONE}$"):
        build("inception_v4", device=device)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("device", ["abacus", "", "cuda:-1", "cpu 0"])
def test_a_name_that_is_no_device_is_refused_with_those_that_are(device: str) -> None:
    with pytest.raises(ValueError, match=f"^{device!r} is no device; this machine has cpu, meta$"):
        build("inception_v4", device=device)


@pytest.mark.usefixtures("one_card")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_card_that_is_there_is_taken(device: str) -> None:
    assert check_device(device) == torch.device(device)


@pytest.mark.usefixtures("one_card")
def test_a_second_card_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^device 'cuda:1' is not on this machine, which has cpu, cuda, meta$"):
        check_device("cuda:1")


@pytest.mark.usefixtures("one_card")
def test_a_card_is_listed_where_there_is_one() -> None:
    assert available() == ("cpu", "cuda", "meta")


def test_mps_is_taken_where_it_is_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert check_device("mps") == torch.device("mps")


@pytest.mark.parametrize("name", PRESETS)
def test_meta_allocates_nothing(name: str) -> None:
    model = build(name, device="meta")
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"meta"}


def test_meta_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*_: object) -> None:
        raise AssertionError("weights were drawn for a model without numbers")

    monkeypatch.setattr("irnet.runtime.build.initialise", drawn)
    assert build("inception_v4", device="meta").network.name == "inception_v4.paper"
