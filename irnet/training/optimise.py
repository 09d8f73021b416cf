"""Optimisers, the schedule of the learning rate, and a run's state as a file."""

from __future__ import annotations

import os
from pathlib import Path
from re import search

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from irnet.training.settings import Run

RMSPROP_DECAY, RMSPROP_EPSILON = 0.9, 1.0  # section 4 of the paper
MOMENTUM = 0.9


def optimiser_of(run: Run, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of a run; its learning rate is set before every step.

    PyTorch's RMSProp adds epsilon to the root of the mean square, TensorFlow's adds it below the root; with the
    paper's epsilon of 1 both divide by about 1 while gradients are small.
    """
    weights = list(model.parameters())
    if run.optimiser == "rmsprop":
        return torch.optim.RMSprop(weights, run.rate, alpha=RMSPROP_DECAY, eps=RMSPROP_EPSILON)
    if run.optimiser == "sgd":
        return torch.optim.SGD(weights, run.rate, momentum=MOMENTUM)
    return torch.optim.AdamW(weights, run.rate)


def rate_at(run: Run, step: int, epoch: int) -> float:
    """The learning rate of a step, counted from 0, where an epoch has that many images.

    Examples
    --------
    >>> run = Run(rate=1.0, batch=16, steps=100, warm_up=10)
    >>> rate_at(run, 9, 64), rate_at(run, 17, 64), rate_at(run, 18, 64)
    (0.01, 1.0, 0.94)
    """
    if step < run.warm_up:
        return run.warm_up_rate
    epochs = (step - run.warm_up) * run.batch / epoch
    return run.rate * run.decay ** int(epochs // run.decay_epochs)


def save(file: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, seconds: float) -> None:
    """Write weights and optimiser state after `step` steps, so that the file is whole or the one before it stays."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for i, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{i}.{name}": value for name, value in state.items() if isinstance(value, Tensor)}
    plain = {name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        save_file(plain, partial, {"step": str(step), "seconds": repr(seconds)})
        partial.replace(file)
    except SafetensorError as error:
        raise OSError(_number(str(error)), f"{file}: {error}") from None
    finally:
        partial.unlink(missing_ok=True)


def _number(text: str) -> int:
    """The operating system's number in a message of safetensors, "... (os error 28)"; 0 where there is none."""
    found = search(r"os error (\d+)", text)
    return int(found[1]) if found else 0


def restore(file: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
    """Take weights and optimiser state from a file; return the steps that it comes after, and their seconds."""
    with safe_open(file, "pt", device="cpu") as opened:
        metadata = opened.metadata()
        names = opened.keys()
        tensors = {name: opened.get_tensor(name) for name in names}
    weights = {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights)
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, i, value = name.split(".")
            state.setdefault(int(i), {})[value] = tensor
    optimiser.load_state_dict(optimiser.state_dict() | {"state": state})
    return int(metadata["step"]), float(metadata["seconds"])
