"""What goes with every answer of the server, an error's included; and how it is started."""

from __future__ import annotations

import tomllib
from collections.abc import MutableMapping
from html.parser import HTMLParser
from ipaddress import ip_address
from pathlib import Path
from socket import getaddrinfo
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from streamlit.byte_util import config_max_cache_data_size_to_bytes

from app.drawings import ROUTES
from app.server.headers import PARENTS, Headers, headers, parents, policy
from app.weights import LARGEST
from tests.apps import ROOT, in_its_own_thread

Found = list[tuple[str, str]]


def broken(_request: Request) -> Response:
    raise OSError("secret of the server")


def own(_request: Request) -> Response:
    return PlainTextResponse("", headers={"X-Frame-Options": "ALLOWALL", "Content-Security-Policy": "sandbox"})


def answered(path: str) -> tuple[int, Found, bytes]:
    """Status, headers and body of an answer, asked for as a server does."""
    routes = [*ROUTES, Route("/broken", broken), Route("/own", own)]
    app = Starlette(routes=routes, middleware=[Middleware(Headers)])
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "server": ("a", 80)}
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    try:
        in_its_own_thread(app(scope, receive, send))
    except OSError:
        assert path == "/broken"
    assert [message["type"] for message in sent].count("http.response.start") == 1
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], [(name.decode(), value.decode()) for name, value in sent[0]["headers"]], body


def directives(text: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in text.split(";"))}


def test_every_answer_has_the_headers_and_an_error_says_nothing_of_the_server() -> None:
    for path, status in (("/drawing/x.svg", 400), ("/nothing", 404), ("/broken", 500)):
        code, found, body = answered(path)
        assert code == status
        assert {name.lower() for name in headers()} <= {name for name, _ in found}
        assert b"secret" not in body


def test_a_drawing_is_served_so_that_nothing_in_it_can_run() -> None:
    code, found, _ = answered("/drawing/inception_v4.svg")
    assert code == 200
    assert {name.lower() for name in headers()} <= {name for name, _ in found}
    assert dict(found)["content-type"].startswith("image/svg+xml")
    assert ("x-content-type-options", "nosniff") in found
    policies = [value for name, value in found if name == "content-security-policy"]
    assert policies[0].startswith("default-src 'none'")


def test_a_policy_of_the_answers_own_holds_beside_the_common_one() -> None:
    policies = [value for name, value in answered("/own")[1] if name == "content-security-policy"]
    assert policies == ["sandbox", policy()]
    assert ("x-frame-options", "SAMEORIGIN") in answered("/own")[1]


def test_no_script_comes_from_text_and_nothing_from_another_host() -> None:
    scripts = directives(policy())["script-src"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "data:", "*", "https:", "http:"} & set(scripts)
    assert directives(policy())["object-src"] == ["'none'"]
    kept = {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}
    for sources in directives(policy()).values():
        assert {word for word in sources if not word.startswith("'sha256-")} <= kept


def test_streamlits_page_has_as_many_scripts_in_itself_as_the_policy_has_hashes() -> None:
    found: list[str] = []

    class Scripts(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "script" and "src" not in dict(attrs):
                found.append(tag)

    Scripts().feed((Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8"))
    assert sum(word.startswith("'sha256-") for word in directives(policy())["script-src"]) == len(found)


def test_only_this_site_frames_the_app_unless_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PARENTS, raising=False)
    assert directives(policy(parents()))["frame-ancestors"] == ["'self'"]
    monkeypatch.setenv(PARENTS, "https://course.example https://*.school.example:8443")
    told = headers(parents())
    assert directives(told["Content-Security-Policy"])["frame-ancestors"][1:] == [
        "https://course.example",
        "https://*.school.example:8443",
    ]
    assert "X-Frame-Options" not in told  # it knows of no other sites, and would forbid them


def test_a_parent_that_is_no_site_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("*", "course.example", "https://a;script-src", "https://a,b", "'none'", "http:", "https://"):
        monkeypatch.setenv(PARENTS, word)
        with pytest.raises(ValueError, match="is not a site; one is"):
            parents()


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
