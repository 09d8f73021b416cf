"""Experiments: a question each, from settings to a frozen result."""

import irnet.runtime as _runtime  # before torch: how its threads wait

del _runtime
