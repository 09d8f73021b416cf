"""Networks as Keras describes them: the JSON of `model.to_json()`, of Keras 2 and of Keras 3, read without Keras.

Nothing in it is run, neither the code in a Lambda nor a registered class: a layer is known by its class's name and its
settings. Shapes are (C, H, W) and kernels (filters, channels, height, width), as in PyTorch, whatever `data_format`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from math import prod
from typing import Any

from irnet.opening.document import LARGEST, MOST, NUMBER, check_forms
from irnet.opening.graph import ADD, CONCAT, INPUT, MUL, Graph, Operation, Setting, Weight
from irnet.spec import Shape
from irnet.units import exact, typed

CALLS = 4 * MOST  # of layers, nested models among them
DEEPEST = 20  # models inside models
CLASSIFIER = "predictions"  # as Keras calls that of its own networks
_LONGEST = 16  # values of a list of settings that is kept
_FAULTS = (KeyError, TypeError, IndexError, AttributeError, ValueError, OverflowError)
_NOTHING = (  # in evaluation
    "Dropout",
    "SpatialDropout2D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "StochasticDepth",
    "ActivityRegularization",
    "InputLayer",
)
_RANDOM = "Random"  # how layers begin that change pictures in training alone
_ACTIVATIONS: Mapping[str, tuple[str, dict[str, Setting]]] = {  # Keras's name -> as the same traced has it
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "selu": ("selu", {}),
    "silu": ("silu", {}),
    "swish": ("silu", {}),
    "hard_silu": ("hardswish", {}),
    "hard_swish": ("hardswish", {}),
    "exponential": ("exp", {}),
    "mish": ("mish", {}),
    "gelu": ("gelu", {"approximate": "none"}),
    "elu": ("elu", {"alpha": 1, "scale": 1, "input_scale": 1}),
    "softplus": ("softplus", {"beta": 1, "threshold": 20}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
    "softmax": ("softmax", {"dim": 1, "dtype": None}),
}
_NO_SETTINGS = ("name", "trainable", "dtype", "batch_shape", "batch_input_shape", "data_format", "quantization_config")
_NO_SETTING_ENDS = ("_initializer", "_regularizer", "_constraint", "seed")
Reference = tuple[str, int, int]  # layer, which of its calls, which of its outputs


def read_keras(text: str | bytes, name: str, input_shape: Shape = (3, 299, 299), *, numbered: bool = False) -> Graph:
    """The graph of a network that Keras wrote as JSON.

    Parameters
    ----------
    input_shape
        (channels, height, width), for sides that the network leaves open.
    numbered
        Whether keys of weights are those of a `.keras` archive, by class and number, rather than those of an `.h5`.

    Raises
    ------
    ValueError
        In one sentence with the layer that is in the way, if this is no network of one picture and one output, has a
        cycle, or is larger than the limits.

    Examples
    --------
    >>> layers = [
    ...     {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 8, 8, 3]}},
    ...     {"class_name": "Conv2D", "config": {"name": "a", "filters": 4, "kernel_size": 3, "activation": "relu"}},
    ... ]
    >>> graph = read_keras(json.dumps({"class_name": "Sequential", "config": {"layers": layers}}), "small")
    >>> [(operation.kind, operation.out_shape) for operation in graph.operations]
    [('input', (3, 8, 8)), ('conv', (4, 6, 6)), ('relu', (4, 6, 6))]
    """
    if len(text) > LARGEST:
        raise ValueError(f"{name}: its description is larger than {exact(LARGEST)} bytes")
    try:
        data = json.loads(text)
        model = _layer(data, "")
        if not _is_model(model):
            raise ValueError("it describes no Keras model: it has no list of layers")
        reading = _Reading(*_survey(data), input_shape, numbered)
        output = reading.model(model, None, 0)
        if len(output) != 1:
            raise ValueError(f"it has {exact(len(output))} outputs; one can be read")
    except RecursionError:
        raise ValueError(f"{name}: it is nested too deeply to be read") from None
    except _FAULTS as error:
        said = str(error) if type(error) is ValueError else "it is no JSON that Keras writes of a model"
        raise ValueError(f"{name}: {typed(said, 400)}") from None
    return check_forms(
        Graph(
            name=name,
            input_shape=reading.input_shape,
            operations=tuple(reading.operations),
            reads=tuple(reading.reads),
            output=output[0],
        )
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as the file has it, and limits for what is read of its settings."""

    kind: str
    name: str
    path: str  # with the models around it
    config: Any
    data: Mapping[str, Any] = field(repr=False)

    def number(self, key: str, default: int | None = None, least: int = 1) -> int:
        value = self.config.get(key, default)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= NUMBER:
            raise ValueError(f"{key} is {typed(repr(value))}, not a whole number from {least} to {exact(NUMBER)}")
        return value

    def pair(self, key: str, default: int | None = 1) -> tuple[int, int]:
        """(height, width) of what may be written as one number."""
        value = self.config.get(key, default)
        value = value if isinstance(value, list) and len(value) == 2 else [value, value]
        height, width = (replace(self, config={key: side}).number(key) for side in value)
        return (height, width)

    def factor(self, key: str, default: float) -> float:
        value = self.config.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < NUMBER:
            raise ValueError(f"{key} is {typed(repr(value))}, not a number below {exact(NUMBER)}")
        return float(value)

    @property
    def of_keras_3(self) -> bool:
        return "module" in self.data

    @property
    def is_call(self) -> bool:
        """Whether it is a function of Keras's that was called in the place of a layer."""
        return self.kind == "TFOpLambda" or ".ops." in str(self.data.get("module"))


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a layer: what it reads, and the numbers that it is given besides."""

    layer: _Layer
    reads: tuple[Reference, ...]
    numbers: tuple[float, ...]


def _layer(data: Any, path: str) -> _Layer:
    config = data["config"]
    name = str(data.get("name") or (config.get("name") if isinstance(config, dict) else "") or "")
    return _Layer(str(data["class_name"]), name, typed(f"{path}{name}", 200), config, data)


def _is_model(layer: _Layer) -> bool:
    config = layer.config
    return layer.kind == "Sequential" or (isinstance(config, dict) and isinstance(config.get("layers"), list))


def _survey(data: Any) -> tuple[bool, int]:
    """Whether pictures are (height, width, channels) everywhere, and how many dense layers there are."""
    found, dense, ahead = set(), 0, [data]
    while ahead:
        layer = ahead.pop()
        config = layer["config"]
        layers = config if isinstance(config, list) else config.get("layers")
        ahead += [inner for inner in layers or () if isinstance(inner, dict) and "config" in inner]
        dense += layer.get("class_name") == "Dense"
        found.add(config.get("data_format") if isinstance(config, dict) else None)
    if {"channels_first", "channels_last"} <= found:
        raise ValueError("some of its layers have channels first and others last; one of the two can be read")
    return "channels_first" not in found, dense


class _Reading:
    """What is known while the layers of a description are read; values are known by the operations that make them."""

    def __init__(self, channels_last: bool, dense_layers: int, input_shape: Shape, numbered: bool) -> None:
        self.channels_last, self.dense_layers, self.input_shape, self.numbered = (
            channels_last,
            dense_layers,
            input_shape,
            numbered,
        )
        self.operations: list[Operation] = []
        self.reads: list[tuple[int, ...]] = []
        self.counted: set[str] = set()  # keys of weights
        self.keys: dict[int, str] = {}  # what a layer is called in a file of weights, by the identity of its data
        self.calls = 0

    # Models

    def model(self, model: _Layer, sources: Sequence[int] | None, depth: int) -> list[int]:
        """The outputs of a model; without sources it is the outermost, whose input is the picture."""
        if depth > DEEPEST:
            raise ValueError(f"it has models inside models, more than {DEEPEST} deep")
        config = model.config
        listed = config if isinstance(config, list) else config["layers"]
        layers = [_layer(data, f"{model.path}/" if depth else "") for data in listed]
        self._name_weights(layers)
        if isinstance(config, dict) and "input_layers" in config:
            return self._functional(config, layers, sources, depth)
        return self._sequential(model, layers, sources, depth)

    def _sequential(
        self, model: _Layer, layers: Sequence[_Layer], sources: Sequence[int] | None, depth: int
    ) -> list[int]:
        if not layers:
            raise ValueError("it has a Sequential model without layers")
        given = model.config.get("build_input_shape") if isinstance(model.config, dict) else None
        values = [self._picture(layers[0], given)] if sources is None else list(sources)
        for layer in layers:
            values = self._call(_Call(layer, (), ()), values, depth)
        return values

    def _functional(
        self, config: Mapping[str, Any], layers: Sequence[_Layer], sources: Sequence[int] | None, depth: int
    ) -> list[int]:
        by_name = {layer.name: layer for layer in layers}
        if len(by_name) < len(layers):
            raise ValueError("two of its layers have one name")
        inputs, outputs = (list(_references(config[key])) for key in ("input_layers", "output_layers"))
        if sources is None:
            if len(inputs) != 1:
                raise ValueError(f"it has {exact(len(inputs))} inputs; one can be read")
            sources = [self._picture(by_name[inputs[0][0]], None)]
        if len(sources) != len(inputs):
            raise ValueError("a model inside it is called with another number of inputs than it has")
        calls = _calls(layers, outputs)
        values: dict[tuple[str, int], list[int]] = {}
        for (name, _, _), source in zip(inputs, sources, strict=True):
            values[name, 0] = [source]
        several = {ref[:2] for call in calls.values() for ref in call.reads if ref[2] > 0}

        def value(ref: Reference) -> int:
            made = values[ref[:2]]
            if ref[:2] in several and not _is_model(by_name[ref[0]]):
                return self.append("getitem", made, (), by_name[ref[0]], {"1": ref[2]})
            return made[ref[2]]

        shapes = dict(_recorded([layer.data.get("inbound_nodes") for layer in layers]))
        for key in _order(calls, set(values)):
            values[key] = self._call(calls[key], [value(ref) for ref in calls[key].reads], depth)
            self._know(values[key], shapes.get((*key, 0), ()))
        return [value(ref) for ref in outputs]

    def _know(self, made: Sequence[int], shape: tuple[int, ...]) -> None:
        """Take the shape that the file says, of what has no word here."""
        for at in made[:1]:
            if not self.operations[at].out_shape and shape:
                ours = (shape[2], *shape[:2]) if self.channels_last and len(shape) == 3 else shape
                self.operations[at] = replace(self.operations[at], out_shape=ours)

    def _picture(self, layer: _Layer, given: Any) -> int:
        """The input, with sides that are left open as the caller wants them."""
        config = layer.config if isinstance(layer.config, dict) else {}
        build = layer.data.get("build_config")
        shape = config.get("batch_shape") or config.get("batch_input_shape") or given
        shape = shape or (build.get("input_shape") if isinstance(build, dict) else None)
        if not isinstance(shape, list) or len(shape) != 4:
            raise ValueError(f"its input has the shape {typed(repr(shape))}; a picture of three sides can be read")
        sides = shape[1:]
        channels, height, width = (sides[2], *sides[:2]) if self.channels_last else sides
        wanted = [given or default for given, default in zip((channels, height, width), self.input_shape, strict=True)]
        channels, height, width = (
            replace(layer, config={"a side of its input": side}).number("a side of its input") for side in wanted
        )
        self.input_shape = (channels, height, width)
        return self.append(INPUT, (), self.input_shape, replace(layer, path=""), {"shape": self.input_shape})

    def _name_weights(self, layers: Sequence[_Layer]) -> None:
        """What each layer of a model is called in a file of weights, as the reader of such files has it.

        In a `.keras` archive that is its class and its place among those of its class. In an `.h5` it is its name, but
        for convolutions and norms without a name of their own, which are counted from 0, and a lone classifier.
        """
        many: dict[str, int] = {}
        numbers = {id(layer.data): _number(layer) for layer in layers}
        order = layers if self.numbered else sorted(layers, key=lambda layer: numbers[id(layer.data)] or 0)
        for layer in order:
            name, kind = layer.name, _snake(layer.kind)
            if self.numbered or numbers[id(layer.data)] is not None:
                place = many[kind] = many.get(kind, -1) + 1
                name = f"{kind}_{place}" if place else kind
            elif kind == "dense" and self.dense_layers == 1:
                name = CLASSIFIER
            self.keys[id(layer.data)] = typed(name, 200)

    # Operations

    def _call(self, call: _Call, sources: list[int], depth: int) -> list[int]:
        """What a layer makes of values."""
        layer = call.layer
        self.calls += 1
        if self.calls > CALLS:
            raise ValueError(f"its layers are called more than {exact(CALLS)} times")
        if _is_model(layer):
            return self.model(layer, sources, depth + 1)
        if layer.kind in _NOTHING or layer.kind.startswith(_RANDOM):
            return sources[:1]
        try:
            if not sources:
                raise ValueError("it reads nothing")
            if layer.is_call:
                return [self._function(call, sources)]
            return [_LAYERS.get(layer.kind, _Reading.other)(self, layer, sources)]
        except _FAULTS as error:
            why = str(error) if type(error) is ValueError else "its settings are none that Keras writes"
            raise ValueError(f"layer {layer.path!r} ({typed(layer.kind)}): {why}") from None

    def append(
        self,
        kind: str,
        sources: Sequence[int],
        out: Sequence[int],
        layer: _Layer,
        settings: Mapping[str, Setting] | None = None,
        weights: Sequence[Weight] = (),
    ) -> int:
        """Put an operation behind the others; parameters are counted once, wherever they are used again."""
        if len(self.operations) >= MOST:
            raise ValueError(f"it has more than {exact(MOST)} operations")
        if not prod(out) <= NUMBER**2:
            raise ValueError(f"its output would have the shape {typed(repr(tuple(out)))}, more than can be read")
        if any(side < 1 for side in out):
            raise ValueError("its input is smaller than its window")
        params = sum(prod(w.shape) for w in weights if w.key not in self.counted and not w.role.startswith("running"))
        kernel = next((w.shape for w in weights if w.role == "weight" and kind in ("conv", "linear")), ())
        self.counted |= {weight.key for weight in weights}
        self.operations.append(
            Operation(
                kind,
                tuple((settings or {}).items()),
                layer.path,
                tuple(out),
                params,
                prod(kernel) * prod(out[1:]) if kernel else 0,
                tuple(weights),
            )
        )
        self.reads.append(tuple(sources))
        return len(self.operations) - 1

    def shape(self, source: int) -> tuple[int, ...]:
        """The shape of a value."""
        found = self.operations[source].out_shape
        if not found:
            before = self.operations[source]
            raise ValueError(
                f"the shape of what it reads is not known: that is made by {before.module!r} ({typed(before.kind)}), "
                "which is none of the layers that can be read"
            )
        return found

    def map_shape(self, source: int) -> Shape:
        """The shape of a value that has a height and a width."""
        found = self.shape(source)
        if len(found) != 3:
            raise ValueError(f"it reads a value of {len(found)} sides; it takes maps of channels, height and width")
        return (found[0], found[1], found[2])

    def axis(self, axis: int, rank: int) -> int:
        """Keras's number of an axis, the batch being 0, as one of (batch, C, H, W)."""
        axis %= rank
        return (0, 2, 3, 1)[axis] if rank == 4 and self.channels_last else axis

    def weight(self, layer: _Layer, role: str, place: int, name: str, *shape: int) -> Weight:
        """A tensor of a layer: its place among them in a `.keras` archive, and its name in an `.h5`."""
        key = self.keys[id(layer.data)]
        return Weight(role, f"layers/{key}/vars/{place}" if self.numbered else f"{key}/{name}", shape)

    def activated(self, layer: _Layer, source: int) -> int:
        """What the activation inside a layer makes of a value."""
        given = layer.config.get("activation")
        if isinstance(given, dict):
            given = given["config"] if given.get("class_name") == "function" else given.get("class_name")
        if given in (None, "linear"):
            return source
        if given == "hard_sigmoid" and layer.of_keras_3:
            return self.append("hardsigmoid", [source], self.shape(source), layer)
        kind, settings = _ACTIVATIONS.get(str(given), (typed(given), {}))
        return self.append(kind, [source], self.shape(source), layer, settings)

    def conv(self, layer: _Layer, sources: list[int]) -> int:
        groups, filters = layer.number("groups", 1), layer.number("filters")
        channels = self.map_shape(sources[0])[0]
        if channels % groups or filters % groups:
            raise ValueError(f"{exact(channels)} channels and {exact(filters)} filters are not {exact(groups)} groups")
        size = (filters, channels // groups, *layer.pair("kernel_size", None))
        return self.activated(
            layer, self.window(layer, sources, self.weight(layer, "weight", 0, "kernel", *size), groups)
        )

    def depthwise(self, layer: _Layer, sources: list[int]) -> int:
        return self.activated(layer, self.window(layer, sources, *self._by_channel(layer, sources)))

    def separable(self, layer: _Layer, sources: list[int]) -> int:
        bare = replace(layer, config=layer.config | {"use_bias": False})
        inner = self.window(bare, sources, *self._by_channel(layer, sources))
        after = {"padding": "valid", "use_bias": layer.config.get("use_bias", True)}
        size = (layer.number("filters"), self.map_shape(inner)[0], 1, 1)
        point = self.weight(layer, "weight", 1, "pointwise_kernel", *size)
        return self.activated(layer, self.window(replace(layer, config=after), [inner], point, 1, place=2))

    def _by_channel(self, layer: _Layer, sources: list[int]) -> tuple[Weight, int]:
        """The kernel of a convolution of each channel by itself, and how many channels there are."""
        channels = self.map_shape(sources[0])[0]
        size = (channels * layer.number("depth_multiplier", 1), 1, *layer.pair("kernel_size", None))
        name = "kernel" if layer.of_keras_3 and layer.kind == "DepthwiseConv2D" else "depthwise_kernel"
        return self.weight(layer, "weight", 0, name, *size), channels

    def window(self, layer: _Layer, sources: list[int], kernel: Weight, groups: int, place: int = 1) -> int:
        """A convolution; its bias has `place` among the tensors of the layer."""
        filters, _, *sides = kernel.shape
        bias = bool(layer.config.get("use_bias", True))
        grid, settings = self.slide(layer, sources[0], (sides[0], sides[1]))
        settings |= {"filters": filters, "groups": groups, "bias": bias}
        weights = [kernel, *([self.weight(layer, "bias", place, "bias", filters)] if bias else [])]
        return self.append("conv", sources, (filters, *grid), layer, settings, weights)

    def slide(
        self, layer: _Layer, source: int, kernel: tuple[int, int], *, pools: bool = False
    ) -> tuple[tuple[int, ...], dict[str, Setting]]:
        """The grid that a window makes, and its settings; SAME pads as little as it can, more behind than in front."""
        own = pools and layer.config.get("strides") is None  # a pooling's windows stand side by side
        steps, spread = kernel if own else layer.pair("strides"), layer.pair("dilation_rate")
        same = str(layer.config.get("padding", "valid"))
        if same not in ("same", "valid"):
            raise ValueError(f"padding is {typed(same)!r}; 'same' and 'valid' can be read")
        grid, edges = [], []
        for size, side, step, by in zip(self.map_shape(source)[1:], kernel, steps, spread, strict=True):
            reach = (side - 1) * by + 1
            grid.append(-(-size // step) if same == "same" else (size - reach) // step + 1)
            least = max((grid[-1] - 1) * step + reach - size, 0) if same == "same" else 0
            edges.append((least // 2, least - least // 2))
        settings: dict[str, Setting] = {"kernel": kernel, "stride": steps, "padding": _sides(*edges)}
        return tuple(grid), settings if pools else settings | {"dilation": spread}

    def dense(self, layer: _Layer, sources: list[int]) -> int:
        shape, units = self.shape(sources[0]), layer.number("units")
        bias = bool(layer.config.get("use_bias", True))
        more = [self.weight(layer, "bias", 1, "bias", units)] if bias else []
        if len(shape) == 3 and self.channels_last:  # of the channels at every place
            kernel = self.weight(layer, "weight", 0, "kernel", units, shape[0], 1, 1)
            whole: dict[str, Setting] = {"filters": units, "groups": 1, "bias": bias, "padding": (0, 0)}
            whole |= dict.fromkeys(("kernel", "stride", "dilation"), (1, 1))
            made = self.append("conv", sources, (units, *shape[1:]), layer, whole, [kernel, *more])
        elif len(shape) == 1:
            kernel = self.weight(layer, "weight", 0, "kernel", units, shape[0])
            made = self.append("linear", sources, (units,), layer, {"features": units, "bias": bias}, [kernel, *more])
        else:
            return self.other(layer, sources)
        return self.activated(layer, made)

    def batch_norm(self, layer: _Layer, sources: list[int]) -> int:
        shape = self.shape(sources[0])
        if self.axis(layer.number("axis", -1, least=-4), len(shape) + 1) != 1:
            return self.other(layer, sources)
        has = {"gamma": layer.config.get("scale", True), "beta": layer.config.get("center", True)}
        names = [name for name in (*has, "moving_mean", "moving_variance") if has.get(name, True)]
        roles = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
        weights = [self.weight(layer, roles[name], i, name, shape[0]) for i, name in enumerate(names)]
        return self.append("batch_norm", sources, shape, layer, {"eps": layer.factor("epsilon", 1e-3)}, weights)

    def pool(self, layer: _Layer, sources: list[int]) -> int:
        average = layer.kind.startswith("Average")
        kernel = layer.pair("pool_size", 2)
        grid, settings = self.slide(layer, sources[0], kernel, pools=True)
        channels, *sides = self.map_shape(sources[0])
        settings |= {"ceil": False, "grid": tuple(sides), **({"counts_padding": False} if average else {})}
        return self.append("avg_pool" if average else "max_pool", sources, (channels, *grid), layer, settings)

    def whole_pool(self, layer: _Layer, sources: list[int]) -> int:
        channels, keep = self.map_shape(sources[0])[0], bool(layer.config.get("keepdims", False))
        out = (channels, 1, 1) if keep else (channels,)
        if "Average" in layer.kind:
            return self.append("global_pool", sources, out, layer)
        return self.append("amax", sources, out, layer, {"dim": (2, 3), "keepdim": keep})

    def merge(self, layer: _Layer, sources: list[int]) -> int:
        """Values of one shape, or of shapes that are spread over each other, as one."""
        shapes = [self.shape(source) for source in sources]
        rank = max(map(len, shapes))
        sides = list(zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True))
        if any(len({*side} - {1}) > 1 for side in sides):
            raise ValueError(f"it reads values of the shapes {', '.join(map(repr, shapes[:4]))}, which don't fit")
        kind = {"Add": ADD, "Multiply": MUL}.get(layer.kind, layer.kind)
        return self.append(kind, sources, tuple(map(max, sides)), layer)

    def concat(self, layer: _Layer, sources: list[int]) -> int:
        shapes = [self.shape(source) for source in sources]
        axis = self.axis(layer.number("axis", -1, least=-4), len(shapes[0]) + 1)
        rest = {(*shape[: axis - 1], 0, *shape[axis:]) for shape in shapes}
        if axis < 1 or len(rest) > 1:
            raise ValueError(f"it reads values of the shapes {', '.join(map(repr, shapes[:4]))}, which don't fit")
        out = list(shapes[0])
        out[axis - 1] = sum(shape[axis - 1] for shape in shapes)
        if axis != 1:  # of heights or widths
            return self.append("Concatenate", sources, out, layer, {"axis": axis})
        return self.append(CONCAT, sources, out, layer)

    def scaled_sum(self, layer: _Layer, sources: list[int]) -> int:
        """`x + scale * r` of Keras's Inception-ResNet-v2; of one value, `scale * r`. The factor is all that is read."""
        config = layer.config
        given = config.get("arguments") if layer.kind == "Lambda" else config
        if not isinstance(given, dict) or "scale" not in given or (layer.kind == "Lambda" and len(given) > 1):
            return self.other(layer, sources)
        *first, last = sources
        factor = replace(layer, config=given).factor("scale", 1)
        scaled = self.append("scale", [last], self.shape(last), layer, {"factor": factor})
        return self.merge(replace(layer, kind="Add"), [*first, scaled]) if first else scaled

    def pad(self, layer: _Layer, sources: list[int]) -> int:
        """Zeros around a map, or a map without its edges."""
        key, cuts = ("padding", 1) if layer.kind == "ZeroPadding2D" else ("cropping", -1)
        given = layer.config.get(key, 1)
        rows = given if isinstance(given, list) and len(given) == 2 else [given, given]
        edges = []
        for row in rows:
            two = row if isinstance(row, list) and len(row) == 2 else [row, row]
            low, high = (replace(layer, config={key: side}).number(key, least=0) for side in two)
            edges.append((low, high))
        channels, *sides = self.map_shape(sources[0])
        out = (channels, *(size + cuts * sum(edge) for size, edge in zip(sides, edges, strict=True)))
        if cuts < 0:
            return self.append("crop", sources, out, layer, {"sides": _sides(*edges)})
        return self.append("pad", sources, out, layer, {"sides": _sides(*edges), "value": 0.0})

    def flatten(self, layer: _Layer, sources: list[int]) -> int:
        return self._laid_out("flatten", layer, sources, (prod(self.shape(sources[0])),))

    def reshape(self, layer: _Layer, sources: list[int]) -> int:
        shape, wanted = self.shape(sources[0]), layer.config["target_shape"]
        known = [replace(layer, config={"a side": side}).number("a side") for side in wanted if side != -1]
        target = [prod(shape) // prod(known) if side == -1 else side for side in wanted]
        if prod(target) != prod(shape):
            raise ValueError(f"its target {typed(repr(wanted))} does not fit a value of {exact(prod(shape))} numbers")
        return self._laid_out("reshape", layer, sources, tuple(target))

    def _laid_out(self, kind: str, layer: _Layer, sources: list[int], target: tuple[int, ...]) -> int:
        """Numbers in another shape, in the order in which Keras has them, which is (H, W, C) with channels last."""
        shape = self.shape(sources[0])
        if self.channels_last and len(shape) == 3 and prod(shape) not in shape:
            sources = [self.append("permute", sources, (*shape[1:], shape[0]), layer, {"dims": (0, 2, 3, 1)})]
        if not self.channels_last or len(target) != 3:
            return self.append(kind, sources, target, layer)
        height, width, channels = target
        if prod(target) in target:
            return self.append(kind, sources, (channels, height, width), layer)
        made = self.append(kind, sources, target, layer)
        return self.append("permute", [made], (channels, height, width), layer, {"dims": (0, 3, 1, 2)})

    def permute(self, layer: _Layer, sources: list[int]) -> int:
        shape, dims = self.shape(sources[0]), layer.config["dims"]
        if sorted(dims) != list(range(1, len(shape) + 1)):
            raise ValueError(f"dims is {typed(repr(dims))}, no order of the {len(shape)} sides of what it reads")
        ours = [self.axis(dim, len(shape) + 1) for dim in dims]  # in Keras's order of sides
        order = [ours[self._theirs(i, len(shape))] for i in range(len(shape))]
        return self.append("permute", sources, [shape[i - 1] for i in order], layer, {"dims": (0, *order)})

    def _theirs(self, side: int, rank: int) -> int:
        """Where Keras has one of our sides, the batch left out."""
        return (2, 0, 1)[side] if rank == 3 and self.channels_last else side

    def rescaling(self, layer: _Layer, sources: list[int]) -> int:
        if isinstance(layer.config.get("scale"), list) or isinstance(layer.config.get("offset"), list):
            return self.other(layer, sources)  # one for each channel
        return self._plus(layer, self._times(layer, sources[0], layer.factor("scale", 1)), layer.factor("offset", 0))

    def _times(self, layer: _Layer, source: int, factor: float) -> int:
        return self.append("scale", [source], self.shape(source), layer, {"factor": factor})

    def _plus(self, layer: _Layer, source: int, number: float) -> int:
        return (
            self.append(ADD, [source], self.shape(source), layer, {"other": number, "alpha": 1}) if number else source
        )

    def upsampling(self, layer: _Layer, sources: list[int]) -> int:
        size, how = layer.pair("size", 2), str(layer.config.get("interpolation", "nearest"))
        channels, *sides = self.map_shape(sources[0])
        out = (channels, *(side * by for side, by in zip(sides, size, strict=True)))
        return self.append(f"upsample_{typed(how, 20)}2d", sources, out, layer, {"scale": size})

    def activation(self, layer: _Layer, sources: list[int]) -> int:
        return self.activated(layer, sources[0])

    def relu(self, layer: _Layer, sources: list[int]) -> int:
        most, slope = layer.config.get("max_value"), layer.factor("negative_slope", 0)
        if layer.config.get("threshold") or most not in (None, 6):
            return self.other(layer, sources)
        kind = "leaky_relu" if slope else "relu6" if most else "relu"
        if slope and most:
            return self.other(layer, sources)
        return self.append(kind, sources, self.shape(sources[0]), layer, {"negative_slope": slope} if slope else {})

    def leaky_relu(self, layer: _Layer, sources: list[int]) -> int:
        slope = layer.factor("negative_slope" if "negative_slope" in layer.config else "alpha", 0.3)
        return self.append("leaky_relu", sources, self.shape(sources[0]), layer, {"negative_slope": slope})

    def softmax(self, layer: _Layer, sources: list[int]) -> int:
        rank = len(self.shape(sources[0])) + 1
        dim = self.axis(layer.number("axis", -1, least=-4), rank)
        return self.append("softmax", sources, self.shape(sources[0]), layer, {"dim": dim, "dtype": None})

    def by_channel(self, layer: _Layer, sources: list[int]) -> int:
        """A layer that is kept as it is, changes no shape and has a factor and perhaps a shift for each channel."""
        shape = self.shape(sources[0])
        names = {"gamma": layer.config.get("scale", True), "beta": layer.config.get("center", "Norm" in layer.kind)}
        has = [name for name, there in names.items() if there]
        roles = {"gamma": "weight", "beta": "bias"}
        return self.other(
            layer, sources, shape, [self.weight(layer, roles[n], i, n, shape[0]) for i, n in enumerate(has)]
        )

    def same_shape(self, layer: _Layer, sources: list[int]) -> int:
        """A layer that is kept as it is and changes no shape."""
        return self.other(layer, sources, self.shape(sources[0]))

    def other(
        self, layer: _Layer, sources: list[int], out: tuple[int, ...] = (), weights: Sequence[Weight] = ()
    ) -> int:
        """A layer that has no word here: its class and its plain settings."""
        settings = {typed(key): kept for key, value in layer.config.items() for kept in _plain(key, value)}
        return self.append(typed(layer.kind), sources, out, layer, settings, weights)

    def _function(self, call: _Call, sources: list[int]) -> int:
        """A function of Keras's or TensorFlow's on values, or on one value and a number."""
        layer = call.layer
        name = str(layer.config.get("function", layer.kind)).rpartition(".")[2].lower()
        name = {"multiply": MUL}.get(name, name)
        if name in (ADD, MUL) and len(sources) > 1:
            return self.merge(replace(layer, kind=name.replace(MUL, "Multiply").replace(ADD, "Add")), sources)
        if name in (ADD, MUL) and len(call.numbers) == 1:
            return (self._plus if name == ADD else self._times)(layer, sources[0], call.numbers[0])
        return self.other(replace(layer, kind=name), sources)


Reader = Callable[[_Reading, _Layer, list[int]], int]
_LAYERS: Mapping[str, Reader] = {
    "Conv2D": _Reading.conv,
    "DepthwiseConv2D": _Reading.depthwise,
    "SeparableConv2D": _Reading.separable,
    "Dense": _Reading.dense,
    "BatchNormalization": _Reading.batch_norm,
    "MaxPooling2D": _Reading.pool,
    "AveragePooling2D": _Reading.pool,
    "GlobalAveragePooling2D": _Reading.whole_pool,
    "GlobalMaxPooling2D": _Reading.whole_pool,
    "Concatenate": _Reading.concat,
    "Add": _Reading.merge,
    "Multiply": _Reading.merge,
    "Subtract": _Reading.merge,
    "Average": _Reading.merge,
    "Maximum": _Reading.merge,
    "Minimum": _Reading.merge,
    "Lambda": _Reading.scaled_sum,
    "CustomScaleLayer": _Reading.scaled_sum,
    "ZeroPadding2D": _Reading.pad,
    "Cropping2D": _Reading.pad,
    "Flatten": _Reading.flatten,
    "Reshape": _Reading.reshape,
    "Permute": _Reading.permute,
    "Rescaling": _Reading.rescaling,
    "UpSampling2D": _Reading.upsampling,
    "Activation": _Reading.activation,
    "ReLU": _Reading.relu,
    "LeakyReLU": _Reading.leaky_relu,
    "Softmax": _Reading.softmax,
    **dict.fromkeys(("LayerNormalization", "GroupNormalization", "LayerScale"), _Reading.by_channel),
    **dict.fromkeys(("Normalization", "ELU", "ThresholdedReLU", "UnitNormalization"), _Reading.same_shape),
}


def _calls(layers: Sequence[_Layer], outputs: Sequence[Reference]) -> dict[tuple[str, int], _Call]:
    """Every call of every layer by name and number, as references have it."""
    found: dict[str, list[_Call]] = {}
    for layer in layers:
        nodes = layer.data.get("inbound_nodes") or []
        found[layer.name] = [_Call(layer, tuple(_references(node)), tuple(_numbers(node))) for node in nodes]
    highest: dict[str, int] = {}
    for name, number, _ in (*outputs, *(ref for calls in found.values() for call in calls for ref in call.reads)):
        highest[name] = max(number, highest.get(name, 0))
    first = {  # a model inside another has been called once before, when it was made
        name: int(_is_model(calls[0].layer) and highest.get(name) == len(calls))
        for name, calls in found.items()
        if calls
    }
    return {(name, first[name] + i): call for name, calls in found.items() for i, call in enumerate(calls)}


def _order(calls: Mapping[tuple[str, int], _Call], known: set[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Calls in an order in which each stands behind what it reads, else as the file has them."""
    places = {key: i for i, key in enumerate(calls)}
    left = {key: len({ref[:2] for ref in call.reads} - known) for key, call in calls.items() if key not in known}
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for key in left:
        for source in {ref[:2] for ref in calls[key].reads} - known:
            readers.setdefault(source, []).append(key)
    ready = [(places[key], key) for key, many in left.items() if not many]
    heapify(ready)
    while ready:
        _, key = heappop(ready)
        del left[key]
        yield key
        for reader in readers.get(key, ()):
            left[reader] -= 1
            if not left[reader]:
                heappush(ready, (places[reader], reader))
    if left:
        name = calls[next(iter(left))].layer.path
        raise ValueError(
            f"layer {name!r} reads what is never made: its layers read each other in a cycle, or one is not there"
        )


def _references(node: Any) -> Iterator[Reference]:
    """What a call reads, in order: as Keras 3 writes it, or as Keras 2 does."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            yield _reference(node["config"]["keras_history"])
            return
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        if _is_reference(node):
            yield _reference(node)
        for inner in node[3:] if _is_entry(node) else node:
            yield from _references(inner)


def _recorded(node: Any) -> Iterator[tuple[Reference, tuple[int, ...]]]:
    """The shapes that Keras 3 writes beside what is read, without the batch; those with open sides are left out."""
    if isinstance(node, dict) and node.get("class_name") == "__keras_tensor__":
        shape = node["config"].get("shape")
        if isinstance(shape, list) and all(type(side) is int and 0 < side <= NUMBER for side in shape[1:]):
            yield _reference(node["config"]["keras_history"]), tuple(shape[1:])
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _recorded(inner)


def _is_entry(node: Sequence[Any]) -> bool:
    """Whether this is Keras 2's way to write what is read: layer, call, output, and what else it is called with."""
    return len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int)


def _is_reference(node: Sequence[Any]) -> bool:
    return _is_entry(node) and node[1] >= 0 and isinstance(node[2], int)


def _reference(node: Sequence[Any]) -> Reference:
    name, call, output = node[:3]
    return (str(name), int(call), int(output))


def _numbers(node: Any) -> Iterator[float]:
    """The numbers that a call is given besides what it reads."""
    if isinstance(node, dict):
        if node.get("class_name") != "__keras_tensor__":
            for key, inner in node.items():
                if key not in ("name", "training", "mask"):
                    yield from _numbers(inner)
    elif isinstance(node, list):
        if _is_entry(node) and not _is_reference(node):  # a number in the place of a value
            yield from _numbers(node[2])
        for inner in node[3:] if _is_entry(node) else node:
            yield from _numbers(inner)
    elif isinstance(node, int | float) and not isinstance(node, bool) and abs(node) < NUMBER:
        yield float(node)


def _plain(key: str, value: Any) -> Iterator[Setting]:
    """A setting that says something, if it is a plain value."""
    if key in _NO_SETTINGS or key.endswith(_NO_SETTING_ENDS):
        return
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < NUMBER):
        yield value
    elif isinstance(value, str):
        yield typed(value, 100)
    elif isinstance(value, list) and len(value) <= _LONGEST:
        yield tuple(kept for inner in value for kept in _plain("", inner))


def _sides(rows: tuple[int, int], columns: tuple[int, int]) -> Setting:
    """Edges as (height, width) where both ends are alike, else as (top, bottom, left, right)."""
    if rows[0] == rows[1] and columns[0] == columns[1]:
        return (rows[0], columns[0])
    return (*rows, *columns)


def _number(layer: _Layer) -> int | None:
    """The number of a convolution or a norm that Keras named: of conv2d_3 it is 3; None where somebody named it."""
    found = re.fullmatch(r"(conv2d|batch_normalization)(?:_(\d{1,9}))?", layer.name)
    return int(found[2] or 0) if found and found[1] == _snake(layer.kind) else None


def _snake(name: str) -> str:
    """A class's name as Keras names layers by it: "SeparableConv2D" is separable_conv2d."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()
