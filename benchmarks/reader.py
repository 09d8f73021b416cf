"""A reader without a browser: one session over Streamlit's own websocket protocol, and the drawings that it shows."""

from __future__ import annotations

import asyncio
import json
from time import perf_counter
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Value = str | bool | float | list[str]
DONE = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}


class Reader:
    """A session: the widgets that it was shown, by their keys, and the address that it is at."""

    def __init__(self, port: int, address: str = "", timeout: float = 60) -> None:
        self._port, self._timeout = port, timeout
        self.address = dict(parse_qsl(address))
        self.at = ""  # the page
        self.widgets: dict[str, str] = {}  # key to the server's id
        self.shown: set[str] = set()  # the keys of those that the last run of the page drew
        self.pages: dict[str, str] = {}
        self.troubles: list[str] = []
        self.progress: list[str] = []  # what was told while waiting
        self._fragments: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._states: dict[str, WidgetState] = {}
        self._page, self._drawing, self.cookie = "", "", ""
        self._socket: ClientConnection | None = None

    async def open(self, page: str = "") -> float:
        """Connect and run `page`; returns milliseconds until it is finished."""
        start = perf_counter()
        headers = {"Cookie": self.cookie} if self.cookie else {}
        address = f"ws://127.0.0.1:{self._port}/_stcore/stream"
        self._socket = await connect(
            address,
            additional_headers=headers,
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            open_timeout=self._timeout,
            compression=None,
        )
        told = self._socket.response.headers.get("Set-Cookie", "") if self._socket.response else ""
        self.cookie = told.partition(";")[0] or self.cookie
        await self._run(page=page)
        return 1000 * (perf_counter() - start)

    @property
    def drawing(self) -> str:
        """The address of the drawing that is shown."""
        return self._drawing

    def forget(self) -> None:
        """Keep the address alone, as a browser does whose server is gone."""
        self._states, self._fragments, self._page, self._drawing = {}, {}, "", ""

    async def close(self) -> None:
        """Leave."""
        if self._socket:
            await self._socket.close()

    async def turn(self, page: str) -> float:
        """Go to another page; returns milliseconds."""
        self._page = self.pages[page]
        return await self._run()

    async def set(self, key: str, value: Value) -> float:
        """Move a widget; its value is in the address too. Returns milliseconds until the page is finished."""
        name = self.widgets[key]
        self._states[key] = _state(name, value, self._kinds[key])
        if not key.startswith(("own.", "panel")):  # what is not bound to the address
            self.address[key] = ",".join(value) if isinstance(value, list) else str(value)
        return await self._run(fragment=self._fragments.get(key, ""))

    async def draw(self) -> float:
        """Ask for the drawing that is shown; returns milliseconds."""
        start = perf_counter()
        if self._drawing:
            address = f"http://127.0.0.1:{self._port}/{self._drawing}"
            status = await asyncio.to_thread(_fetched, address, self.cookie)
            self.troubles += [f"{self._drawing}: {status}"] if status != 200 else []
        return 1000 * (perf_counter() - start)

    async def _run(self, page: str = "", fragment: str = "") -> float:
        assert self._socket is not None
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_name, run.page_script_hash = urlencode(self.address), page, self._page
        run.fragment_id = fragment
        if not fragment:
            self._fragments, self._drawing, self.shown = {}, "", set()
        self.shown -= {key for key, home in self._fragments.items() if home == fragment}
        # what is not shown now keeps its value in the session, not in the browser
        states = [state for key, state in self._states.items() if self.widgets.get(key) == state.id]
        run.widget_states.widgets.extend(states)
        start = perf_counter()
        await self._socket.send(message.SerializeToString())
        while not self._ends(await asyncio.wait_for(self._socket.recv(), self._timeout)):
            pass
        return 1000 * (perf_counter() - start)

    def _ends(self, raw: str | bytes) -> bool:
        """Take a message of the server in; says whether it is the last of a run."""
        assert isinstance(raw, bytes)
        told = ForwardMsg()
        told.ParseFromString(raw)
        kind = told.WhichOneof("type")
        if kind == "navigation":
            self._page = told.navigation.page_script_hash
            self.pages = {page.url_pathname: page.page_script_hash for page in told.navigation.app_pages}
            self.at = next((name for name, code in self.pages.items() if code == self._page), "")
        elif kind == "page_info_changed":
            self.address = dict(parse_qsl(told.page_info_changed.query_string))
        elif kind == "delta":
            self._shown(told)
        elif kind == "script_finished" and told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            if told.script_finished not in DONE:
                self.troubles.append(ForwardMsg.ScriptFinishedStatus.Name(told.script_finished))
            return True
        return False

    def _shown(self, told: ForwardMsg) -> None:
        element = told.delta.add_block if told.delta.WhichOneof("type") == "add_block" else told.delta.new_element
        kind = element.WhichOneof("type")
        if kind is None:
            return
        shown = getattr(element, kind)
        if kind == "exception":
            self.troubles.append(f"{shown.type}: {shown.message}")
        if kind == "alert" and shown.format == shown.ERROR:
            self.troubles.append(shown.body)
        if kind == "markdown":
            self.progress.append(shown.body)
        name = getattr(shown, "id", "")
        if name:
            key = name.split("-", 2)[-1]  # an id ends in the key
            self.widgets[key], self._kinds[key] = name, kind
            self._fragments[key] = told.delta.fragment_id
            self.shown.add(key)
        if kind == "bidi_component" and shown.component_name.endswith("irnet_canvas"):
            data = shown.mixed.json if shown.WhichOneof("data") == "mixed" else shown.json
            self._drawing = json.loads(data).get("light", "")


def _state(name: str, value: Value, kind: str) -> WidgetState:
    """A widget's value in the field that its kind has."""
    state = WidgetState(id=name)
    if isinstance(value, bool):
        state.bool_value = value
    elif isinstance(value, str):
        state.string_value = value
    elif isinstance(value, list):
        state.string_array_value.data.extend(value)
    elif kind == "number_input":
        state.double_value = value
    else:
        state.double_array_value.data.append(value)
    return state


def _fetched(address: str, cookie: str) -> int:
    request = Request(address, headers={"Accept-Encoding": "gzip", "Cookie": cookie})
    with urlopen(request, timeout=60) as answer:
        answer.read()
        return int(answer.status)
