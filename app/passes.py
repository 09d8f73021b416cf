"""What pages ask of a network that runs: each goes to the process that runs them, and its last answers are kept here.

Only pages that run a network import this; it imports torch.
"""

from __future__ import annotations

from app.long import remote
from app.server import networks
from app.server.networks import Setting, Weights
from irnet.models import network as preset
from irnet.spec import Network

__all__ = ["Setting", "Weights"]

what_is_in = remote(networks.identified, "Looking into the checkpoint", entries=32)
read_network = remote(networks.read_network, "Reading the network", entries=8)
module_counts = remote(networks.module_counts, "Counting with fvcore", entries=32)
counted_otherwise = remote(networks.counted_otherwise, "Counting with torchinfo and torch", entries=32)
kept_for_backward = remote(networks.kept_for_backward, "Asking autograd", entries=64)
residual_scales = remote(networks.residual_scales, "Running the network", entries=32)
classify_image = remote(networks.classify_image, "Classifying", entries=64)
effective_field_of = remote(networks.effective_field_of, "Running the network up to the box, and back", entries=64)
glance_at = remote(networks.glance_at, "Running the network", entries=16)
box_maps = remote(networks.box_maps, "Running to the box", entries=4)
block_at_scale = remote(networks.block_at_scale, "Running the block", entries=32)
gradients_with_head = remote(networks.gradients_with_head, "Running a small network", entries=32)

photograph = remote(networks.photograph, "Running the network", entries=16)
channels = remote(networks.channels, "Running the block", entries=64)


def reference(network: Network) -> Network:
    """Inception-v4 for the same input: the line without residuals."""
    channels, *size = network.input_shape
    return preset("inception_v4", channels=channels, input_size=tuple(size))
