"""How large the gradient of a loss is at the input of every block: what is left of it after the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from irnet.experiments.forward_cache import ForwardCache, Scaling, batch_statistics
from irnet.runtime.build import Model
from irnet.runtime.capture import rescale


def gradient_norms(trail: ForwardCache, model: Model, scaling: Scaling, label: int) -> dict[str, float]:
    """Block to the L2 norm of the gradient at its input, of the cross-entropy for class `label`.

    What comes before the first block is taken from `trail`; the blocks are run again, because a gradient needs what
    they put out in between. No gradient of a weight is computed.

    Raises
    ------
    ValueError
        If the network has no classifier.

    Examples
    --------
    >>> from irnet.models import network
    >>> from irnet.runtime.build import build
    >>> spec = network("inception_resnet_v1", input_size=96, a=1, b=1, c=1)
    >>> trail = ForwardCache(spec, torch.zeros(1, 3, 96, 96))
    >>> list(gradient_norms(trail, build(spec), None, label=0))
    ['block_a.0', 'block_b.0', 'block_c.0']
    """
    if not model.network.head.classes:
        raise ValueError(f"{model.network.name} has no classifier, and without one there is no loss")
    scale = dict(scaling) if isinstance(scaling, tuple) else scaling
    first = next((i for i, unit in enumerate(trail.units) if unit.looked_at), len(trail.units))
    given: dict[str, Tensor] = {}
    with (
        torch.enable_grad(),
        batch_statistics(model, trail.batch_norm == "batch"),
        rescale(model, scale),
        _frozen(model),
    ):
        x = trail.before_blocks(model).clone().requires_grad_()
        for unit in trail.units[first:]:
            if unit.looked_at:
                given[unit.path] = x
            x = model.get_submodule(unit.path)(x)
        logits = model.through(x, model.head_names)
        loss = cross_entropy(logits, torch.tensor([label], device=logits.device))
        found = torch.autograd.grad(loss, list(given.values())) if given else ()
    return {path: norm(gradient) for path, gradient in zip(given, found, strict=True)}


def norm(gradient: Tensor) -> float:
    """Its L2 norm, in float64."""
    return float(torch.linalg.vector_norm(gradient, dtype=torch.float64))


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """Weights that ask for no gradient while the block runs."""
    asking = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        for parameter in asking:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in asking:
            parameter.requires_grad_()
