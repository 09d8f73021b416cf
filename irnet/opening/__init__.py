"""Networks that somebody else wrote: their operations as a graph, its tree, and how that differs from a preset."""

WITH_WEIGHTS = (".onnx", ".pt2")  # endings of files that hold a network with its weights
