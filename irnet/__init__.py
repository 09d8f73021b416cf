"""irnet: Inception-v4 and the Inception-ResNets as values that can be built, drawn, counted and compared.

Structure needs no torch: `build`, `capture`, `intervene` and `load_weights` import it when they are first asked for.

Examples
--------
>>> import irnet
>>> irnet.network("inception_resnet_v2", b=20).stages[3].repeat
20
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from irnet.comparison.changes import compare
from irnet.edit import network
from irnet.models import PRESETS
from irnet.notebook import register
from irnet.tree import Rows, resolve

if TYPE_CHECKING:
    from irnet.codegen import code
    from irnet.diagrams import diagram, explore
    from irnet.runtime.build import build
    from irnet.runtime.capture import capture, intervene
    from irnet.runtime.sources import check
    from irnet.runtime.weights import load_weights

register()
__version__ = "0.1.0"
__all__ = [
    "PRESETS",
    "Rows",
    "build",
    "capture",
    "check",
    "code",
    "compare",
    "diagram",
    "explore",
    "intervene",
    "load_weights",
    "network",
    "resolve",
]

_LAZY = {
    "build": "irnet.runtime.build",
    "capture": "irnet.runtime.capture",
    "check": "irnet.runtime.sources",
    "intervene": "irnet.runtime.capture",
    "load_weights": "irnet.runtime.weights",
    "code": "irnet.codegen",
    "diagram": "irnet.diagrams",
    "explore": "irnet.diagrams",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'irnet' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
