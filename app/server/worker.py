"""Networks run in a process of their own, so that no page ever waits for one.

Python runs one thread of a process at a time: a page that shares its process with forward passes is served between
them. So `ask` hands a function and what it is given to a second process, which has a lower priority, holds the models
of all sessions, and answers with how far it is and then with the result. Whoever stops listening has stopped the work.

The process starts with the first question and ends with the server. Where the system ends it, for its memory say, the
reader gets a sentence and the next question starts another. The two talk over a socket in a folder that only the
account which runs the server can enter, and that asks for a key made at the start.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from contextvars import ContextVar
from functools import partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from pkgutil import resolve_name
from secrets import token_bytes
from shutil import rmtree
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, ParamSpec, TypeVar

from app.server.resource_pool import release_idle

P = ParamSpec("P")
T = TypeVar("T")
Tell = Callable[[float, str], None]  # gets the share that is done, and where the work is

OFTEN = 0.2  # seconds between two reports, and between two looks at whether the reader still waits
EVERY = 20  # seconds between two looks at what lies idle
NICENESS = 10  # added to the server's own: pages first
KNOWN = (ValueError, KeyError, RuntimeError, OSError, MemoryError)  # what a page shows as a sentence
ENDED = "the process that ran the network has ended, for want of memory perhaps: try again, or a smaller input"
SOCKET = "networks"
CODE = "from app.server.worker import serve; serve()"


class Unwanted(BaseException):
    """Nobody waits for the result any more."""


class Worker:
    """The second process, as the server sees it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: Popen[str] | None = None
        self._key = token_bytes(32)
        self._folder: TemporaryDirectory[str] | None = None

    def ask(self, tell: Tell, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns there.

        Parameters
        ----------
        tell
            Is called five times a second at least, and ends the work by raising.
        function
            Of a module, by whose name the other process finds it.

        Raises
        ------
        RuntimeError
            If the process ends meanwhile.
        Exception
            Whatever the function raises, as the built-in exception that it is.
        """
        answer: T = self.ask_by_name(tell, f"{function.__module__}:{function.__qualname__}", *args, **kwargs)
        return answer

    def ask_by_name(self, tell: Tell, function: str, *args: Any, **kwargs: Any) -> Any:
        """As `ask`, of a function "module:name" that this process need not import."""
        share, where = 0.0, ""
        with closing(self._connect()) as line:
            try:
                line.send((function, args, kwargs))
                while True:
                    while not line.poll(OFTEN):
                        tell(share, where)
                    match line.recv():
                        case "at", share, where:
                            tell(share, where)
                        case "error", error:
                            raise error
                        case "result", result:
                            return result
            except (EOFError, BrokenPipeError, ConnectionResetError):
                raise RuntimeError(ENDED) from None

    def _connect(self) -> Connection[Any, Any]:
        with self._lock:
            if self._process and self._process.poll() is None:
                with suppress(OSError, EOFError):  # it is ending
                    return self._client()
            self._start()
            return self._client()

    def _client(self) -> Connection[Any, Any]:
        assert self._folder
        return Client(str(Path(self._folder.name, SOCKET)), authkey=self._key)

    def _start(self) -> None:
        self.end()
        self._folder = TemporaryDirectory()
        self._process = Popen(
            [sys.executable, "-c", CODE],
            stdin=PIPE,  # held open for as long as the server lives
            stdout=PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is for the server
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{self._key.hex()} {self._folder.name}\n")
        self._process.stdin.flush()
        with self._process.stdout as answer:
            if not answer.readline():
                raise RuntimeError(ENDED)

    def end(self) -> None:
        """End the process, if there is one, and whatever it is at."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        if self._folder:
            self._folder.cleanup()


WORKER = Worker()


class _Line:
    """The way back to whoever asked."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection, self._next = connection, 0.0

    def report(self, share: float, where: str) -> None:
        """Say how far the work is, from time to time; ends it where nobody waits for it any more."""
        try:
            if self._connection.poll():  # nothing more is ever asked on this line: it is shut
                raise Unwanted
            if monotonic() >= self._next:
                self._next = monotonic() + OFTEN
                self._connection.send(("at", share, where))
        except OSError:
            raise Unwanted from None


_LINE: ContextVar[_Line | None] = ContextVar("line", default=None)


def reporter() -> Tell:
    """What tells whoever asked for the present work how far it is; it may be called from any thread.

    Examples
    --------
    >>> reporter()(0.5, "nobody asked")
    """
    line = _LINE.get()
    return line.report if line else lambda _share, _where: None


def serve() -> None:
    """Answer questions until the server's end; the code of the second process."""
    os.nice(NICENESS)
    key, folder = sys.stdin.readline().split()
    with Listener(str(Path(folder, SOCKET)), authkey=bytes.fromhex(key)) as listener:
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nobody reads on
        for task in (partial(_end_with_server, folder), _tidy):
            Thread(target=task, daemon=True).start()
        while True:
            with suppress(AuthenticationError, OSError, EOFError):  # one who hangs up at once is no reason to end
                Thread(target=_answer, args=(listener.accept(),), daemon=True).start()


def _end_with_server(folder: str) -> None:
    sys.stdin.read()  # comes back when the server has gone, however it went
    rmtree(folder, ignore_errors=True)
    os._exit(0)


def _tidy() -> None:
    while True:
        sleep(EVERY)
        release_idle()


def _answer(connection: Connection[Any, Any]) -> None:
    with connection, suppress(Unwanted, OSError):
        _LINE.set(_Line(connection))
        answer: tuple[str, Any]
        try:
            function, args, kwargs = connection.recv()
            answer = "result", resolve_name(function)(*args, **kwargs)
        except Exception as error:
            if not isinstance(error, KNOWN):
                traceback.print_exc()
            answer = "error", _as_built_in(error)
        connection.send(answer)


def _as_built_in(error: Exception) -> Exception:
    """The built-in exception that an error is, which every process can rebuild."""
    kind = next(base for base in type(error).__mro__ if base.__module__ == "builtins")
    plain = all(isinstance(value, str | int) for value in error.args)
    rebuilt: Exception = kind(*error.args) if plain else kind(str(error))
    return rebuilt
