"""One training run, step by step; whoever iterates decides when to write, wait or stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import isfinite, sqrt
from pathlib import Path
from re import search
from time import perf_counter
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from irnet.lab.forward import Unit, batch_statistics, units
from irnet.lab.photos import with_channels
from irnet.lab.statistics import Moments, Stats, reader, statistics
from irnet.runtime.build import Model, build, channels_last
from irnet.runtime.capture import capture
from irnet.runtime.device import check_device
from irnet.runtime.init import INITS
from irnet.spec import Network
from irnet.training.cost import macs_per_step
from irnet.training.directory import whole_file
from irnet.training.images import Batch, Images, generator, images_of
from irnet.training.results import Line
from irnet.training.settings import Run
from irnet.tree import resolve

RMSPROP_DECAY, RMSPROP_EPSILON = 0.9, 1.0  # section 4 of the paper
MOMENTUM = 0.9


class Trainer:
    """A model in training: everything that a checkpoint holds, and what does not change.

    With `signs`, the last block is looked at wherever accuracy is due: whether it is dead.

    Examples
    --------
    >>> run = Run(network="inception_resnet_v1 (a=1, b=1, c=1)", steps=2, batch=2)
    >>> [step.step for step in Trainer(run).steps()]
    [1, 2]
    """

    def __init__(self, run: Run, *, signs: bool = False) -> None:
        check_device(run.device)
        self.run, self.signs = run, signs
        self.images: Images = images_of(run.data)
        self.network = run.spec(len(self.images.classes))
        _, labels = self.images.held_out()
        self.held_out = len(labels)
        self.chance = int(labels.bincount().max()) / len(labels)  # accuracy of one and the same answer to every image
        self.device = torch.device(run.device)
        init = next(init for init in INITS if init == run.init)
        self.model: Model = build(self.network, run.device, run.seed, init).train()
        self.dropout = Dropout(self.network.head.dropout)
        self.model.set_submodule("dropout", self.dropout)
        self.model.train()
        if run.channels_last:
            channels_last(self.model)
        self.optimiser = optimiser_of(run, self.model)
        self.step, self.seconds = 0, 0.0

    def header(self) -> dict[str, Any]:
        """What stays the same over the run, as plain values: what its steps are to be read with."""
        return {
            "network": self.network.label,
            "parameters": sum(row.params for row in resolve(self.network).rows),
            "blocks": list(watched_paths(self.network)),
            "macs_per_step": macs_per_step(self.network, self.run.batch),
            "images_per_epoch": self.images.epoch,
            "classes": list(self.images.classes),
            "chance": self.chance,
        }

    def save(self, file: Path) -> None:
        """Write a checkpoint, so that the file is whole or the one before it stays."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for i, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{i}.{name}": value for name, value in state.items() if isinstance(value, Tensor)}
        plain = {name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}
        with whole_file(file) as partial:
            try:
                save_file(plain, partial, {"step": str(self.step), "seconds": repr(self.seconds)})
            except SafetensorError as error:
                number = search(r"os error (\d+)", str(error))  # the operating system's, "... (os error 28)"
                raise OSError(int(number[1]) if number else 0, f"{file}: {error}") from None

    def restore(self, file: Path) -> None:
        """Go on from a checkpoint."""
        with safe_open(file, "pt", device="cpu") as opened:
            metadata = opened.metadata()
            names = opened.keys()
            tensors = {name: opened.get_tensor(name) for name in names}
        weights = {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
        self.model.load_state_dict(weights)
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser."):
                _, i, value = name.split(".")
                state.setdefault(int(i), {})[value] = tensor
        self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": state})
        self.step, self.seconds = int(metadata["step"]), float(metadata["seconds"])

    def steps(self) -> Iterator[Line]:
        """Train from here to the last step, or until the loss is no number; evaluate where it is due."""
        every = self.run.evaluate_every
        with watching(self.model) as read:
            while self.step < self.run.steps:
                start = perf_counter()
                loss = self.advance()
                outputs, value = read(), float(loss)
                self.seconds += perf_counter() - start
                due = bool(every) and (self.step % every == 0 or self.step == self.run.steps)
                measured = due and isfinite(value)
                accuracy = self.accuracy() if measured else None
                zeros, gradient = self.last_block() if measured and self.signs else (None, None)
                yield Line(
                    step=self.step,
                    loss=value if isfinite(value) else None,
                    seconds=self.seconds,
                    zeros=tuple(stat.zero_share for stat in outputs),
                    magnitudes=tuple(stat.mean_abs if isfinite(stat.mean_abs) else None for stat in outputs),
                    accuracy=accuracy,
                    held_out_zeros=zeros,
                    gradient=gradient,
                )
                if not isfinite(value):
                    return

    def advance(self) -> Tensor:
        """One step of the optimiser; the loss before it, on its device."""
        run = self.run
        images, labels = self._placed(self.images.batch(run.seed, self.step, run.batch))
        self.dropout.generator = generator(7, run.seed, self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(run, self.step, self.images.epoch)
        self.optimiser.zero_grad(set_to_none=True)
        with self._precision():
            loss = cross_entropy(self.model(images), labels)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.step += 1
        return loss.detach()

    @torch.no_grad()
    def accuracy(self) -> float:
        """Share of the held-out images that the model, with its running statistics, puts into their class."""
        self.model.eval()
        right = 0
        for images, labels in self._held_out():
            with self._precision():
                logits = self.model(images)
            right += int((logits.argmax(1) == labels).sum())
        self.model.train()
        return right / self.held_out

    def last_block(self) -> tuple[float, float | None]:
        """Share of zeros that the last block puts out, and the norm of the gradient at its input, without dropout.

        The gradient is that of the mean loss over all held-out images; None if it is no number.
        Running statistics lag behind: after an early explosion they take a hundred steps to come down, and until then
        show outputs that no training step has any more. So this uses the statistics of every batch, as training does.
        """
        paths = [unit.path for unit in units(self.network)]
        last = paths.index(watched_paths(self.network)[-1])
        zeros, elements, squares = 0, 0, 0.0
        self.model.eval()
        try:
            with batch_statistics(self.model, wanted=True):
                for images, labels in self._held_out():
                    with self._precision():
                        with torch.no_grad():
                            given = self.model.through(images, paths[:last])
                        output = self.model.through(given.requires_grad_(), paths[last : last + 1])
                        logits = self.model.through(output, paths[last + 1 :])
                    loss = cross_entropy(logits, labels, reduction="sum")
                    (gradient,) = torch.autograd.grad(loss, given)
                    squares += float(gradient.double().square().sum())
                    zeros, elements = zeros + int((output == 0).sum()), elements + output.numel()
        finally:
            self.model.train()
        norm = sqrt(squares) / self.held_out
        return zeros / elements, norm if isfinite(norm) else None

    def _held_out(self) -> Iterator[Batch]:
        """The held-out images in batches, none of which is smaller than a training batch unless it is the only one."""
        images, labels = self.images.held_out()
        parts = max(1, len(labels) // self.run.batch)
        yield from map(self._placed, zip(images.tensor_split(parts), labels.tensor_split(parts), strict=True))

    def _placed(self, batch: Batch) -> Batch:
        images, labels = with_channels(batch[0], self.network.input_shape[0]), batch[1]
        layout = torch.channels_last if self.run.channels_last else torch.contiguous_format
        return images.to(self.device, memory_format=layout), labels.to(self.device)

    def _precision(self) -> AbstractContextManager[object]:
        mixed = self.run.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16) if mixed else nullcontext()


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


def watched_paths(network: Network) -> tuple[str, ...]:
    """The paths of all blocks and of what follows them, in order; the last is what the average pooling sees.

    Examples
    --------
    >>> from irnet.models import network
    >>> watched_paths(network("inception_resnet_v2.tf_slim", a=1, b=1, c=1))
    ('block_a.0', 'block_b.0', 'block_c.0', 'block8.0', 'conv2d_7b.0')
    """
    return tuple(unit.path for unit in _watched(network))


def _watched(network: Network) -> Iterator[Unit]:
    return (unit for unit in units(network) if unit.part in ("a", "b", "c", "tail"))


@contextmanager
def watching(model: Model) -> Iterator[Callable[[], list[Stats]]]:
    """A function to the statistics of every watched output of the latest forward pass, while the block runs."""
    watched = tuple(_watched(model.network))
    rectified, signed = (_whole(reader(rectified=rectified)) for rectified in (True, False))
    with (
        capture(model, *(unit.path for unit in watched if not unit.signed), keep=rectified) as most,
        capture(model, *(unit.path for unit in watched if unit.signed), keep=signed) as others,
    ):

        def read() -> list[Stats]:
            found = statistics(most | others)
            return [found[unit.path] for unit in watched]

        yield read


def _whole(read: Callable[[Tensor], Moments]) -> Callable[[Tensor], Moments]:
    """`read` in 32 bits: counts up to millions need the digits that 16 bits have not."""
    return lambda x: read(x.detach().float())


class Dropout(nn.Module):
    """Dropout from a generator of its own: the same on every device, and whatever other threads draw."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.generator = torch.Generator()

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out; in eval mode, the same tensor."""
        if not self.training or not self.probability:
            return x
        kept = torch.rand(x.shape, generator=self.generator) >= self.probability
        return x * kept.to(x.device, x.dtype) / (1 - self.probability)
