"""How checkpoints name the tensors of a network: timm's, Cadene's, facenet-pytorch's, Keras's and ours."""

from __future__ import annotations

from irnet.analysis.layouts.find import find, module_keys
from irnet.analysis.layouts.keys import keys
from irnet.analysis.layouts.values import LAYOUTS, Layout, layouts_of

__all__ = ["LAYOUTS", "Layout", "find", "keys", "layouts_of", "module_keys"]
