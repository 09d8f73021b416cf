"""Python to copy for a selected box: each snippet runs as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.models import PRESETS
from irnet.spec import Network
from irnet.tree import resolve


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of Python and what it is for."""

    title: str
    code: str


_MODEL = """\
import torch

import irnet

model = irnet.build({call})
# irnet.load_weights(model, "model.safetensors")
image = torch.zeros(1, {shape})  # {kind} image in [-1, 1], (N, C, H, W)
"""

_CAPTURE = """
with irnet.capture(model, "{path}") as found, torch.no_grad():
    model(image)
features = found["{path}"]  # {made}; no hook stays behind
"""

_HOOK = """
features = {{}}


def keep(module, given, made):
    features["{path}"] = made.detach()


handle = model.get_submodule("{path}").register_forward_hook(keep)
with torch.no_grad():
    model(image)
handle.remove()
print(features["{path}"].shape)  # {made}
"""

_CAM = """
layer = model.get_submodule("{path}")  # CAM libraries take this as their target layer
kept = {{}}
handle = layer.register_forward_hook(lambda module, given, made: kept.update(made=made))
scores = model(image)
handle.remove()
(gradient,) = torch.autograd.grad(scores[0].max(), kept["made"])
weights = gradient.mean(dim=(2, 3), keepdim=True)
cam = (weights * kept["made"]).sum(dim=1).relu()  # Grad-CAM of the highest score: {cam}, (N, H, W)
"""

_CUT = """

class Until(torch.fx.Tracer):
    def is_leaf_module(self, module, name):
        return name == "{path}" or super().is_leaf_module(module, name)


graph = Until().trace(model)
last = next(node for node in graph.nodes if node.target == "{path}")
next(node for node in graph.nodes if node.op == "output").args = (last,)
cut = torch.fx.GraphModule(model, graph)  # from the image to the output of {path}; it shares the weights
cut.graph.eliminate_dead_code()
cut.recompile()
cut.delete_all_unused_submodules()
features = cut(image)  # {made}
"""

_FREEZE = """
modules = list(model.named_modules())  # in the order in which they run
inside = [i for i, (name, _) in enumerate(modules) if f"{{name}}.".startswith("{path}.")]
for _, module in modules[: inside[-1] + 1]:
    for parameter in module.parameters(recurse=False):
        parameter.requires_grad_(False)
    if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
        module.eval()  # again after every model.train(), or its running statistics move on
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
"""


def snippets(network: Network, path: str) -> tuple[Snippet, ...]:
    """What can be done at a box, ready to run: read its output, aim a CAM at it, cut or freeze the network there.

    A box in the head has no grid, so it has no CAM.

    Raises
    ------
    KeyError
        If the network has no box with this path.
    ValueError
        If the network is not made of a preset: there is no call that makes it.

    Examples
    --------
    >>> from irnet.models import network
    >>> [snippet.title for snippet in snippets(network("inception_v4"), "inception_b.3")][:2]
    ['Read its output', 'Read its output, in plain torch']
    """
    box = resolve(network)[path]
    height, width = box.out_shape[1:]
    words = {
        # what a concatenation puts out is the output of the module around it
        "path": box.parent if box.op == "concat" and box.path.endswith(".concat") else box.path,
        "made": ", ".join(map(str, (1, *(box.out_shape if box.stage else box.out_shape[:1])))),
        "cam": f"{height} x {width}",
        "call": constructor(network),
        "shape": ", ".join(map(str, network.input_shape)),
        "kind": "an RGB" if network.input_shape[0] == 3 else "one",
    }
    templates = {"Read its output": _CAPTURE, "Read its output, in plain torch": _HOOK}
    templates |= {"Grad-CAM at this layer": _CAM} if box.stage else {}
    templates |= {"Cut the network after it": _CUT, "Freeze everything up to it": _FREEZE}
    return tuple(Snippet(title, (_MODEL + code).format(**words)) for title, code in templates.items())


def constructor(network: Network) -> str:
    """The call that makes a network.

    Raises
    ------
    ValueError
        If the network is not made of a preset.

    Examples
    --------
    >>> from irnet.edit import network
    >>> print(constructor(network("inception_v4", "inception_b.0.b1.filters=200", a=6)))
    irnet.network("inception_v4.paper", "inception_b.0.b1.filters=200", a=6)
    """
    if network.name not in PRESETS:
        raise ValueError(f"{network.name} is not a preset, so there is no call that makes it")
    places = [f'"{edit.text}"' for edit in network.edits if not edit.is_knob]
    knobs = [f"{edit.what}={edit.value!r}" for edit in network.edits if edit.is_knob]
    arguments = ", ".join([f'"{network.name}"', *places, *knobs])
    return f"irnet.network({arguments})"
