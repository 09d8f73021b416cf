"""What nobody uses any more is let go, also when nobody comes: sessions whose reader left, and models.

Streamlit keeps the session of a reader whose connection broke for `server.disconnectedSessionTTL` seconds, and looks
for those whose time is over only when the next reader leaves: what a class left behind in the evening would be there
in the morning.
"""

from __future__ import annotations

import asyncio
import gc
from typing import cast

from streamlit.runtime import exists, get_instance
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from app.server.resource_pool import release_idle

EVERY = 20  # seconds


async def watch() -> None:
    """Look again and again, in the server's own loop, which is where sessions come and go."""
    while True:
        await asyncio.sleep(EVERY)
        if end_sessions():
            gc.collect()  # sessions hold themselves in cycles, and Python is told to look for those rarely
        release_idle()


def end_sessions() -> int:
    """End the sessions whose readers left and whose time is over, with their uploads; how many they were."""
    if not exists():
        return 0
    manager = cast("WebsocketSessionManager", get_instance()._session_mgr)
    kept = cast("TTLCache[str, SessionInfo]", cast("MemorySessionStorage", manager._session_storage)._cache)
    with manager._storage_lock:
        left = kept.expire()
    for _, info in left:
        info.session.shutdown()  # its uploads go now, even if the server's loop still looks at it
    return len(left)
