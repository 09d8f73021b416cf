"""What every answer tells the browser: what a page may load, who may frame it, and what stays unsaid elsewhere."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARENTS = "IRNET_FRAMED_BY"  # names the sites that may show the app in a frame, with spaces between
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE)
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def parents() -> tuple[str, ...]:
    """The sites that may show the app in a frame.

    Raises
    ------
    ValueError
        For a word that is no site, with what one looks like.
    """
    found = tuple(os.environ.get(PARENTS, "").split())
    for word in found:
        if not ORIGIN.fullmatch(word):
            raise ValueError(
                f"{PARENTS}: {word!r} is not a site; one is https://course.example or https://*.example:8443"
            )
    return found


def policy(allowed: Iterable[str] = ()) -> str:
    """The content security policy that the app runs under.

    Scripts come from this server. Streamlit hands a component's script to the browser as a blob, and its own page has
    one line of script in it, which goes by its hash; evaluated text is no script. Styles are written into the page
    by Streamlit and by drawings, and pictures too.
    """
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self' blob:", *_inline_scripts())),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            " ".join(("frame-ancestors 'self'", *allowed)),
        )
    )


def _inline_scripts() -> list[str]:
    """The hashes of what Streamlit's page has for scripts in itself."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = (sha256(script.encode()).digest() for script in INLINE.findall(page))
    return [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]


def headers(allowed: tuple[str, ...] = ()) -> dict[str, str]:
    """What is said with every answer; an answer's own policy holds beside it, and the narrower of the two counts."""
    fields = {"Content-Security-Policy": policy(allowed)}
    fields |= {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    return fields if allowed else fields | {"X-Frame-Options": "SAMEORIGIN"}


class Headers:
    """Middleware that puts them on every answer, one that an error makes included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._headers = app, headers(parents())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers; what is no answer, such as a websocket, passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def fields(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add(MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, fields)
        except Exception:
            if not started:  # whoever is around sees that an answer was begun, and only writes the error down
                await PlainTextResponse("Internal Server Error", 500)(scope, receive, fields)
            raise

    def _add(self, found: MutableHeaders) -> None:
        for name, value in self._headers.items():
            if name == "Content-Security-Policy":
                found.append(name, value)
            else:
                found[name] = value
