"""What networks count, part by part and in total, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from irnet.analysis.compare import PARTS, part_of
from irnet.analysis.tables import StageTotal, stages
from irnet.spec import Network
from irnet.tree import BYTES

Stages = tuple[StageTotal, ...]


COUNTS: Mapping[str, tuple[str, Callable[[Stages], int]]] = MappingProxyType(  # name to words and sum
    {
        "params": ("parameters", lambda found: sum(stage.params for stage in found)),
        "macs": ("MACs", lambda found: sum(stage.macs for stage in found)),
        "activation_bytes": (
            "activation bytes",
            lambda found: BYTES * sum(stage.activation_elements for stage in found),
        ),
        "convolutions": ("convolutions", lambda found: sum(stage.convolutions for stage in found)),
        "receptive_field": (
            "receptive field in pixels",
            lambda found: max((max(stage.field.size) for stage in found), default=0),
        ),
    }
)
TOTAL = "all"


def part_counts(*networks: Network) -> dict[str, dict[str, tuple[int, ...]]]:
    """Part to count to its value in every network; "all" is the whole network.

    Counts are parameters, MACs of convolutions and linear layers, bytes of their outputs in float32, all for one
    image, the number of convolutions, and the receptive field in pixels at the end of the part.

    Examples
    --------
    >>> from irnet.models import network
    >>> part_counts(network("inception_v4"), network("inception_resnet_v2"))["all"]["convolutions"]
    (149, 132)
    """
    every = [stages(network) for network in networks]
    sides = {part: [tuple(s for s in side if part_of(s) == part) for side in every] for part in PARTS}
    found = {part: [*side] for part, side in sides.items() if any(side)} | {TOTAL: every}
    return {
        part: {name: tuple(map(count, side)) for name, (_, count) in COUNTS.items()} for part, side in found.items()
    }


def count_records(count: str, *networks: Network) -> list[dict[str, object]]:
    """One count part by part as flat records, with the differences to the first network."""
    names = PARTS | {TOTAL: "Whole network"}
    labels = [f"{i + 1}: {network.label}" for i, network in enumerate(networks)]
    found: list[dict[str, object]] = []
    for part, values in part_counts(*networks).items():
        record: dict[str, object] = {"part": names[part], **dict(zip(labels, values[count], strict=True))}
        record |= {f"{i + 2} less 1": value - values[count][0] for i, value in enumerate(values[count][1:])}
        found.append(record)
    return found
