"""A server that is started as it comes listens to this machine alone, tells nobody, and bounds what is sent to it."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from socket import getaddrinfo
from typing import Any

from streamlit.byte_util import config_max_cache_data_size_to_bytes

from app.weights import LARGEST
from tests.apps import ROOT

CONFIG: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_it_listens_on_the_loopback_alone() -> None:
    found = {str(place[4][0]) for place in getaddrinfo(CONFIG["server"]["address"], 80)}
    assert found
    assert all(ip_address(address).is_loopback for address in found)


def test_what_is_sent_and_what_is_remembered_is_bounded() -> None:
    assert CONFIG["server"]["maxUploadSize"] == LARGEST
    limit = config_max_cache_data_size_to_bytes(CONFIG["server"]["maxCacheDataSize"])
    assert limit is not None
    assert limit <= 512 << 20


def test_it_tells_nobody_and_switches_off_nothing_that_streamlit_checks() -> None:
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] in {"type", "none"}
    assert not {"enableXsrfProtection", "enableCORS", "enableStaticServing"} & set(CONFIG["server"])
