"""Networks as Keras writes them, by a small writer of our own: the JSON of Keras 2 and of Keras 3."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Layer = dict[str, Any]


def layer(kind: str, name: str = "", /, **config: Any) -> Layer:
    """A layer of a Sequential model."""
    return {"class_name": kind, "config": {"name": name or kind.lower()} | config}


def sequential(*layers: Layer, shape: tuple[int | None, ...] = (None, 8, 8, 3)) -> str:
    """The JSON of a Sequential model."""
    whole = [layer("InputLayer", "in", batch_shape=shape), *layers]
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": whole}})


@dataclass
class Writer:
    """A Functional model, written layer by layer; a layer is known by its name."""

    version: int = 3
    shape: tuple[int | None, ...] = (None, 299, 299, 3)
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = {"batch_shape" if self.version == 3 else "batch_input_shape": self.shape}
        self._put("InputLayer", "in", shape, [])

    def add(self, kind: str, *reads: str, name: str = "", **config: Any) -> str:
        """Put a layer behind others, and give its name."""
        name = name or f"{kind.lower()}_{len(self.layers)}"
        if self.version == 2:
            nodes: list[Any] = [[[read, 0, 0, {}] for read in reads]]
        else:
            tensors = [_tensor(read) for read in reads]
            nodes = [{"args": [tensors if len(tensors) > 1 else tensors[0]], "kwargs": {}}]
        return self._put(kind, name, config, nodes)

    def _put(self, kind: str, name: str, config: dict[str, Any], nodes: list[Any]) -> str:
        module = {"module": "keras.layers"} if self.version == 3 else {}
        written = {"class_name": kind, "name": name, "config": {"name": name} | config, "inbound_nodes": nodes}
        self.layers.append(module | written)
        return name

    def model(self, *outputs: str, name: str = "model") -> Layer:
        """The whole model as a layer."""
        ends = [[output, 0, 0] for output in outputs]
        config = {"name": name, "layers": self.layers, "input_layers": [["in", 0, 0]], "output_layers": ends}
        return {"class_name": "Functional", "name": name, "config": config}

    def json(self, *outputs: str) -> str:
        """The JSON of the whole model."""
        return json.dumps(self.model(*outputs))

    def conv(self, x: str, filters: int, kernel: Any, strides: int = 1, padding: str = "same", name: str = "") -> str:
        """A convolution with batch norm and ReLU, as Keras's Inception networks have it."""
        size = [kernel, kernel] if isinstance(kernel, int) else list(kernel)
        window = {"kernel_size": size, "strides": [strides, strides], "padding": padding}
        x = self.add("Conv2D", x, name=name, filters=filters, use_bias=False, activation="linear", **window)
        x = self.add("BatchNormalization", x, axis=3, epsilon=0.001, scale=False)
        return self.add("Activation", x, activation="relu")

    def chain(self, x: str, *steps: tuple[int, Any]) -> str:
        """Convolutions one behind another."""
        for filters, kernel in steps:
            x = self.conv(x, filters, kernel)
        return x

    def pool(self, x: str, kind: str = "Max", strides: int = 2, padding: str = "valid") -> str:
        """A pooling by 3x3."""
        steps = [strides, strides]
        return self.add(f"{kind}Pooling2D", x, pool_size=[3, 3], strides=steps, padding=padding)

    def concat(self, *branches: str) -> str:
        """Branches as one map."""
        return self.add("Concatenate", *branches, axis=3)

    def stem(self) -> str:
        """What both of Keras's Inception networks begin with."""
        x = self.conv("in", 32, 3, 2, "valid")
        x = self.conv(self.conv(x, 32, 3, 1, "valid"), 64, 3)
        x = self.conv(self.conv(self.pool(x), 80, 1, 1, "valid"), 192, 3, 1, "valid")
        return self.pool(x)

    def head(self, x: str, classes: int = 1000) -> str:
        """The average over the grid and the classifier, with its softmax."""
        x = self.add("GlobalAveragePooling2D", x)
        return self.add("Dense", x, name="predictions", units=classes, activation="softmax")


def inception_resnet_v2(version: int) -> str:
    """Keras's Inception-ResNet-v2: a Lambda with arguments in Keras 2, a registered class in Keras 3."""
    keras = Writer(version)

    def block(x: str, scale: float, width: int, *branches: tuple[tuple[int, Any], ...], relu: bool = True) -> str:
        mixed = keras.concat(*(keras.chain(x, *steps) for steps in branches))
        up = keras.add("Conv2D", mixed, filters=width, kernel_size=[1, 1], padding="same", use_bias=True)
        if version == 3:
            x = keras.add("CustomScaleLayer", x, up, scale=scale)
        else:
            code = ["4wIAAAAAAAAA\n", None, None]
            x = keras.add("Lambda", x, up, function=code, function_type="lambda", arguments={"scale": scale})
        return keras.add("Activation", x, activation="relu") if relu else x

    def average(x: str, filters: int) -> str:
        return keras.conv(keras.pool(x, "Average", 1, "same"), filters, 1)

    x = keras.stem()
    five, double = keras.chain(x, (48, 1), (64, 5)), keras.chain(x, (64, 1), (96, 3), (96, 3))
    x = keras.concat(keras.conv(x, 96, 1), five, double, average(x, 64))
    for _ in range(10):
        x = block(x, 0.17, 320, ((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3)))
    long = keras.conv(keras.chain(x, (256, 1), (256, 3)), 384, 3, 2, "valid")
    x = keras.concat(keras.conv(x, 384, 3, 2, "valid"), long, keras.pool(x))
    for _ in range(20):
        x = block(x, 0.1, 1088, ((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1))))
    ends = [
        keras.conv(keras.chain(x, *steps), filters, 3, 2, "valid")
        for steps, filters in ((((256, 1),), 384), (((256, 1),), 288), (((256, 1), (288, 3)), 320))
    ]
    x = keras.concat(*ends, keras.pool(x))
    for i in range(10):
        last = i == 9
        x = block(x, 1.0 if last else 0.2, 2080, ((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1))), relu=not last)
    return keras.json(keras.head(keras.conv(x, 1536, 1)))


def inception_v3(version: int) -> str:
    """Keras's Inception-v3."""
    keras = Writer(version)

    def average(x: str, filters: int) -> str:
        return keras.conv(keras.pool(x, "Average", 1, "same"), filters, 1)

    x = keras.stem()
    for filters in (32, 64, 64):
        five, double = keras.chain(x, (48, 1), (64, 5)), keras.chain(x, (64, 1), (96, 3), (96, 3))
        x = keras.concat(keras.conv(x, 64, 1), five, double, average(x, filters))
    long = keras.conv(keras.chain(x, (64, 1), (96, 3)), 96, 3, 2, "valid")
    x = keras.concat(keras.conv(x, 384, 3, 2, "valid"), long, keras.pool(x))
    for n in (128, 160, 160, 192):
        seven = keras.chain(x, (n, 1), (n, (1, 7)), (192, (7, 1)))
        double = keras.chain(x, (n, 1), (n, (7, 1)), (n, (1, 7)), (n, (7, 1)), (192, (1, 7)))
        x = keras.concat(keras.conv(x, 192, 1), seven, double, average(x, 192))
    three = keras.conv(keras.conv(x, 192, 1), 320, 3, 2, "valid")
    seven = keras.conv(keras.chain(x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192, 3, 2, "valid")
    x = keras.concat(three, seven, keras.pool(x))
    for _ in range(2):
        one = keras.conv(x, 320, 1)
        heads = keras.conv(x, 384, 1), keras.chain(x, (448, 1), (384, 3))
        pairs = [keras.concat(keras.conv(h, 384, (1, 3)), keras.conv(h, 384, (3, 1))) for h in heads]
        x = keras.concat(one, *pairs, average(x, 192))
    return keras.json(keras.head(x))


def _tensor(name: str) -> Layer:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
