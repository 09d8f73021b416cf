"""What a training step keeps for the way back: the prediction against autograd's own books."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.models import PRESETS, network
from irnet.runtime.device import memory_limit
from irnet.runtime.saved import saved_for_backward
from irnet.spec import Network
from irnet.tree import resolve
from irnet.tree.saved import saved_activations, saved_bytes, sum_norm_cost, with_sum_norm
from tests.conftest import presets
from tests.test_forward_cache import nets


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v1.facenet", "inception_v3.tf_slim"))
def test_the_prediction_is_within_one_percent_of_what_autograd_saves(name: str, norm: bool) -> None:
    spec = with_sum_norm(network(name), norm=norm)
    assert saved_bytes(spec, 8) == pytest.approx(saved_for_backward(spec, 8), rel=0.01)


def test_a_cpu_saves_what_meta_says() -> None:
    spec = network("inception_resnet_v1", input_size=112, a=1, b=1, c=1, sum_norm=True)
    assert saved_for_backward(spec, 3, "cpu") == saved_for_backward(spec, 3)


@given(nets(), st.integers(1, 5))
def test_the_prediction_holds_for_any_network(spec: Network, batch: int) -> None:
    head = 4 * batch * (2 * spec.head.classes + 64)  # a dropout's mask and a loss are not predicted
    assert saved_bytes(spec, batch) == pytest.approx(saved_for_backward(spec, batch), rel=0.01, abs=head)


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("inception_resnet")])
def test_a_norm_of_the_sums_keeps_one_more_tensor_a_block_and_two_numbers_a_channel(name: str) -> None:
    spec = network(name)
    sums = [row.out_shape for row in resolve(spec).rows if row.op == "add"]
    cost = sum_norm_cost(spec, 32)
    assert cost.bytes_with - cost.bytes_without == 4 * (32 * sum(map(prod, sums)) + 2 * sum(s[0] for s in sums))
    assert cost.params == 2 * sum(shape[0] for shape in sums)


def test_a_norm_can_be_taken_away_again_and_there_is_none_without_sums() -> None:
    spec = network("inception_resnet_v2")
    assert with_sum_norm(with_sum_norm(spec, norm=True), norm=False).key == spec.key
    spec = network("inception_v4")
    assert with_sum_norm(spec, norm=True) == spec


def test_the_stages_are_named_in_their_order() -> None:
    assert [part.stage for part in saved_activations(network("inception_v4", a=0))][:3] == [
        "input",
        "stem",
        "reduction_a",
    ]


def test_an_empty_batch_and_a_single_image_for_an_embedding_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^a batch has 1 image or more, not 0$"):
        saved_bytes(network("inception_v4"), 0)
    with pytest.raises(ValueError, match=r"^inception_resnet_v1\.facenet trains on 2 images or more"):
        saved_for_backward(network("inception_resnet_v1.facenet"), 1)


def test_memory_that_is_not_there_gets_one_sentence_and_another_error_is_not_taken_for_it() -> None:
    spec = replace(network("inception_resnet_v1"), input_shape=(3, 2_000_001, 2_000_001))
    with pytest.raises(
        RuntimeError, match=r"^cpu does not have enough memory for this: choose a smaller input, width, depth"
    ):
        saved_for_backward(spec, 2, "cpu")
    with pytest.raises(RuntimeError, match=r"^on purpose$"), memory_limit("cpu"):
        raise RuntimeError("on purpose")
