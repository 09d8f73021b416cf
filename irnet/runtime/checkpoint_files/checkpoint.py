"""An open checkpoint file, and what every reader of a kind of file keeps to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor, dtype

from irnet.units import exact, typed

MAX_BYTES = 2**30  # of a file, and of what it declares to hold; the largest released checkpoint has a fourth of that
MAX_TABLE = 2**23  # bytes of a list of what is in a file; that of 900 tensors has a fiftieth
MAX_KEYS = 50_000  # tensors of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """An open file: the shape of every tensor by its key, and a way to read one."""

    name: str  # of the file
    container: str  # what kind of file it is: "safetensors", "PyTorch"
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], Tensor]  # on the CPU
    dtypes: Mapping[str, dtype] = field(default_factory=dict)  # where they are known without reading
    taken_from: str = ""  # the key of the dictionary in the file that was taken: "state_dict"; "" is the file itself
    others: tuple[str, ...] = ()  # keys of other dictionaries of tensors, which could have been taken
    ignored: tuple[str, ...] = ()  # what else the file holds, with its type: "optimizer (dict of 2)", "epoch (int)"

    def __post_init__(self) -> None:
        """Refuse more tensors than any network has."""
        if len(self.shapes) > MAX_KEYS:
            raise ValueError(
                f"{self.name} holds {len(self.shapes):,} tensors, more than the {MAX_KEYS:,} that are read"
            )

    def below(self, key: str) -> Checkpoint:
        """The part of a file whose keys begin with `key` and a dot or a stroke.

        Raises
        ------
        ValueError
            If there is none.
        """
        kept = {name: shape for name, shape in self.shapes.items() if name.startswith((f"{key}.", f"{key}/"))}
        if not kept:
            raise ValueError(f"{self.name} has no tensors under {typed(key)!r}, so leave out --key and --ema")
        beside = f"{exact(len(self.shapes) - len(kept))} tensors that are not under {typed(key)!r}"
        return replace(self, shapes=kept, taken_from=key, ignored=(*self.ignored, beside))


def check_size(name: str, size: int) -> None:
    """Refuse what is larger than the limit, by its own account."""
    if size > MAX_BYTES:
        raise ValueError(f"{name} holds {size:,} bytes, more than the {MAX_BYTES:,} that are read")


def broken(name: str, container: str) -> ValueError:
    """The sentence about a file that can't be read."""
    return ValueError(f"{name} is cut off, broken or no {container} file")
