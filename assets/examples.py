"""Write the networks that the page Open offers as examples: `python -m assets.examples`.

Each is made from the grammar here: a port of Inception-v4 with a slip, and a network of another family.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from irnet.models import network
from irnet.opening.document import to_document
from irnet.runtime.build import build
from irnet.runtime.trace import trace
from irnet.spec import IDENTITY, Chain, Conv, Fork, Head, Layer, Network, Node, Norm, Pool, Stage, with_parts
from irnet.spec import parts as parts_of

FOLDER = Path(__file__).parent / "examples"


def counting(node: Node) -> Node:
    """A node whose averages count their padding."""
    if isinstance(node, Pool) and node.op == "avg" and node.padding == "same":
        return replace(node, counts_padding=True)
    return with_parts(node, [counting(inner) for _, inner in parts_of(node)])


def port_with_a_slip() -> Network:
    """Inception-v4 whose Inception-C blocks count padding in their averages."""
    original = network("inception_v4.tf_slim")
    stages = tuple(replace(s, node=counting(s.node)) if s.name == "inception_c" else s for s in original.stages)
    return replace(original, stages=stages)


def bottleneck(width: int, stride: int = 1, *, first: bool = False) -> Node:
    """A bottleneck block of a residual network: He et al. 2015, arXiv 1512.03385, Figure 5."""
    body = Chain((Conv(width), Conv(width, 3, stride), Conv(4 * width, activation=None)))
    shortcut: Node = Conv(4 * width, 1, stride, activation=None) if first else IDENTITY
    return Chain((Fork((shortcut, body), "add"), Layer("relu")))


def residual_network() -> Network:
    """Fifty layers of bottleneck blocks: He et al. 2015, arXiv 1512.03385, Table 1."""
    stages = [Stage("stem", Chain((Conv(64, 7, 2), Pool("max", 3, 2))))]
    for i, (width, many) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        first = bottleneck(width, 1 if i == 0 else 2, first=True)
        stages.append(Stage(f"layer{i + 1}", bottleneck(width), many, others=((0, first),)))
    return Network("residual_network", tuple(stages), Head(dropout=0), Norm(1e-5), (3, 224, 224))


def main() -> None:
    """Write every example."""
    FOLDER.mkdir(exist_ok=True)
    made = {"A_port_of_Inception-v4_with_a_slip": port_with_a_slip(), "Fifty_layers_of_residuals": residual_network()}
    for name, spec in made.items():
        graph = replace(trace(build(spec, "meta"), spec.input_shape), name=name)
        (FOLDER / f"{name}.json").write_text(json.dumps(to_document(graph)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
