"""What outputs see as plain values for tables and JSON."""

from __future__ import annotations

from irnet.analysis.receptive_field.rectangle import Rectangle
from irnet.analysis.receptive_field.seen import Part, Seen
from irnet.analysis.tables import stages
from irnet.spec import Network
from irnet.tree import ReceptiveField, Sides
from irnet.units import grid, share, sides


def record(seen: Seen) -> dict[str, object]:
    """What an output sees as plain values for JSON."""
    return {
        "network": seen.network,
        "path": seen.path,
        "position": list(seen.position),
        "grid": list(seen.grid),
        "picture": list(seen.picture),
        "theoretical": part_records(seen),
        "sentences": list(seen.sentences),
    }


def part_records(seen: Seen) -> list[dict[str, object]]:
    """The box, then its parts, as flat records: size, stride, padding and pixels, from first to last."""
    every = (Part(seen.path, seen.field, seen.rectangle), *seen.parts)
    return [
        {"what": part.name} | _numbers(part.field) | part.rectangle.ends | _shares(part.rectangle, seen.picture)
        for part in every
    ]


def _numbers(field: ReceptiveField) -> dict[str, object]:
    return {"size": sides(field.size), "stride": sides(field.stride), "padding": sides(field.padding)}


def _shares(spot: Rectangle, picture: Sides) -> dict[str, object]:
    on = spot.on(picture).area
    return {"on the picture": share(on, spot.area), "of the picture": share(on, picture[0] * picture[1])}


def stage_fields(network: Network) -> list[dict[str, object]]:
    """The field of what every stage puts out, as flat records, and whether that is more than the picture has."""
    return [
        {"stage": stage.name, "what": stage.title, "output": grid(stage.out_shape)}
        | _numbers(stage.field)
        | {"larger than the picture": "yes" if _larger(stage.field, network) else "no"}
        for stage in stages(network)
    ]


def _larger(field: ReceptiveField, network: Network) -> bool:
    return any(size > side for size, side in zip(field.size, network.input_shape[1:], strict=True))
