"""Where runs are computed: joblib's worker processes here, or the workers of a Dask or Ray cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from threading import Thread
from time import sleep
from typing import Any, Literal, get_args

import joblib

BackendName = Literal["local", "dask", "ray"]
BACKENDS: tuple[BackendName, ...] = get_args(BackendName)
_IDLE = 60  # seconds after which a worker without work goes
_LOOK = 0.5  # seconds between two looks at whether the parent is there
_PATIENCE = "20s"  # for a scheduler that does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where to compute, and how many runs at a time.

    Workers of a cluster on other machines need the sweep's directory, and a folder of pictures, under the same path:
    a shared disk.
    """

    name: BackendName = "local"
    address: str | None = None  # of the Dask scheduler or the Ray cluster
    workers: int | None = None  # None: as many as this machine has cores, or the cluster has

    def __post_init__(self) -> None:
        if self.name not in BACKENDS:
            raise ValueError(f"backend={self.name!r} is not one of {', '.join(BACKENDS)}")
        if self.name == "dask" and not self.address:
            raise ValueError("the Dask backend needs the address of a scheduler, such as tcp://10.0.0.1:8786")
        if self.name == "local" and self.address:
            raise ValueError(f"the local backend has no address, not {self.address}; take dask or ray")
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers={self.workers} is less than 1")

    @property
    def at_once(self) -> int | str:
        """Runs that are handed out before one is back, as joblib wants it."""
        return "n_jobs" if self.count < 0 else self.count

    @property
    def count(self) -> int:
        """Runs at a time; of a cluster it is known only there, so -1 means all of it."""
        return self.workers or (joblib.cpu_count() if self.name == "local" else -1)


@contextmanager
def parallel(backend: Backend, threads: int) -> Iterator[None]:
    """Let `joblib.Parallel` compute there while the block runs.

    Raises
    ------
    ValueError
        If the backend's package is not installed, or nobody answers at its address.
    """
    options: dict[str, Any] = {"n_jobs": backend.count}
    if backend.name == "local":
        options["n_jobs"] = max(2, backend.count)  # for one alone joblib would stay in this process
        options |= {"inner_max_num_threads": threads, "idle_worker_timeout": _IDLE, "initializer": end_with_parent}
        with joblib.parallel_config(backend="loky", **options):
            yield
    elif backend.name == "dask":
        distributed = _package("distributed", "dask")
        try:
            client = distributed.Client(backend.address, timeout=_PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise ValueError(f"no Dask scheduler answers at {backend.address}: {error}") from None
        with closing(client), joblib.parallel_config(backend="dask", **options):
            yield
    else:
        with _ray(backend.address), joblib.parallel_config(backend="ray", **options):
            yield


@contextmanager
def _ray(address: str | None) -> Iterator[None]:
    """A connection to a Ray cluster, or to one of its own without an address; one that is there is left as it is."""
    ray = _package("ray", "ray")
    mine = not ray.is_initialized()
    if mine:
        try:
            ray.init(address=address, log_to_driver=False)
        except (OSError, ValueError, RuntimeError, TimeoutError) as error:
            raise ValueError(f"no Ray cluster answers at {address}: {error}") from None
    import_module("ray.util.joblib").register_ray()
    try:
        yield
    finally:
        if mine:
            ray.shutdown()


def _package(name: str, extra: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ValueError(f"the backend {extra} needs the package {name}: pip install 'irnet[{extra}]'") from None


def end_with_parent() -> None:
    """In a worker process: end it soon after its parent has ended, however that was; checkpoints stay."""
    parent = os.getppid()

    def attend() -> None:
        while os.getppid() == parent:
            sleep(_LOOK)
        os._exit(1)

    Thread(target=attend, daemon=True).start()


def end_workers() -> None:
    """End the local worker processes where they stand; their checkpoints stay."""
    for child in multiprocessing.active_children():
        if child.pid:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
