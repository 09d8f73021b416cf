"""The label of a network in a run: a preset and, in brackets, its knobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from irnet.models import PRESETS, full_name
from irnet.models.recipe import parse_knob


def preset_and_edits(label: str) -> tuple[str, dict[str, Any]]:
    """The preset and the knobs that a network's label names; the brackets may be left out.

    Examples
    --------
    >>> preset_and_edits("inception_v4 a=1, b=2")
    ('inception_v4.paper', {'a': 1, 'b': 2})
    """
    name, _, edits = label.strip().partition(" ")
    full = full_name(name)
    texts = edits.strip().removeprefix("(").removesuffix(")").split(",")
    return full, dict(parse_knob(PRESETS[full], text) for text in texts if text.strip())


def network_label(name: str, edits: Mapping[str, Any]) -> str:
    """The label of a preset with knobs, in one way.

    Examples
    --------
    >>> network_label("inception_v4.paper", {"a": 1, "input_size": (75, 80)})
    'inception_v4.paper (a=1, input_size=75x80)'
    """
    texts = (f"{knob}={'x'.join(map(str, v)) if isinstance(v, tuple) else v}" for knob, v in edits.items())
    return f"{name} ({', '.join(texts)})" if edits else name
