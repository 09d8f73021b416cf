"""How the keys and shapes of a checkpoint compare with those of a network, layout by layout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from irnet.checkpoints import LAYOUTS, Layout, keys
from irnet.models import network as preset
from irnet.runtime.build import build
from irnet.runtime.checkpoint_files import Checkpoint
from irnet.spec import Network

Shape = tuple[int, ...]
BACKGROUND = (1000, 1001)  # classes of ImageNet, without and with TF-slim's background
_CLASSIFIER = "classifier.weight"
_COUNTS = "num_batches_tracked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How the keys and shapes of a file compare with those of one network in one layout."""

    network: Network
    layout: Layout
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    mismatched: tuple[tuple[str, Shape, Shape], ...]  # key, shape in the file, shape in the network
    unused: tuple[str, ...]  # keys of an auxiliary head, which the networks here do not have
    background: bool  # row 0 of the file's classifier is none of the network's classes

    @property
    def off(self) -> int:
        """In how many keys the two differ."""
        return len(self.missing) + len(self.extra) + len(self.mismatched)

    @property
    def differences(self) -> str:
        """The first missing, extra and mismatched key, and how many there are of each."""
        parts = [f"{_first(self.missing)} missing"] if self.missing else []
        parts += [f"{_first(self.extra)} left over"] if self.extra else []
        if self.mismatched:
            key, found, wanted = self.mismatched[0]
            rest = f" and {len(self.mismatched) - 1} more" if len(self.mismatched) > 1 else ""
            parts.append(f"{key!r} is {found} instead of {wanted}{rest}")
        return ", ".join(parts)


def _first(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0][:200]!r}{more}"


def nearest(found: Checkpoint, only: str | None = None) -> Fit | None:
    """The preset, with as many classes as the file has, that differs in the fewest keys; None if all differ.

    With `only`, the layout of that preset that does.
    """
    fits = [
        compare_with(found, _with_classes(found, name, layout), layout)
        for layout in LAYOUTS.values()
        for name in layout.presets
        if only in (None, name)
    ]
    best = min(fits, key=lambda fit: (fit.off, not _is_released(fit)))
    return best if only or len(best.extra) < len(found.shapes) else None


def _is_released(fit: Fit) -> bool:
    return fit.network.head.classes + fit.background in fit.layout.released


def _with_classes(found: Checkpoint, name: str, layout: Layout) -> Network:
    """The preset with the number of classes that the file's classifier has; 0 where there is none."""
    spec = preset(name)
    shape = found.shapes.get(keys(spec, layout.name)[_CLASSIFIER])
    rows = 0 if shape is None else shape[-1 if layout.channels_last else 0] if shape else 1
    try:
        return preset(name, classes=BACKGROUND[0] if layout.background and rows == BACKGROUND[1] else rows)
    except ValueError:  # more classes than any network here can have
        return spec


def compare_with(found: Checkpoint, network: Network, layout: Layout) -> Fit:
    """How a file compares with one network in one layout; counts of batches may be absent."""
    names, wanted = keys(network, layout.name), _shapes(network)
    theirs = {name: layout.stored_shape(network.name, ours, wanted[ours]) for ours, name in names.items()}
    head = names.get(_CLASSIFIER, "")
    axis = -1 if layout.channels_last else 0
    rows = (network.head.classes, (found.shapes.get(head) or (0,))[axis])
    background = layout.background and rows == BACKGROUND
    if background:
        more = {
            name: tuple(BACKGROUND[1] if side == BACKGROUND[0] else side for side in theirs[name])
            for ours, name in names.items()
            if ours.startswith("classifier")
        }
        theirs |= more
    return Fit(
        network=network,
        layout=layout,
        missing=tuple(name for name in theirs if name not in found.shapes and not name.endswith(_COUNTS)),
        extra=tuple(name for name in found.shapes if name not in theirs and not name.startswith(layout.unused)),
        mismatched=tuple(
            (name, found.shapes[name], shape)
            for name, shape in theirs.items()
            if name in found.shapes and found.shapes[name] != shape
        ),
        unused=tuple(name for name in found.shapes if layout.unused and name.startswith(layout.unused)),
        background=background,
    )


@lru_cache(maxsize=32)
def _shapes(network: Network) -> dict[str, Shape]:
    return {key: tuple(tensor.shape) for key, tensor in build(network, "meta").state_dict().items()}
