"""Coroutines in tests, beside a browser that has an event loop of its own in this thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_its_own_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns, run by a loop in another thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
