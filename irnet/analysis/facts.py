"""What can be read from the presets, for texts that name it in braces: "{v2_slim.channels[reduction_a]} channels"."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from irnet.models import PRESETS
from irnet.models import network as preset
from irnet.models.recipe import knobs
from irnet.tree import smallest_input
from irnet.tree.totals import stages

_FACTS = {
    "v1": "inception_resnet_v1.paper",
    "v2": "inception_resnet_v2.paper",
    "v4": "inception_v4.paper",
    "v1_face": "inception_resnet_v1.facenet",
    "v2_slim": "inception_resnet_v2.tf_slim",
    "v4_slim": "inception_v4.tf_slim",
    "v3_slim": "inception_v3.tf_slim",
    "v3_torch": "inception_v3.torchvision",
}


def fill_facts(text: str) -> str:
    """A text with its braces filled in from the presets.

    Examples
    --------
    >>> fill_facts("{v2.channels[reduction_a]} or {v2_slim.channels[reduction_a]} channels")
    '1152 or 1088 channels'
    """
    return text.format(**_facts())


@cache
def _facts() -> Mapping[str, Any]:
    return {key: _fact(name) for key, name in _FACTS.items()}


def _fact(name: str) -> SimpleNamespace:
    network, recipe = preset(name), PRESETS[name]
    return SimpleNamespace(
        **knobs(recipe),
        channels={stage.name: stage.out_shape[0] for stage in stages(network)},
        embedding=network.head.embedding,
        keep=1 - network.head.dropout,
        eps=network.norm.eps,
        momentum=network.norm.momentum,
        decay=1 - network.norm.momentum,
        side=network.input_shape[1],
        least=smallest_input(network),
    )
