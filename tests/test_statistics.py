"""Statistics of one tensor against their definitions in float64."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from irnet.lab.statistics import Stats, reader, statistics

SEEDS = st.integers(0, 10_000)


def defined(x: Tensor) -> Stats:
    """The statistics as their names say."""
    x = x.double()
    zeros = (x == 0).double().mean().item()
    return Stats(x.abs().mean().item(), x.std(correction=0).item(), x.abs().max().item(), zeros)


def found(x: Tensor, *, rectified: bool) -> Stats:
    return statistics({"x": reader(rectified=rectified)(x)})["x"]


def values(stats: Stats) -> list[float]:
    return [stats.mean_abs, stats.std, stats.maximum, stats.zero_share]


@given(SEEDS, st.floats(-2, 2), st.floats(0.01, 100), st.booleans())
def test_a_tensor_has_its_defined_statistics(seed: int, shift: float, size: float, rectified: bool) -> None:
    x = (torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(seed)) + shift) * size
    x = torch.relu(x) if rectified else x
    assert values(found(x, rectified=rectified)) == pytest.approx(values(defined(x)), rel=1e-4)


@given(SEEDS, st.just(0.0) | st.floats(1e-6, 1))
def test_a_multiple_has_the_statistics_of_the_scaled_tensor(seed: int, scale: float) -> None:
    x = torch.randn(300, generator=torch.Generator().manual_seed(seed)).double()
    expected = values(defined(scale * x))
    assert values(defined(x).times(scale)) == pytest.approx(expected, rel=1e-9)


def test_zeros_and_magnitudes_are_those_by_hand_and_reading_leaves_the_tensor_as_it_was() -> None:
    assert values(found(torch.zeros(4, 5), rectified=False)) == [0, 0, 0, 1]
    assert found(torch.tensor([-3.0, 1.0, 2.0]), rectified=False).maximum == 3
    x = torch.tensor([-1.0, 0.0, 2.0])
    reader(rectified=False)(x)
    assert x.tolist() == [-1, 0, 2]


def test_one_reader_reads_tensors_of_several_sizes() -> None:
    read = reader(rectified=False)
    tensors = {str(n): torch.randn(n, generator=torch.Generator().manual_seed(n)) for n in (7, 500, 30)}
    made = statistics({name: read(x) for name, x in tensors.items()})
    assert {name: round(stats.mean_abs, 5) for name, stats in made.items()} == {
        name: round(defined(x).mean_abs, 5) for name, x in tensors.items()
    }


def test_squares_that_no_float32_holds_have_their_deviation_all_the_same() -> None:
    x = torch.tensor([1e25, -1e25, 3e25, 0.0])
    assert values(found(x, rectified=False)) == pytest.approx(values(defined(x)), rel=1e-6)


@pytest.mark.parametrize("odd", [float("inf"), float("nan")])
def test_what_is_no_finite_number_is_in_no_statistic_hidden(odd: float) -> None:
    made = found(torch.tensor([1.0, odd, 0.0, 0.0]), rectified=False)
    assert not made.finite
    assert made.std != made.std
    assert made.zero_share == 0.5
