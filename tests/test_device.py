"""Devices: one clear sentence for what is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from irnet.runtime.build import build
from irnet.runtime.device import available, check_device


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make this a machine with so many CUDA cards and nothing else."""

    def have(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return have


ABSENT = "device '{}' is not on this machine, which has cpu, meta"
UNKNOWN = "'{}' is no device; this machine has cpu, meta"


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
