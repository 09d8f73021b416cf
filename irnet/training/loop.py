"""One training run, step by step; whoever iterates decides when to write, wait or stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import isfinite, sqrt
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from irnet.lab.forward import batch_statistics, units
from irnet.lab.statistics import Stats
from irnet.runtime.build import Model, build
from irnet.runtime.device import check_device
from irnet.runtime.init import INITS
from irnet.training import optimise
from irnet.training.cost import macs_per_step
from irnet.training.images import Batch, Images, generator
from irnet.training.settings import Run
from irnet.training.sources import images_of
from irnet.training.watch import Dropout, watched_paths, watching
from irnet.tree import resolve


@dataclass(frozen=True, slots=True)
class LastBlock:
    """What the average pooling sees of all held-out images, with the statistics of a batch as in training."""

    zeros: float  # share of elements that are exactly zero; 1 only if all are
    gradient: float | None  # L2 norm of the gradient of the mean loss at the block's input; None: no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step showed."""

    step: int  # from 1
    loss: float  # cross entropy of the batch, natural logarithm, before the step
    seconds: float  # of training up to here, evaluation not counted
    outputs: dict[str, Stats]  # of every block, in the forward pass of this step
    accuracy: float | None  # on held-out images after this step, where it is due
    last_block: LastBlock | None = None  # on held-out images, where that is due and wanted

    @property
    def diverged(self) -> bool:
        """Whether the loss is no number any more; the run ends here."""
        return not isfinite(self.loss)


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
            for weight in self.model.parameters():
                if weight.dim() == 4:
                    weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        self.optimiser = optimise.optimiser_of(run, self.model)
        self.step, self.seconds = 0, 0.0

    def save(self, file: Path) -> None:
        """Write a checkpoint."""
        optimise.save(file, self.model, self.optimiser, self.step, self.seconds)

    def restore(self, file: Path) -> None:
        """Go on from a checkpoint."""
        self.step, self.seconds = optimise.restore(file, self.model, self.optimiser)

    def steps(self) -> Iterator[Step]:
        """Train from here to the last step, or until the loss is no number; evaluate where it is due."""
        with watching(self.model) as read:
            while self.step < self.run.steps:
                start = perf_counter()
                loss = self.advance()
                outputs, value = read(), float(loss)
                self.seconds += perf_counter() - start
                due = self.run.evaluate_every and self.step % self.run.evaluate_every == 0
                last = bool(self.run.evaluate_every) and self.step == self.run.steps
                measured = (due or last) and isfinite(value)
                yield Step(
                    step=self.step,
                    loss=value,
                    seconds=self.seconds,
                    outputs=outputs,
                    accuracy=self.accuracy() if measured else None,
                    last_block=self.last_block() if measured and self.signs else None,
                )
                if not isfinite(value):
                    return

    def advance(self) -> Tensor:
        """One step of the optimiser; the loss before it, on its device."""
        run = self.run
        images, labels = self._placed(self.images.batch(run.seed, self.step, run.batch))
        self.dropout.generator = generator(7, run.seed, self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = optimise.rate_at(run, self.step, self.images.epoch)
        self.optimiser.zero_grad(set_to_none=True)
        with self._mixed():
            loss = cross_entropy(self.model(images), labels)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.step += 1
        return loss.detach()

    @torch.no_grad()
    def accuracy(self) -> float:
        """Share of the held-out images that the model, with its running statistics, puts into their class."""
        self.model.eval()
        right = [int((self._logits(images).argmax(1) == labels).sum()) for images, labels in self._held_out()]
        self.model.train()
        return sum(right) / self.held_out

    def last_block(self) -> LastBlock:
        """Zeros that the last block puts out, and the gradient that reaches its input, without dropout.

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
                    with self._mixed():
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
        return LastBlock(zeros / elements, norm if isfinite(norm) else None)

    def _held_out(self) -> Iterator[Batch]:
        """The held-out images in batches, none of which is smaller than a training batch unless it is the only one."""
        images, labels = self.images.held_out()
        parts = max(1, len(labels) // self.run.batch)
        yield from map(self._placed, zip(images.tensor_split(parts), labels.tensor_split(parts), strict=True))

    def _logits(self, images: Tensor) -> Tensor:
        with self._mixed():
            logits: Tensor = self.model(images)
        return logits

    def _placed(self, batch: Batch) -> Batch:
        images, labels = batch
        layout = torch.channels_last if self.run.channels_last else torch.contiguous_format
        return images.to(self.device, memory_format=layout), labels.to(self.device)

    def _mixed(self) -> AbstractContextManager[object]:
        if self.run.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)


def header(trainer: Trainer) -> dict[str, Any]:
    """What stays the same over a run, as plain values: what its steps are to be read with."""
    return {
        "network": trainer.network.label,
        "parameters": sum(row.params for row in resolve(trainer.network).rows),
        "blocks": list(watched_paths(trainer.network)),
        "macs_per_step": macs_per_step(trainer.network, trainer.run.batch),
        "images_per_epoch": trainer.images.epoch,
        "classes": list(trainer.images.classes),
        "chance": trainer.chance,
    }
