"""What autograd keeps for the way back, asked of autograd itself."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from irnet.runtime.build import build
from irnet.runtime.device import memory_limit
from irnet.spec import Network


def saved_for_backward(network: Network, batch: int, device: str = "meta") -> int:
    """Bytes of all tensors that a training forward pass saves for its backward pass, each storage once.

    Weights and running statistics are not counted, nor the logits' loss. On "meta" autograd writes down the same graph
    without allocating it, so that any batch can be asked about.

    Parameters
    ----------
    network
        Any, built in training mode with float32.
    batch
        Images, 1 or more.
    device
        "meta", or a device that runs it.

    Raises
    ------
    ValueError
        For a single image of a network whose embedding has a batch norm.

    Examples
    --------
    >>> from irnet.tree.saved import saved_bytes
    >>> from irnet.models import network
    >>> spec = network("inception_resnet_v1", input_size=160, a=1, b=1, c=1)
    >>> abs(saved_for_backward(spec, 4) / saved_bytes(spec, 4) - 1) < 0.01
    True
    """
    if network.head.embedding and batch < 2:
        raise ValueError(
            f"{network.name} trains on 2 images or more: its embedding ends in a batch norm of single values"
        )
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with memory_limit(device):
        model = build(network, device).train()
        weights = {t.untyped_storage()._cdata for t in (*model.parameters(), *model.buffers())}
        images = torch.zeros(batch, *network.input_shape, device=device)
        with saved_tensors_hooks(pack, lambda tensor: tensor):
            out = model(images)
    del out
    return sum(tensor.untyped_storage().nbytes() for storage, tensor in kept.items() if storage not in weights)
