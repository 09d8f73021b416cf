"""The tensors of an ONNX file, and of the files beside it in which it keeps large ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from irnet.opening.onnx_file import BFLOAT16, NOTHING, NUMPY, RAW, Model, numbers, read_onnx
from irnet.runtime.checkpoint_files.checkpoint import Checkpoint, broken, check_size
from irnet.runtime.checkpoint_files.tensors import map_file
from irnet.units import typed

_INT16 = 5


def open_onnx(path: Path) -> Checkpoint:
    """The tensors of an ONNX file by the names that it gives them, read when they are asked for.

    The weight of a linear layer has a row a feature, as PyTorch has it, however the file multiplies it.

    Raises
    ------
    ValueError
        In one sentence, if it is broken or has no tensors, or a file that it names is not beside it.
    """
    model = read_onnx(path)
    tensors = {key: held for key, held in model.tensors.items() if held.type in (*NUMPY, BFLOAT16)}
    if not tensors:
        raise ValueError(f"{path.name} is an ONNX file without weights: irnet check {path.name} reads its operations")
    turned = {key for key in _multiplied(model) if key in tensors and len(tensors[key].shape) == 2}
    files: dict[str, Any] = {"": map_file(path)}
    for file in {held.file for held in tensors.values()} - {""}:
        files[file] = _beside(path, file)

    def read(key: str) -> torch.Tensor:
        held = tensors[key]
        stored = replace(held, type=_INT16) if held.type == BFLOAT16 else held  # NumPy has the bits alone
        if held.file:
            size = held.size * np.dtype(NUMPY[stored.type]).itemsize
            stored = replace(stored, field=RAW, span=range(held.offset, held.offset + size))
        try:
            found = torch.from_numpy(numbers(files[held.file], stored))
        except ValueError:
            raise broken(held.file or path.name, "ONNX") from None
        found = found.view(torch.bfloat16) if held.type == BFLOAT16 else found
        return found.T if key in turned else found

    return Checkpoint(
        name=path.name,
        container="ONNX",
        shapes=MappingProxyType({key: held.shape[:: -1 if key in turned else 1] for key, held in tensors.items()}),
        read=read,
    )


def _multiplied(model: Model) -> Iterator[str]:
    """The names of the matrices that have a column a feature."""
    same: dict[str, str] = {}
    for node in model.nodes:
        if node.operator in NOTHING and node.inputs and node.outputs:
            same[node.outputs[0]] = same.get(node.inputs[0], node.inputs[0])
        elif node.operator == "MatMul" or (node.operator == "Gemm" and not node.attributes.get("transB")):
            yield from (same.get(name, name) for name in node.inputs[1:2])


def _beside(path: Path, name: str) -> Any:
    """The bytes of a file in the same folder, or below it."""
    file = path.parent / name
    if PurePosixPath(name).is_absolute() or not file.resolve().is_relative_to(path.parent.resolve()):
        raise ValueError(f"{path.name} keeps weights in {typed(name)!r}, which is not in its folder and was not opened")
    if not file.is_file() or not file.stat().st_size:
        raise ValueError(f"{path.name} keeps its weights in {typed(name)!r}: put that file beside it")
    check_size(typed(name), file.stat().st_size)
    return map_file(file)
