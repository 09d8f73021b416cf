"""The key numbers of the three counters."""

from __future__ import annotations

from app import text
from app.views import show
from irnet.runtime.measure import ModuleCount, Others
from irnet.units import exact, short


def figures(whole: ModuleCount, others: Others | None = None) -> None:
    """What each says of the whole network in a row; those that have not been asked yet leave their place free."""
    total = whole.total or 0
    show.figures(
        {
            "Parameters": short(whole.params),
            "fvcore MACs": short(whole.macs),
            "fvcore in all": short(total),
            "torchinfo": short(others.torchinfo_mult_adds) if others else text.NOT_YET,
            "torch FLOPs": short(others.torch_flops) if others else text.NOT_YET,
        },
        {
            "fvcore MACs": f"{exact(whole.macs)} in convolutions and linear layers, one image",
            "fvcore in all": f"{exact(total)}: MACs, batch norm and the global average together",
        }
        | _of_others(others),
    )


def _of_others(others: Others | None) -> dict[str, str]:
    if others is None:
        return {}
    return {
        "torchinfo": f"{exact(others.torchinfo_mult_adds)} of what it calls mult-adds",
        "torch FLOPs": f"{exact(others.torch_flops)}: two for every MAC of convolutions and linear layers",
    }
