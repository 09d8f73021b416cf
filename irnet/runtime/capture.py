"""Read or replace activations by path, watch a model run, lend it other scales; nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from fnmatch import filter as matching
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from irnet.runtime.build import ConvUnit, Model, Scale, check_model
from irnet.runtime.init import Tell
from irnet.tree import stage_of


@contextmanager
def _hooks(handles: Iterable[RemovableHandle]) -> Iterator[None]:
    """Hooks that stay while the block runs."""
    with ExitStack() as stack:
        for handle in handles:
            stack.callback(handle.remove)
        yield


def to_cpu(activation: Tensor) -> Tensor:
    """A copy on the CPU, cut off from the gradient."""
    return activation.detach().to("cpu", copy=True)


@contextmanager
def capture(
    model: nn.Module, *patterns: str, keep: Callable[[Tensor], Any] = to_cpu, inputs: bool = False
) -> Iterator[dict[str, Any]]:
    """Fill a dict, path to kept value, while the block runs; leave no hook behind.

    Parameters
    ----------
    model
        Any module.
    *patterns
        Paths, with `*` for any run of characters: "block_b.*.project".
    keep
        From a module's output to what is kept of it; by default a copy on the CPU.
    inputs
        Whether what a module is given, its first input, stands for its output.

    Raises
    ------
    KeyError
        For a pattern that no module's path matches, with near ones.
    ValueError
        If it is no module.
    """
    check_model(model, nn.Module)
    found: dict[str, Any] = {}

    def save(path: str) -> RemovableHandle:
        def hook(_module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
            found[path] = keep(given[0] if inputs else made)

        return model.get_submodule(path).register_forward_hook(hook)

    with _hooks(map(save, paths(model, *patterns))):
        yield found


@contextmanager
def intervene(model: nn.Module, edits: Mapping[str, Callable[[Tensor], Tensor]]) -> Iterator[None]:
    """Replace the output of every module that a pattern matches by edit(output), while the block runs.

    Raises
    ------
    KeyError
        For a pattern that no module's path matches.
    ValueError
        If it is no module.
    """
    check_model(model, nn.Module)

    def swap(path: str, edit: Callable[[Tensor], Tensor]) -> RemovableHandle:
        return model.get_submodule(path).register_forward_hook(lambda _module, _given, made: edit(made))

    with _hooks(swap(path, edit) for pattern, edit in edits.items() for path in paths(model, pattern)):
        yield


@contextmanager
def watch_layers(model: Model, tell: Tell) -> Iterator[None]:
    """Call `tell` before every convolution of a forward pass and after each on the way back; what it raises ends both.

    Parameters
    ----------
    model
        Any; what it computes is left alone.
    tell
        Gets how far through the network the convolution is, whatever part of it is run, and its path.

    Examples
    --------
    >>> import irnet, torch
    >>> model, calls = irnet.build("inception_resnet_v1", device="meta"), []
    >>> with watch_layers(model, lambda share, path: calls.append((round(share, 1), path))):
    ...     _ = model(torch.empty(1, 3, 299, 299, device="meta"))
    >>> calls[0], calls[-1][0], len(calls)
    ((0.0, 'stem.0.0'), 1.0, 107)
    """
    units = [(path, module) for path, module in model.named_modules() if isinstance(module, ConvUnit)]

    def watch(i: int, path: str, unit: ConvUnit) -> RemovableHandle:
        def back(_gradient: Tensor) -> None:
            tell(i / len(units), path)

        def before(_module: nn.Module, given: tuple[Any, ...]) -> None:
            tell(i / len(units), path)
            if given[0].requires_grad:
                given[0].register_hook(back)

        return unit.register_forward_pre_hook(before)

    with _hooks(watch(i, *unit) for i, unit in enumerate(units)):
        yield


@contextmanager
def rescale(model: nn.Module, scale: float | Mapping[str, float | Tensor | None] | None) -> Iterator[None]:
    """Give residual blocks another scale while the block runs.

    One for all, or one a stage by its name, also (N, 1, 1, 1) for as many pictures; None, and a stage without one,
    leaves the network's own scale.
    """
    scales = {name: module for name, module in model.named_modules() if isinstance(module, Scale)}
    before = {name: module.scale for name, module in scales.items()}
    try:
        for name, module in scales.items():
            wanted = scale.get(stage_of(name)) if isinstance(scale, Mapping) else scale
            module.scale = before[name] if wanted is None else wanted
        yield
    finally:
        for name, module in scales.items():
            module.scale = before[name]


class _Reached(Exception):
    """Thrown to leave a forward pass at the module that was asked for."""

    def __init__(self, made: Tensor) -> None:
        super().__init__()
        self.made = made


def output_of(model: nn.Module, path: str, image: Tensor) -> Tensor:
    """What the module at `path` puts out for `image`, with its gradient; what comes after it is not run.

    Raises
    ------
    KeyError
        For a path that no module has, with near ones.
    """

    def stop(_module: nn.Module, _given: object, made: Tensor) -> None:
        raise _Reached(made)

    with _hooks([model.get_submodule(_existing(model, path)).register_forward_hook(stop)]):
        try:
            made: Tensor = model(image)
        except _Reached as reached:
            return reached.made
    return made


def paths(model: nn.Module, *patterns: str) -> list[str]:
    """Module names that match; wildcards give the order of the modules, plain names keep their own.

    Raises
    ------
    KeyError
        For a pattern that matches nothing, with near names.
    """
    if not any(set(pattern) & set("*?[") for pattern in patterns):
        return [_existing(model, path) for path in patterns]  # asked for by name: no need to list all modules
    names = [name for name, _ in model.named_modules() if name]
    found = {name for pattern in patterns for name in matching(names, pattern) or [_existing(model, pattern)]}
    return [name for name in names if name in found]


def _existing(model: nn.Module, path: str) -> str:
    try:
        model.get_submodule(path)
    except AttributeError:
        names = [name for name, _ in model.named_modules() if name]
        near = get_close_matches(path, names, n=3, cutoff=0) or names[:3]
        raise KeyError(f"no module's path matches {path!r}; near ones: {', '.join(near)}") from None
    return path
