"""Being told how far a model is while it runs, and ending its run by raising; nothing stays behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from irnet.runtime.build import ConvUnit, Model
from irnet.runtime.capture import hooks
from irnet.runtime.init import Tell


@contextmanager
def watch_layers(model: Model, tell: Tell) -> Iterator[None]:
    """Call `tell` before every convolution of a forward pass and after each on the way back; what it raises ends both.

    Parameters
    ----------
    model
        Any; what it computes is left alone.
    tell
        Gets how far through the network the convolution is, whatever part of it is run, and its path.

    Examples
    --------
    >>> import irnet, torch
    >>> model, calls = irnet.build("inception_resnet_v1", device="meta"), []
    >>> with watch_layers(model, lambda share, path: calls.append((round(share, 1), path))):
    ...     _ = model(torch.empty(1, 3, 299, 299, device="meta"))
    >>> calls[0], calls[-1][0], len(calls)
    ((0.0, 'stem.0.0'), 1.0, 107)
    """
    units = [(path, module) for path, module in model.named_modules() if isinstance(module, ConvUnit)]

    def watch(i: int, path: str, unit: ConvUnit) -> RemovableHandle:
        def back(_gradient: Tensor) -> None:
            tell(i / len(units), path)

        def before(_module: nn.Module, given: tuple[Any, ...]) -> None:
            tell(i / len(units), path)
            if given[0].requires_grad:
                given[0].register_hook(back)

        return unit.register_forward_pre_hook(before)

    with hooks(watch(i, *unit) for i, unit in enumerate(units)):
        yield
