"""What others wrote for the same task, where it is installed: `requirements-bench.txt` says for what.

They lie in a folder of their own in the environment, without the packages that they ask for, so that none of them
exchanges torch and removing the folder removes them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

FOLDER = Path(sys.prefix) / "rivals"
BOXES = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class Missing(RuntimeError):
    """A rival that can't be imported here."""


def rival(name: str) -> Any:
    """The module.

    Raises
    ------
    Missing
        Saying what was in the way.
    """
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    try:
        if name in ("timm", "facenet_pytorch", "torchvision", "pretrainedmodels"):
            _torchvision()
        return import_module(name)
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise Missing(f"{name} can't be imported here: {error}") from error


def missing(names: Iterable[str]) -> dict[str, str]:
    """Which of these can't be imported here, and why."""
    found = {}
    for name in names:
        try:
            rival(name)
        except Missing as error:
            found[name] = str(error)
    return found


def _torchvision() -> None:
    """Import torchvision, though its operators were compiled for another build of torch.

    Both rivals import it and call none of its operators; its own Python needs two of them to be declared.
    """
    try:
        import_module("torchvision")
    except RuntimeError:
        for operator in ("nms", "qnms"):
            torch.library.define(f"torchvision::{operator}", BOXES)
        import_module("torchvision")
