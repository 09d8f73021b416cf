"""Whether an average counts its padding: in the specification, the module, written source, words and comparisons."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from irnet.comparison.changes import compare
from irnet.comparison.distance import distance, fields
from irnet.diagrams.paper_figures import paper_texts
from irnet.models import network
from irnet.runtime.build import build
from irnet.spec import Head, Network, Pool, Stage
from irnet.tree import details
from tests.conftest import Meta

SLIM, TORCHVISION = network("inception_v3.tf_slim"), network("inception_v3.torchvision")
OUT, IN = Pool("avg"), Pool("avg", counts_padding=True)


def averaged(pool: Pool) -> list[list[float]]:
    """A 3x3 map of ones after one pooling."""
    spec = Network("one", (Stage("stage", pool),), Head(0, 0.0), input_shape=(1, 3, 3))
    found: list[list[float]] = build(spec).get_submodule("stage")(torch.ones(1, 1, 3, 3))[0, 0].tolist()
    return found


def test_a_corner_of_ones_sees_four_of_nine_pixels_where_padding_counts_and_ones_stay_ones_elsewhere() -> None:
    corner, edge = pytest.approx(4 / 9), pytest.approx(6 / 9)
    assert averaged(OUT) == [[1.0] * 3] * 3
    assert averaged(IN) == [[corner, edge, corner], [edge, 1.0, edge], [corner, edge, corner]]


@pytest.mark.parametrize(("spec", "counts"), [(SLIM, False), (TORCHVISION, True)], ids=lambda value: str(value)[:20])
def test_every_average_of_the_module_is_as_the_preset_says(spec: Network, counts: bool, meta: Meta) -> None:
    pools = [module for module in meta(spec).modules() if isinstance(module, nn.AvgPool2d)]
    assert [pool.count_include_pad for pool in pools] == [counts] * 9


def test_the_two_presets_differ_in_every_average_and_in_dropout_alone() -> None:
    changes = {change.where: (change.left, change.right) for change in compare(SLIM, TORCHVISION).changes}
    assert changes.pop("head.dropout") == (0.2, 0.5)
    assert list(changes.values()) == [("3x3 avg pool", "3x3 avg pool, padding counted")] * 9
    alike = network("inception_v3.tf_slim", dropout=TORCHVISION.head.dropout)
    assert alike.head == TORCHVISION.head
    assert alike.key != TORCHVISION.key
    assert [stage.name for stage in SLIM.stages] == [stage.name for stage in TORCHVISION.stages]


def test_a_difference_a_box_and_a_figure_say_it_in_plain_words() -> None:
    said = [(f.name, f.left, f.right) for f in fields(OUT, IN)]
    assert said == [("padding in an average", "does not count", "counts")]
    assert distance(OUT, IN) == distance(IN, OUT) > 0
    found = details(TORCHVISION, "mixed_5b.0.b3.0")
    assert found["What"] == "3x3 avg pool, padding counted"
    assert found["Where"].startswith("3x3 avg pooling, counting its padding, step 1 of 2")
    assert details(SLIM, "mixed_5b.0.b3.0")["What"] == "3x3 avg pool"
    stage = next(stage for stage in TORCHVISION.stages if stage.name == "mixed_5b")
    assert paper_texts(TORCHVISION, stage)["mixed_5b.0.b3.0"][0] == "3x3 Avg Pooling (padding counted)"


@pytest.mark.parametrize("given", [("max", 3, 1, "same"), ("avg", 3, 2, "valid"), ("avg", 1, 1, "same")])
def test_only_a_padded_average_can_count_its_padding(given: tuple[str, int, int, str]) -> None:
    with pytest.raises(ValueError, match="can count its padding"):
        Pool(*given, counts_padding=True)  # type: ignore[arg-type]
