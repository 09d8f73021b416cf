"""The home of torch: devices, modules, weights, activations and counters."""
