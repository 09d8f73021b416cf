"""A cluster gives the curves that this machine gives, from the same call."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import pytest

from irnet.training.backends import Backend, BackendName
from irnet.training.sweep import start
from tests.training.small import curves, sweep, trained_here

SMALL = sweep()
NO_RAY = "Ray is not installed: pip install 'irnet[ray]'"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """The curves of `SMALL` on this machine."""
    return curves(trained_here(tmp_path_factory.mktemp("local") / "sweep", SMALL))


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a Dask cluster on loopback."""
    local_cluster = import_module("distributed").LocalCluster
    with local_cluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def test_dask_gives_the_curves_of_this_machine(local: list[object], scheduler: str, tmp_path: Path) -> None:
    found = start(tmp_path / "sweep", SMALL, Backend(name="dask", address=scheduler))
    assert found.state == "finished"
    assert curves(tmp_path / "sweep") == local


@pytest.mark.skipif(find_spec("ray") is None, reason=NO_RAY)
def test_ray_gives_the_curves_of_this_machine(local: list[object], tmp_path: Path) -> None:
    ray = import_module("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        start(tmp_path / "sweep", SMALL, Backend(name="ray"))
    finally:
        ray.shutdown()
    assert curves(tmp_path / "sweep") == local


def test_dask_without_an_address_and_an_unknown_backend_get_one_sentence() -> None:
    with pytest.raises(ValueError, match="the Dask backend needs the address of a scheduler"):
        Backend(name="dask")
    with pytest.raises(ValueError, match="backend='cloud' is not one of local, dask, ray"):
        Backend(name=cast(BackendName, "cloud"))
