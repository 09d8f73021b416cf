"""What a reader left behind goes when its time is over, although nobody comes."""

from __future__ import annotations

import subprocess
import sys

from tests.apps import ROOT

SERVED = """
import asyncio, gc, os, threading, weakref
from time import monotonic

import uvicorn
from streamlit import config
from streamlit.runtime import get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from app.server import idle
from app.server import ready
from app.server.resource_pool import ResourcePool
from benchmarks.reader import Reader
from benchmarks.server import free_port, wait_for

config.get_config_options()
config.set_option("server.disconnectedSessionTTL", 3)
idle.EVERY, ready.warm, port = 0.1, lambda: None, free_port()

from streamlit_app import app

server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
threading.Thread(target=server.run, daemon=True).start()
wait_for(f"http://127.0.0.1:{port}/_stcore/health")


def sessions():
    return [weakref.ref(found) for found in gc.get_objects() if isinstance(found, AppSession)]


async def until(ends):
    end = monotonic() + 60
    while not ends() and monotonic() < end:
        await asyncio.sleep(0.1)
    return ends()


async def lesson():
    leaves, stays = Reader(port, "model=inception_resnet_v1.paper"), Reader(port)
    await leaves.open("network")
    [left] = sessions()
    await stays.open("network")
    uploads, models = get_instance().uploaded_file_mgr, ResourcePool(100, len, idle=1)
    for found in sessions():
        uploads.add_file(found().id, UploadedFileRec("a", "a.pt", "", bytes(1000)))
    await leaves.close()
    await asyncio.sleep(1)
    with models.lent("a", lambda: b"1"):
        print("may come back:", left() is not None, len(uploads.file_storage))
    print("gone:", await until(lambda: left() is None), len(uploads.file_storage), models.held_bytes)
    await stays.set("level", ["branches"])
    print("stays:", len(sessions()), stays.troubles)
    await stays.close()
    print("the last one gone:", await until(lambda: not uploads.file_storage))


gc.disable()  # an idle server makes nothing that would have it run
asyncio.run(lesson())
os._exit(0)
"""


def test_what_was_left_behind_goes_and_who_is_there_stays() -> None:
    command = [sys.executable, "-c", SERVED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    told = "may come back: True 2\ngone: True 1 0\nstays: 1 []\nthe last one gone: True\n"
    assert done.stdout == told, done.stderr[-2000:]
