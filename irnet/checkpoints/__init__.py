"""How checkpoints name the tensors of a network: timm's, Cadene's, facenet-pytorch's, Keras's, TF-slim's and ours."""

from __future__ import annotations

from irnet.checkpoints.find import find, module_keys
from irnet.checkpoints.keys import keys
from irnet.checkpoints.layouts import LAYOUTS, Layout, layouts_of

__all__ = ["LAYOUTS", "Layout", "find", "keys", "layouts_of", "module_keys"]
