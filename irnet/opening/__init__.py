"""Networks that somebody else wrote: their operations as a graph, its tree, and how that differs from a preset."""
