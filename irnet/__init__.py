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
from irnet.models import PRESETS, read_also
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
    "open",
    "resolve",
]

_LAZY = {
    "build": "irnet.runtime.build:build",
    "capture": "irnet.runtime.capture:capture",
    "check": "irnet.runtime.sources:check",
    "intervene": "irnet.runtime.capture:intervene",
    "load_weights": "irnet.runtime.weights:load_weights",
    "open": "irnet.runtime.sources:open_network",
    "code": "irnet.codegen:code",
    "diagram": "irnet.diagrams:diagram",
    "explore": "irnet.diagrams:explore",
}


def _open_module(given: Any) -> Any:
    """The network of a module of torch; None for anything else."""
    if not hasattr(given, "named_parameters"):
        return None
    return import_module("irnet.runtime.sources").open_network(given)


read_also(_open_module)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'irnet' has no attribute {name!r}")
    module, _, function = _LAZY[name].partition(":")
    return getattr(import_module(module), function)
