"""Which devices this machine has, and one clear sentence for one that it has not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from irnet.runtime import NO_NUMBERS

DEVICES = ("cpu", "cuda", "mps", "meta")


def available() -> tuple[str, ...]:
    """The devices that a network can be built on here; "meta" has shapes and no numbers.

    Examples
    --------
    >>> available()[0]
    'cpu'
    """
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "meta": True}
    return tuple(name for name in DEVICES if here[name])


def check_device(device: str) -> torch.device:
    """`device` as torch knows it.

    Raises
    ------
    ValueError
        If it is no device or is not on this machine; the sentence lists those that are.
    """
    here = ", ".join(available())
    try:
        wanted = torch.device(device)
    except RuntimeError:
        raise ValueError(f"{device!r} is not a device; this machine has {here}") from None
    cards = torch.cuda.device_count() if wanted.type == "cuda" else 1
    if wanted.type not in available() or (wanted.index or 0) >= cards:
        raise ValueError(f"device {device!r} is not on this machine, which has {here}")
    return wanted


def with_numbers(device: str, needed: str = "activations need") -> torch.device:
    """`device` as torch knows it, if what runs there has values; `needed` says what needs them.

    Raises
    ------
    ValueError
        For a device that is not here, or for "meta".
    """
    found = check_device(device)
    if found.type == "meta":
        raise ValueError(NO_NUMBERS.format(needed))
    return found


@contextmanager
def memory_limit(device: str) -> Iterator[None]:
    """Turn a device that runs out of memory into one sentence; what the block held is let go.

    Raises
    ------
    RuntimeError
        Naming the device and saying what to reduce.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        full = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not (full or "alloc" in str(error).lower()):
            raise
        error.__traceback__ = None  # its frames hold tensors
    else:
        return
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise RuntimeError(f"{device} does not have enough memory for this: choose a smaller input, width, depth or batch")
