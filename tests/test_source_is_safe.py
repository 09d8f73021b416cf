"""Nothing in the source runs what it reads: no pickle, no shell, no evaluated text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.apps import ROOT

FOLDERS = ("irnet", "app", "assets", "benchmarks", "stubs")
FILES = sorted([*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))])
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal"}
SHELLS = {("os", "system"), ("os", "popen"), ("subprocess", "getoutput"), ("subprocess", "getstatusoutput")}
LOADERS = {("joblib", "load"), ("torch", "package"), ("torch.hub", "load"), ("pandas", "read_pickle")}


def wrong(source: str) -> list[str]:
    """Every place in a source that runs, or may run, what was read."""
    tree = ast.parse(source)
    return [f"line {node.lineno}: {why}" for node in ast.walk(tree) for why in _why(node) if hasattr(node, "lineno")]


def _why(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import) and {alias.name for alias in node.names} & PICKLES:
        yield "a pickle can run anything"
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        if node.module in PICKLES and names != {"UnpicklingError"}:  # what a refused file raises
            yield "a pickle can run anything"
        if any((node.module, name) in SHELLS | LOADERS | {("torch", "load")} for name in names):
            yield f"call {node.module}'s function by its full name"
    if not isinstance(node, ast.Call):
        return
    called, said = ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}
    place = tuple(called.rpartition(".")[::2])
    if called in RUNS_TEXT:
        yield f"{called} runs text"
    if place in SHELLS or said.get("shell", "False") != "False":
        yield "a shell takes its words apart"
    if place in LOADERS or (called == "torch.load" and said.get("weights_only") != "True"):
        yield "unpickled"
    if said.get("allow_pickle", "False") != "False" or (None in said and called in {"torch.load", "subprocess.run"}):
        yield "settings that can't be seen"


def test_the_source_runs_nothing_that_it_reads() -> None:
    found = {file: wrong(file.read_text(encoding="utf-8")) for file in FILES}
    assert len(found) > 100
    assert {file: places for file, places in found.items() if places} == {}


BAD = (
    "import pickle",
    "from pickle import loads",
    "import torch; torch.load(f)",
    "torch.load(f, weights_only=False)",
    "torch.load(f, **more)",
    "from torch import load",
    "numpy.load(f, allow_pickle=True)",
    "joblib.load(f)",
    "subprocess.run(line, shell=True)",
    "os.system(line)",
    "eval(line)",
    "exec(line)",
)


SAFE = ("torch.load(f, weights_only=True)", "model.eval()", "subprocess.run(words)")


def test_the_search_finds_what_it_is_for_and_leaves_alone_what_is_safe() -> None:
    assert [source for source in (*BAD, *SAFE) if wrong(source)] == list(BAD)
