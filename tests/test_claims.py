"""The ledger of published counts: its lines add up to figures that others printed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from torch import nn

from irnet.analysis.claims import Explanation, claims, explained, records, summaries
from irnet.analysis.counts import COUNTS
from irnet.analysis.lookalikes import lookalikes
from irnet.models import PRESETS, network
from irnet.models.auxiliary import AFTER, auxiliary
from irnet.resolve import resolve
from irnet.spec import Network
from tests.conftest import Meta

V4, V2, V1, V3 = (
    "inception_v4.tf_slim",
    "inception_resnet_v2.tf_slim",
    "inception_resnet_v1.facenet",
    "inception_v3.tf_slim",
)
# preset, who says it, what, pixels a side: the figure, and of how many the last printed digit is one
PRINTED = {
    (V4, "timm", "parameters", 299): (42_680_000, 10_000),
    (V4, "timm", "MACs", 299): (12_280_000_000, 10_000_000),
    (V4, "timm", "activations", 299): (15_090_000, 10_000),
    (V4, "TF-slim, no auxiliary head", "parameters", 299): (42_649_769, 1),
    (V4, "TF-slim", "parameters", 299): (46_009_106, 1),
    (V4, "Cadene", "parameters", 299): (42_681_353, 1),
    (V4, "fvcore", "MACs", 299): (12_284_251_296, 1),
    (V4, "torch", "FLOPs", 299): (24_507_949_248, 1),
    (V4, "fvcore", "MACs", 224): (6_137_468_832, 1),
    (V4, "torch", "FLOPs", 224): (12_243_789_504, 1),
    (V4, "Google", "FLOPs", 224): (12_271_000_000, 1_000_000),
    (V4, "Google", "FLOPs", 321): (27_390_000_000, 1_000_000),
    (V2, "timm", "parameters", 299): (55_840_000, 10_000),
    (V2, "timm", "MACs", 299): (13_180_000_000, 10_000_000),
    (V2, "timm", "activations", 299): (25_060_000, 10_000),
    (V2, "TF-slim, no auxiliary head", "parameters", 299): (55_814_729, 1),
    (V2, "TF-slim", "parameters", 299): (59_182_258, 1),
    (V2, "Keras, total", "parameters", 299): (55_873_736, 1),
    (V2, "Keras, trainable", "parameters", 299): (55_813_192, 1),
    (V2, "Keras, without top", "parameters", 299): (54_336_736, 1),
    (V2, "Cadene", "parameters", 299): (55_845_001, 1),
    (V2, "fvcore", "MACs", 299): (13_182_930_592, 1),
    (V2, "torchinfo", "MACs", 299): (13_167_395_400, 1),
    (V2, "torch", "FLOPs", 299): (26_311_588_032, 1),
    (V2, "fvcore", "MACs", 224): (6_482_828_544, 1),
    (V2, "torch", "FLOPs", 224): (12_937_922_240, 1),
    (V2, "Google", "FLOPs", 224): (12_958_000_000, 1_000_000),
    (V2, "Google", "FLOPs", 321): (29_203_000_000, 1_000_000),
    (V1, "facenet-pytorch, embedding", "parameters", 299): (23_482_624, 1),
    (V1, "facenet-pytorch, VGGFace2", "parameters", 299): (27_910_327, 1),
    (V1, "facenet-pytorch, CASIA", "parameters", 299): (28_907_599, 1),
    (V1, "fvcore, embedding", "MACs", 160): (1_421_838_176, 1),
    (V1, "torch, embedding", "FLOPs", 160): (2_835_324_608, 1),
    (V1, "fvcore", "MACs", 160): (1_426_257_248, 1),
    (V1, "torch", "FLOPs", 160): (2_844_162_752, 1),
    (V3, "timm, TorchVision", "parameters", 299): (23_834_568, 1),
    (V3, "TorchVision", "parameters", 299): (27_161_264, 1),
    (V3, "hooks", "MACs", 299): (5_713_216_096, 1),
    (V3, "Google", "FLOPs", 224): (5_689_000_000, 1_000_000),
    (V3, "Google", "FLOPs", 321): (12_727_000_000, 1_000_000),
}
RELEASED = (V4, V2, V1, V3)
EDITED = network("inception_resnet_v2", a=3, classes=10, input_size=224)


def key(claim: Explanation) -> tuple[str, str, str, int]:
    count = claim.count
    whose = f"{count.by}, embedding" if count.preset == V1 and count.classes == 0 and count.what != "parameters" else ""
    return count.preset, whose or count.by, count.what, count.size


@pytest.mark.parametrize("name", RELEASED)
def test_the_lines_add_up_to_every_printed_digit(name: str) -> None:
    want = {known: figure for known, figure in PRINTED.items() if known[0] == name}
    found = {key(claim): claim.total for claim in claims(network(name))}
    assert {known: rounded(total, want[known][1]) for known, total in found.items()} == {
        known: figure for known, (figure, _) in want.items()
    }


def rounded(total: int, unit: int) -> int:
    return (total + unit // 2) // unit * unit


def test_every_count_that_is_stored_is_one_of_those() -> None:
    assert len(COUNTS) == len(PRINTED)


@pytest.mark.parametrize("spec", [*(network(name) for name in PRESETS), EDITED], ids=lambda spec: spec.label)
def test_nothing_is_left_unexplained_from_any_network(spec: Network) -> None:
    assert [claim.count.title for claim in claims(spec) if claim.unexplained] == []


def test_the_first_line_is_what_the_pages_show_for_the_network_at_hand() -> None:
    ours = {claim.count.what: claim.ours for claim in claims(EDITED)}
    assert ours["parameters"] == sum(row.params for row in resolve(EDITED))
    assert ours["MACs"] == ours["FLOPs"] == sum(row.macs for row in resolve(EDITED))


def test_a_wrong_figure_is_not_explained_away() -> None:
    count = next(count for count in COUNTS if count.by == "Keras, total")
    wrong = explained(network(V2), replace(count, printed="55,873,737"))
    assert (wrong.unexplained, wrong.verdict) == (1, "1 of it is unexplained")


def test_a_rounded_figure_that_the_sum_does_not_round_to_is_not_explained_away() -> None:
    count = next(count for count in COUNTS if count.by == "Google" and count.printed == "12.271")
    wrong = explained(network(V4), replace(count, printed="12.272"))
    assert wrong.unexplained == 12_272_000_000 - wrong.total


@pytest.mark.parametrize(("name", "by"), [(V4, "TF-slim"), (V2, "TF-slim"), (V3, "TorchVision")])
def test_the_auxiliary_head_has_the_parameters_of_a_module_made_by_hand(name: str, by: str) -> None:
    spec = network(name)
    channels = next(
        s for s in resolve(spec)[::-1] if s.path.startswith(f"{AFTER[name.split('.', maxsplit=1)[0]]}.")
    ).out_shape[0]
    classes = 1000 if by == "TorchVision" else 1001
    head = nn.Sequential(
        nn.AvgPool2d(5, 3),
        nn.Conv2d(channels, 128, 1, bias=False),
        nn.BatchNorm2d(128),
        nn.Conv2d(128, 768, 5, bias=False),
        nn.BatchNorm2d(768),
        nn.Flatten(),
        nn.Linear(768, classes),
    )
    claim = next(claim for claim in claims(spec) if claim.count.by == by)
    line = next(line for line in claim.lines if line.why == "the auxiliary head")
    assert line.amount == sum(p.numel() for p in head.parameters())


def test_the_auxiliary_head_ends_in_its_classes() -> None:
    rows = resolve(auxiliary((1088, 17, 17), 1001))
    assert [row.out_shape for row in rows if row.op == "conv"] == [(128, 5, 5), (768, 1, 1)]
    assert rows[-1].out_shape == (1001, 1, 1)


@pytest.mark.parametrize("name", [V4, V2])
def test_a_missing_gamma_takes_one_parameter_from_every_channel_under_batch_norm(name: str, meta: Meta) -> None:
    claim = next(claim for claim in claims(network(name)) if claim.count.by == "TF-slim, no auxiliary head")
    norms = [m.num_features for m in meta(network(name)).modules() if isinstance(m, nn.BatchNorm2d)]
    assert -sum(norms) in [line.amount for line in claim.lines]


def test_the_figures_that_look_alike_are_told_apart() -> None:
    (sentence,) = lookalikes(network(V4))
    for part in ("12.28 GMAC at 299 px", "12.271 GFLOP at 224 px", "24.56 G", "12.27 G"):
        assert part in sentence


@pytest.mark.parametrize("name", PRESETS)
def test_records_end_with_the_sum_of_what_stands_above(name: str) -> None:
    for claim in claims(network(name)):
        *lines, last = (int(str(record["amount"])) for record in records(claim))
        assert sum(lines) == last == claim.total


@pytest.mark.parametrize("name", RELEASED)
def test_every_count_has_a_source(name: str) -> None:
    assert all(len(str(record["source"])) > 10 for record in summaries(network(name)))
