"""What makes a forward pass on "meta" cheap enough, and plain enough, for those that count its operations."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_RELU, _NORM = torch.ops.aten.relu.default, torch.ops.aten.native_batch_norm.default


def _outlined(_mode: object, func: Any, _types: object, args: Any = (), kwargs: Any = None) -> Any:
    if func is _RELU:
        return torch.empty_like(args[0])
    if func is _NORM:
        x = args[0]
        return torch.empty_like(x), x.new_empty(0), x.new_empty(0)
    return func(*args, **(kwargs or {}))


def outline() -> AbstractContextManager[object]:
    """A mode in which batch norms and ReLUs put out an empty tensor of the input's shape: they have no other.

    On "meta" torch works these shapes out by running through the formulas of the operations, which takes longer than
    everything else in the pass. Whoever counts sees the operations as they are, above this mode.

    Examples
    --------
    >>> with outline():
    ...     tuple(torch.relu(torch.empty(2, 3, device="meta")).shape)
    (2, 3)
    """
    # made by hand, since a subclass would have to call functions without types
    made: AbstractContextManager[object] = type("Outline", (TorchDispatchMode,), {"__torch_dispatch__": _outlined})()
    return made


class Traceable(TorchFunctionMode):
    """Lets torch.jit trace convolutions on "meta": there `conv2d` leaves no node in the graph, `_convolution` does."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What `func` returns."""
        if func is torch.conv2d:
            x, weight, bias, stride, padding, dilation, groups = args
            forward = (x, weight, bias, stride, padding, dilation, False, (0, 0), groups)
            return torch._convolution(*forward, False, False, False, False)  # as no library is asked to do it
        return func(*args, **(kwargs or {}))
