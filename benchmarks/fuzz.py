"""Coverage-guided fuzzing of what reads strangers' bytes: `python -m benchmarks.fuzz NAME 60`.

NAME is edits, lesson, image, checkpoint, onnx, program, keras or graph.

Needs `pip install atheris`. Starts from tests/data/corpus; whatever raises anything but the
one-sentence `ValueError` is written to crash-* and ends the run. New inputs stay in a temporary folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

CORPUS = Path(__file__).parents[1] / "tests" / "data" / "corpus"
INSTRUMENTED = ["irnet", "PIL"]  # whose branches steer the search
LONGEST = 900  # characters of a sentence
MEMORY = 2048  # MB that the process may take
LOOKED_AT = 3  # tensors of a file
SLOWEST = 10  # seconds that one input may take


def checkpoint(opened: Callable[[str], AbstractContextManager[Any]], data: bytes) -> None:
    """Open bytes as a file of weights, and read every tensor's shape and a few tensors."""
    with NamedTemporaryFile(suffix=".pt") as file:
        file.write(data)
        file.flush()
        with opened(file.name) as found:
            for key in [*found.shapes][:LOOKED_AT]:
                found.read(key)


def network(read: Callable[[Path], Any], data: bytes) -> None:
    """Open bytes as a file that holds a network, and find the tree of its operations."""
    with NamedTemporaryFile(suffix=".file") as file:
        file.write(data)
        file.flush()
        import_module("irnet.opening.tree").tree(read(Path(file.name)))


def readers() -> dict[str, Callable[[bytes], Any]]:
    """Every entry point by its name, which is its corpus's folder too."""
    tree = import_module("irnet.opening.tree").tree
    read_keras = import_module("irnet.opening.keras_file").read_keras
    read_graph = import_module("irnet.opening.document").read_graph
    return {
        "edits": import_module("irnet.edit.document").load,
        "lesson": import_module("irnet.lessons.form").read_lesson,
        "image": import_module("irnet.lab.photos").decode,
        "onnx": partial(network, import_module("irnet.opening.onnx_graph").read_onnx_graph),
        "keras": lambda data: tree(read_keras(data, "fuzzed.json", (3, 75, 75))),
        "graph": lambda data: tree(read_graph(data)),
        "program": partial(network, import_module("irnet.runtime.exported_program").read_exported_program),
        "checkpoint": partial(checkpoint, import_module("irnet.runtime.checkpoint_files").open_checkpoint),
    }


def harmless(read: Callable[[bytes], Any], data: bytes) -> bool:
    """Whether bytes are read, or refused in one sentence.

    Raises
    ------
    AssertionError
        If the sentence is none.
    """
    try:
        read(data)
    except ValueError as error:
        told = str(error)
        assert told.isprintable(), ascii(told)
        assert len(told) <= LONGEST, told[:200]
    return True


def main(name: str, seconds: int) -> None:
    """Fuzz one entry point; the fuzzer ends the process."""
    try:
        atheris = import_module("atheris")
    except ModuleNotFoundError:
        sys.exit("fuzzing needs atheris: pip install atheris")
    with atheris.instrument_imports(include=INSTRUMENTED):
        read = readers()[name]
    with TemporaryDirectory() as found:
        limits = [
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={MEMORY}",
            f"-timeout={SLOWEST}",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *limits, found, str(CORPUS / name)], lambda data: harmless(read, data) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "edits", int(sys.argv[2]) if sys.argv[2:] else 60)
