"""Layers that have no node of their own, as expressions: PyTorch's modules where there are some, else its operations.

What an opened file says is a stranger's. Its kinds and settings stand in the source only as names, numbers, literal
texts and lists of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from irnet.codegen.layout import CONSTANT, Call, Width, call, expression
from irnet.spec import Layer, Setting
from irnet.tree.layers import check_makeable, is_name, pad_edges
from irnet.units import typed

OPERATION = '''
class Operation(nn.Module):
    """One of PyTorch's operations, with the weights that it owns and its settings."""

    def __init__(
        self,
        operation: Callable[..., Any],
        weights: dict[str, tuple[int, ...]],
        /,
        **settings: object,
    ) -> None:
        super().__init__()
        self.operation, self.settings = operation, settings
        for role, shape in weights.items():
            self.register_parameter(role, nn.Parameter(torch.zeros(shape)))

    def forward(self, *inputs: Tensor) -> Any:
        weights = dict(self.named_parameters())
        return self.operation(*inputs, **weights, **self.settings)
'''

LINEAR = '''
class Linear(nn.Linear):
    """A linear layer that reads a whole grid as one vector."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))
'''

BATCH_NORM = '''
class BatchNorm(nn.BatchNorm1d):
    """Batch norm of vectors, and of grids of one pixel."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1)).view_as(x)
'''

ITEM = '''
class Item(nn.Module):
    """One of several results of the operation before."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def forward(self, results: Sequence[Tensor]) -> Tensor:
        return results[self.number]
'''

RESHAPE = '''
class Reshape(nn.Module):
    """Another shape for each picture of a batch."""

    def __init__(self, *sides: int) -> None:
        super().__init__()
        self.sides = sides

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), *self.sides)
'''

ACTIVATIONS = {
    "relu": "nn.ReLU",
    "relu6": "nn.ReLU6",
    "silu": "nn.SiLU",
    "hardswish": "nn.Hardswish",
    "hardsigmoid": "nn.Hardsigmoid",
    "sigmoid": "nn.Sigmoid",
    "tanh": "nn.Tanh",
    "mish": "nn.Mish",
    "gelu": "nn.GELU",
}
_SIMPLE = {kind: (head,) for kind, head in ACTIVATIONS.items()} | {  # without settings or weights
    "identity": ("nn.Identity",),
    "dropout": ("nn.Identity",),
    "global_pool": ("nn.AdaptiveAvgPool2d", "1"),
    "flatten": ("nn.Flatten",),
}
_MODULES = {  # kind -> module, and its arguments, which are settings of that name
    "softmax": ("nn.Softmax", ("dim",)),
    "hardtanh": ("nn.Hardtanh", ("min_val", "max_val")),
    "leaky_relu": ("nn.LeakyReLU", ("negative_slope",)),
    "elu": ("nn.ELU", ("alpha",)),
    "dropout": ("nn.Dropout", ("p",)),
    "gelu": ("nn.GELU", ("approximate",)),
    "layer_norm": ("nn.LayerNorm", ("normalized_shape", "eps")),
    "adaptive_avg_pool2d": ("nn.AdaptiveAvgPool2d", ("output_size",)),
}
_USUAL = {"dtype": (None,), "cudnn_enable": (True, False), "scale": (1,), "input_scale": (1,)}  # and need no word
_ROLES = {"layer_norm": frozenset({"weight", "bias"})}  # the weights of a module that has some


def layer(node: Layer, width: Width) -> Call:
    """The expression that makes a layer's module for an input of this width.

    Raises
    ------
    ValueError
        If its kind or a setting is no name that Python has.

    Examples
    --------
    >>> print(layer(Layer("batch_norm", (("eps", 1e-05),)), {"channels": 1}))
    nn.BatchNorm2d(channels, eps=1e-05)
    >>> print(layer(Layer("softmax", (("dim", 1), ("dtype", None))), {"channels": 1}))
    nn.Softmax(dim=1)
    >>> print(layer(Layer("roll", (("dims", (2, 3)), ("shifts", (1, 1)))), {"channels": 1}))
    Operation(torch.ops.aten.roll, {}, dims=[2, 3], shifts=[1, 1])
    """
    made: Call | None
    check_makeable(node)
    match node.kind:
        case "linear" if node.out_shape is None:
            inputs = node.setting("inputs")
            made = call("Linear", literal(inputs) if inputs else expression(width), *_features(node), **_bias(node))
        case "linear":
            shape = dict(node.weights)["weight"]
            made = call("nn.Linear", str(shape[1]), *_features(node), **_bias(node))
        case "conv" | "max_pool" | "avg_pool":
            made = _window(node, width)
        case "batch_norm" if not node.weights:
            kind = "BatchNorm" if node.setting("flat") else "nn.BatchNorm2d"
            made = call(kind, expression(width), eps=literal(node.setting("eps")))
        case "scale":
            made = call("Operation", "torch.mul", "{}", other=literal(node.setting("factor")))
        case "pad":
            top, bottom, left, right = pad_edges(node)
            made = call("nn.ConstantPad2d", str((left, right, top, bottom)), literal(node.setting("value") or 0.0))
        case "getitem":
            made = call("Item", literal(node.setting("1")))
        case "local_response_norm":
            alpha, beta, k, size = (literal(node.setting(name)) for name in ("alpha", "beta", "k", "size"))
            made = call("nn.LocalResponseNorm", size, alpha=alpha, beta=beta, k=k)
        case "view" | "reshape" if sides := _of_one_picture(node):
            made = call("Reshape", *map(literal, sides))
        case _:
            made = _module(node) or _operation(node)
    return made


def _features(node: Layer) -> tuple[str, ...]:
    return (literal(node.setting("features")),)


def _bias(node: Layer) -> dict[str, object]:
    return {} if node.setting("bias") else {"bias": False}


def _window(node: Layer, width: Width) -> Call:
    """A convolution or pooling inside a subgraph, by the settings of a graph."""
    kernel, stride, padding = (_pair(node, name) for name in ("kernel", "stride", "padding"))
    if node.kind == "conv":
        more = {"stride": stride, "padding": padding, "dilation": _pair(node, "dilation")}
        usual = {"stride": "1", "padding": "0", "dilation": "1"}
        groups = {} if node.setting("groups") == 1 else {"groups": literal(node.setting("groups"))}
        unusual = {name: value for name, value in more.items() if value != usual[name]}
        filters = literal(node.setting("filters"))
        return call("nn.Conv2d", expression(width), filters, kernel, **unusual, **groups, **_bias(node))
    around = {"padding": padding} if padding != "0" else {}
    ceil = {"ceil_mode": True} if node.setting("ceil") or node.setting("rounds_up") else {}
    counts = {"count_include_pad": bool(node.setting("counts_padding"))} if around else {}
    if node.kind == "max_pool":
        return call("nn.MaxPool2d", kernel, stride=stride, **around, **ceil)
    return call("nn.AvgPool2d", kernel, stride=stride, **around, **ceil, **counts)


def _pair(node: Layer, name: str) -> str:
    """A setting of one number for each axis; of the same ones that number."""
    value = node.setting(name)
    return literal(value[0]) if isinstance(value, tuple) and len({*value}) == 1 else f"({literal(value)[1:-1]})"


def out_width(node: Layer, width: Width) -> Width:
    """The width that a layer puts out for an input of this width."""
    if node.out_shape:
        return {CONSTANT: node.out_shape[0]}
    features = node.setting("features") if node.kind == "linear" else None
    return {CONSTANT: features} if isinstance(features, int) else width


def inline(node: Layer, inputs: Sequence[str]) -> str:
    """A layer without weights that needs no module, as an expression of what it reads; "" if it needs one.

    Examples
    --------
    >>> inline(Layer("getitem", (("1", 2),)), ("x0",)), inline(Layer("relu"), ("x",))
    ('x0[2]', '')
    """
    signs = {"add": " + ", "mul": " * ", "div": " / ", "sub": " - "}
    value = ""
    match node.kind:
        case "add" | "mul" | "div" | "sub" if not (node.settings or node.weights) and len(inputs) > 1:
            value = signs[node.kind].join(inputs)
        case "concat":
            value = f"torch.cat([{', '.join(inputs)}], dim=1)"
        case "getitem":
            value = f"{inputs[0]}[{literal(node.setting('1'))}]"
        case "scale":
            value = f"{literal(node.setting('factor'))} * {inputs[0]}"
        case "identity" | "dropout":
            value = inputs[0]
        case "stack" | "cat" | "hstack" | "vstack" if not node.weights:
            value = str(call(_name(node), f"[{', '.join(inputs)}]", **_literals(node)))
    return value


def _module(node: Layer) -> Call | None:
    """The expression of a module of PyTorch's that has the same settings and the same weights; None without one."""
    if not (node.settings or node.weights) and node.kind in _SIMPLE:
        return call(*_SIMPLE[node.kind])
    if node.kind not in _MODULES or {role for role, _ in node.weights} != _ROLES.get(node.kind, frozenset()):
        return None
    head, names = _MODULES[node.kind]
    given = {name: value for name, value in node.settings if value not in _USUAL.get(name, ())}
    if given.keys() - set(names):
        return None
    return call(head, **{name: literal(given[name]) for name in names if name in given})


def _operation(node: Layer) -> Call:
    weights = ", ".join(f"{literal(role)}: {shape}" for role, shape in node.weights)
    return call("Operation", _name(node), f"{{{weights}}}", **_literals(node))


def _name(node: Layer) -> str:
    if not is_name(node.kind):
        raise ValueError(
            f"PyTorch has no operation {typed(node.kind)}, so a network with it can't be written as source"
        )
    return f"torch.ops.aten.{node.kind}"


def _literals(node: Layer) -> dict[str, str]:
    """Every setting as keyword and literal."""
    for name, _ in node.settings:
        if not is_name(name):
            raise ValueError(f"{typed(node.kind)} has a setting {typed(name)}, which is no name that Python has")
    return {name: literal(value) for name, value in node.settings}


def literal(value: Setting) -> str:
    """A setting as Python writes it.

    Examples
    --------
    >>> print(literal((1, float("-inf"), None, "none")))
    [1, float("-inf"), None, "none"]
    """
    match value:
        case tuple():
            return f"[{', '.join(map(literal, value))}]"
        case float() if not isfinite(value):
            return f'float("{value}")'
        case str():
            text = ascii(value)
            return text if '"' in text else f'"{text[1:-1]}"'
        case _:
            return repr(value)


def _of_one_picture(node: Layer) -> tuple[Setting, ...]:
    """The sides of another shape, of which the first is a batch of one picture; () where it is not."""
    size = node.setting("size") or node.setting("shape")
    return size[1:] if isinstance(size, tuple) and size[0] == 1 else ()
