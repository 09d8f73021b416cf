"""Every cache of the library and the app has an end: found in the source, so that a new one can't be forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.apps import ROOT

FILES = sorted([*ROOT.glob("*.py"), *(file for folder in ("irnet", "app") for file in (ROOT / folder).rglob("*.py"))])
LIMITS = {
    "lru_cache": "maxsize",
    "cache_data": "max_entries",
    "cache_resource": "max_entries",
    "remote": "entries",
    "ResourcePool": "limit",
}
ENDLESS = {"cache", "cached_property"}
GROWING = {"dict", "list", "set", "defaultdict", "OrderedDict", "WeakKeyDictionary"}  # at the top of a module
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(node: ast.expr) -> str:
    """`lru_cache` of `@functools.lru_cache(maxsize=4)`."""
    node = node.func if isinstance(node, ast.Call) else node
    return ast.unparse(node).partition("[")[0].rpartition(".")[2]


def bounded(node: ast.expr) -> bool:
    """Whether a cache is made with a limit that is a number, or with the one that `lru_cache` has by itself."""
    if not isinstance(node, ast.Call):
        return name_of(node) == "lru_cache"
    given = [word.value for word in node.keywords if word.arg == LIMITS[name_of(node)]]
    if name_of(node) in ("lru_cache", "ResourcePool"):
        given += node.args[:1]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in given)


def caches(tree: ast.AST, *, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """Every cache, and whether it has an end.

    One without a limit has an end all the same where its function takes nothing, and so has one answer; or where it is
    made inside another function, and goes when that returns.
    """
    for node in ast.iter_child_nodes(tree):
        decorators = node.decorator_list if isinstance(node, Function) else []
        for decorator in decorators:
            if (name := name_of(decorator)) in LIMITS or name in ENDLESS:
                assert isinstance(node, Function)
                few = inside or (name != "cached_property" and not ast.unparse(node.args))
                yield f"line {node.lineno}: {node.name}", few or (name in LIMITS and bounded(decorator))
        if isinstance(node, ast.Call) and name_of(node) in {*LIMITS, *ENDLESS} and not _decorates(tree, node):
            yield f"line {node.lineno}: {ast.unparse(node)}", name_of(node) in LIMITS and bounded(node)
        if isinstance(tree, ast.Module) and isinstance(node, ast.Assign | ast.AnnAssign) and _grows(node.value):
            yield f"line {node.lineno}: {ast.unparse(node)}", False
        yield from caches(node, inside=inside or isinstance(node, Function))


def _decorates(tree: ast.AST, node: ast.expr) -> bool:
    return isinstance(tree, Function) and node in tree.decorator_list


def _grows(value: ast.expr | None) -> bool:
    """Whether what a module assigns is empty, so that it must be there to be filled."""
    if isinstance(value, ast.Call):
        return name_of(value) in GROWING and not (value.args and name_of(value) != "defaultdict")
    return isinstance(value, ast.Dict | ast.List) and not ast.unparse(value).strip("{}[]")


def endless(source: str) -> list[str]:
    return [place for place, ends in caches(ast.parse(source)) if not ends]


def test_every_cache_has_an_end() -> None:
    found = {file: list(caches(ast.parse(file.read_text(encoding="utf-8")))) for file in FILES}
    assert [f"{file}: {place}" for file, places in found.items() for place, ends in places if not ends] == []
    names = " ".join(place for places in found.values() for place, _ in places)
    assert all(name in names for name in ("resolve", "totals", "laid_out", "drawings", "module_counts", "ResourcePool"))


def test_the_search_refuses_a_cache_without_an_end_and_takes_one_with_an_end() -> None:
    wrong = (
        "@cache\ndef f(a): ...",
        "@functools.cache\ndef f(*, a): ...",
        "@lru_cache(maxsize=None)\ndef f(a): ...",
        "@lru_cache(None)\ndef f(a): ...",
        "@st.cache_data\ndef f(a): ...",
        "@st.cache_data(ttl=60)\ndef f(a): ...",
        "@st.cache_resource(show_spinner=False)\nasync def f(a): ...",
        "@st.cache_data(max_entries=None)\ndef f(a): ...",
        "class A:\n    @cached_property\n    def f(self): ...",
        "class A:\n    @cache\n    def f(self): ...",
        *("f = cache(g)", "f = lru_cache(maxsize=None)(g)", "models = ResourcePool(limit=None)"),
        *("seen = {}", "seen: dict[str, int] = dict()", "seen = defaultdict(list)"),
    )
    right = (
        "@cache\ndef f(): ...",
        "def g():\n    @cache\n    def f(a): ...",
        *(f"@{limited}\ndef f(a): ..." for limited in ("lru_cache", "lru_cache(maxsize=4)", "lru_cache(4)")),
        "@st.cache_resource\ndef f(): ...",
        "@st.cache_data(max_entries=10 * SHOWN)\ndef f(a): ...",
        *("models = ResourcePool[Model](BYTES, size)", "names = {'a': 1}", "places = dict(zip(a, b))"),
    )
    assert [source for source in wrong if not endless(source)] == []
    assert [source for source in right if endless(source)] == []
