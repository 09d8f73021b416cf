from collections.abc import Callable, MutableMapping
from os import PathLike
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

class _Stored:
    def get_storage_size(self) -> int: ...

class Dataset:
    id: _Stored
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    nbytes: int
    chunks: tuple[int, ...] | None
    external: list[tuple[str, int, int]] | None
    is_virtual: bool
    def __getitem__(self, where: tuple[()]) -> NDArray[Any]: ...

class Group:
    def __getitem__(self, name: str) -> Dataset: ...
    def visititems(self, func: Callable[[str, Group | Dataset], object]) -> object: ...
    def create_dataset(
        self,
        name: str,
        shape: tuple[int, ...] | None = None,
        dtype: str | None = None,
        data: NDArray[Any] | None = None,
        *,
        chunks: tuple[int, ...] | None = None,
        maxshape: tuple[int | None, ...] | None = None,
        compression: str | None = None,
        external: list[tuple[str, int, int]] | None = None,
    ) -> Dataset: ...

class File(Group):
    attrs: MutableMapping[str, Any]
    def __init__(self, name: str | PathLike[str], mode: str = "r") -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
