"""Initial weights, drawn on the CPU from a generator of their own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from math import erf, sqrt
from typing import Literal, get_args

import torch
from torch import Tensor, nn

Init = Literal["torch", "he", "tf"]
INITS: tuple[Init, ...] = get_args(Init)
Tell = Callable[[float, str], None]  # gets the share that is done, 0 to 1, and the path of what comes next


@torch.no_grad()
def initialise(model: nn.Module, init: Init, seed: int, tell: Tell | None = None) -> None:
    """Fill every convolution, linear layer and batch norm of `model`, in the order of its modules.

    Parameters
    ----------
    model
        On the CPU; its memory need not hold numbers yet.
    init
        "torch": PyTorch's default for each layer. "he": Kaiming normal by fan-in, biases zero. "tf": TF-slim's
        variance scaling for v4 and v3, a normal of standard deviation sqrt(1.3 * 2 / fan_in) cut off at two of them,
        biases zero; for v2 TF-slim sets none and so draws Xavier's (D21).
    seed
        Of a generator made for this call; the global one is untouched.
    tell
        Called before every module; what it raises ends the work.

    Raises
    ------
    ValueError
        For an unknown `init`.
    """
    if init not in INITS:
        raise ValueError(f"init={init!r} is not one of {', '.join(INITS)}")
    generator = torch.Generator().manual_seed(seed)
    modules = list(model.named_modules())
    for i, (path, module) in enumerate(modules):
        if tell:
            tell(i / len(modules), path)
        if isinstance(module, nn.Conv2d | nn.Linear):
            _draw(init, module.weight, module.bias, generator)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()  # ones and zeros: nothing is drawn
        else:
            _fill(init, module, generator)


def _fill(init: Init, module: nn.Module, generator: torch.Generator) -> None:
    """What else a module owns: drawn where it has inputs and outputs, else ones for factors and zeros for the rest."""
    for name, tensor in chain(module.named_parameters(recurse=False), module.named_buffers(recurse=False)):
        if tensor.dim() > 1:
            _draw(init, tensor, None, generator)
        else:
            tensor.fill_(name in ("weight", "running_var"))


def _draw(init: Init, weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    if init == "torch":
        nn.init.kaiming_uniform_(weight, a=sqrt(5), generator=generator)
    elif init == "he":
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
    else:
        std = sqrt(1.3 * 2 / weight[0].numel())
        within = erf(sqrt(2))  # the share of a normal within two standard deviations
        # trunc_normal_ draws again what fell outside, and takes twelve times as long
        weight.uniform_(-within, within, generator=generator).erfinv_().mul_(sqrt(2) * std)
    if bias is not None and init == "torch":
        bound = 1 / sqrt(weight[0].numel())
        nn.init.uniform_(bias, -bound, bound, generator=generator)
    elif bias is not None:
        nn.init.zeros_(bias)
