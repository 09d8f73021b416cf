"""A server that is started as it comes listens to this machine alone, tells nobody, and bounds what is sent to it."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from socket import getaddrinfo
from typing import Any

import pytest
from streamlit.byte_util import config_max_cache_data_size_to_bytes

from app.weights import LARGEST
from tests.apps import ROOT


@pytest.fixture(scope="module")
def config() -> Any:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_it_listens_on_the_loopback_alone(config: Any) -> None:
    found = {str(place[4][0]) for place in getaddrinfo(config["server"]["address"], 80)}
    assert found
    assert all(ip_address(address).is_loopback for address in found)


def test_it_sends_no_usage_statistics(config: Any) -> None:
    assert config["browser"]["gatherUsageStats"] is False


def test_an_upload_is_no_larger_than_a_checkpoint_may_be(config: Any) -> None:
    assert config["server"]["maxUploadSize"] == LARGEST


def test_what_is_remembered_in_memory_is_bounded_by_bytes(config: Any) -> None:
    limit = config_max_cache_data_size_to_bytes(config["server"]["maxCacheDataSize"])
    assert limit is not None
    assert limit <= 512 << 20


def test_it_says_nothing_of_its_inside_to_a_reader(config: Any) -> None:
    assert config["client"]["showErrorDetails"] in {"type", "none"}


def test_nothing_switches_off_what_streamlit_checks(config: Any) -> None:
    assert not {"enableXsrfProtection", "enableCORS", "enableStaticServing"} & set(config["server"])
