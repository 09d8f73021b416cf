"""Count a real module with fvcore, torchinfo and torch's own counter: three witnesses for the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatch
from threading import Lock
from typing import Any

import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary

from irnet.runtime.build import ForkUnit, Model, build
from irnet.tree import depth_of

_RELU, _NORM = torch.ops.aten.relu.default, torch.ops.aten.native_batch_norm.default


def _outlined(_mode: object, func: Any, _types: object, args: Any = (), kwargs: Any = None) -> Any:
    if func is _RELU:
        return torch.empty_like(args[0])
    if func is _NORM:
        x = args[0]
        return torch.empty_like(x), x.new_empty(0), x.new_empty(0)
    return func(*args, **(kwargs or {}))


def outline() -> AbstractContextManager[object]:
    """A mode in which batch norms and ReLUs put out an empty tensor of the input's shape: they have no other.

    On "meta" torch works these shapes out by running through the formulas of the operations, which takes longer than
    everything else in the pass. Whoever counts sees the operations as they are, above this mode.

    Examples
    --------
    >>> with outline():
    ...     tuple(torch.relu(torch.empty(2, 3, device="meta")).shape)
    (2, 3)
    """
    # made by hand, since a subclass would have to call functions without types
    made: AbstractContextManager[object] = type("Outline", (TorchDispatchMode,), {"__torch_dispatch__": _outlined})()
    return made


class Traceable(TorchFunctionMode):
    """Lets torch.jit trace convolutions on "meta": there `conv2d` leaves no node in the graph, `_convolution` does."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What `func` returns."""
        if func is torch.conv2d:
            x, weight, bias, stride, padding, dilation, groups = args
            forward = (x, weight, bias, stride, padding, dilation, False, (0, 0), groups)
            return torch._convolution(*forward, False, False, False, False)  # as no library is asked to do it
        return func(*args, **(kwargs or {}))


_TRACE = Lock()  # fvcore traces with torch.jit, whose state is global
_IGNORED = {nn.ReLU: "relu", nn.Dropout: "dropout", nn.Flatten: "flatten"}  # by fvcore, in silence


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCount:
    """One module with everything inside it, for one image."""

    path: str  # "" is the whole network
    kind: str  # class of the module
    params: int
    counted: dict[str, int]  # operator -> fvcore's count: MACs for conv and linear, 2 per element for batch_norm
    not_counted: dict[str, int]  # operator -> how many calls fvcore leaves out

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers."""
        return self.counted.get("conv", 0) + self.counted.get("linear", 0)

    @property
    def total(self) -> int | None:
        """Everything that fvcore counts; None where it counts nothing, which is not zero."""
        return sum(self.counted.values()) if self.counted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What the two other counters say of the whole network, for one image."""

    torchinfo_mult_adds: int
    torchinfo_text: str
    torch_flops: int  # 2 a MAC


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the three counters say of one network, for one image."""

    modules: tuple[ModuleCount, ...]  # in the order of the module tree, the whole network first
    others: Others

    @property
    def whole(self) -> ModuleCount:
        """The network itself."""
        return self.modules[0]

    @property
    def totals(self) -> dict[str, int]:
        """What each counter came to, in its own unit."""
        return {
            "fvcore": self.whole.total or 0,
            "torchinfo": self.others.torchinfo_mult_adds,
            "torch": self.others.torch_flops,
        }


def search(modules: Sequence[ModuleCount], wanted: str, depth: int) -> tuple[ModuleCount, ...]:
    """The modules whose path or kind matches, at any depth; without anything wanted, those at most so deep.

    `*` stands for any run of characters; text without one is looked for anywhere in the path and the kind.
    """
    pattern = wanted.strip().lower()
    if not pattern:
        return tuple(module for module in modules if depth_of(module.path) <= depth)
    pattern = pattern if "*" in pattern else f"*{pattern}*"
    return tuple(m for m in modules if fnmatch(m.path.lower(), pattern) or fnmatch(m.kind.lower(), pattern))


def records(modules: Iterable[ModuleCount]) -> list[dict[str, object]]:
    """The modules as plain values for a table; `fvcore_total` is None where fvcore counts nothing."""
    return [
        {
            "path": module.path or "(network)",
            "kind": module.kind,
            "params": module.params,
            "macs": module.macs if module.counted else None,
            "fvcore_total": module.total,
            "counted": module.counted,
            "not_counted": module.not_counted,
        }
        for module in modules
    ]


def measure(model: Model) -> Counts:
    """Count `model` on "meta" with fvcore, torchinfo and torch: nothing is computed, and counts need no numbers.

    A model that is elsewhere is counted by its twin on "meta".

    Examples
    --------
    >>> from irnet.models import network
    >>> counts = measure(build(network("inception_resnet_v1", input_size=96)))
    >>> counts.whole.not_counted["mul"], counts.whole.not_counted["add"]
    (20, 20)
    """
    twin = _on_meta(model)
    return Counts(modules=by_fvcore(twin), others=by_others(twin))


def by_fvcore(model: Model) -> tuple[ModuleCount, ...]:
    """What fvcore counts, module by module: the first of the three counters of `measure`.

    Examples
    --------
    >>> from irnet.models import network
    >>> by_fvcore(build(network("inception_resnet_v1", input_size=96), "meta"))[0].kind
    'Model'
    """
    twin = _on_meta(model)
    with _TRACE, torch.no_grad(), outline(), Traceable():
        analysis = FlopCountAnalysis(twin, _image(twin))
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
        counted = analysis.by_module_and_operator()
        unsupported = {path: analysis.unsupported_ops(path) for path in counted}
    return tuple(
        ModuleCount(
            path=path,
            kind=type(module).__name__,
            params=sum(p.numel() for p in module.parameters()),
            counted={op: int(n) for op, n in counted[path].items()},
            not_counted=_left_out(module, unsupported[path]),
        )
        for path, module in twin.named_modules()
    )


def by_others(model: Model) -> Others:
    """What torchinfo and torch's own counter make of the same forward pass.

    Examples
    --------
    >>> from irnet.models import network
    >>> by_others(build(network("inception_resnet_v1", input_size=96), "meta")).torch_flops > 0
    True
    """
    twin = _on_meta(model)
    with outline(), FlopCounterMode(display=False) as counter:
        table = summary(
            twin,
            input_data=_image(twin),
            device="meta",
            verbose=0,
            depth=4,
            col_names=("output_size", "num_params", "mult_adds"),
            row_settings=("var_names",),
        )
    return Others(
        torchinfo_mult_adds=table.total_mult_adds,
        torchinfo_text=str(table),
        torch_flops=counter.get_total_flops(),
    )


def _on_meta(model: Model) -> Model:
    return model if next(model.parameters()).is_meta else build(model.network, device="meta")


def _image(model: Model) -> torch.Tensor:
    return torch.empty(1, *model.network.input_shape, device="meta")


def _left_out(module: nn.Module, unsupported: Counter[str]) -> dict[str, int]:
    calls = Counter({op.removeprefix("aten::"): n for op, n in unsupported.items()})
    calls.update(_IGNORED[type(part)] for part in module.modules() if type(part) in _IGNORED)
    calls["cat"] += sum(isinstance(part, ForkUnit) and part.merge == "concat" for part in module.modules())
    return dict(sorted((+calls).items()))
