"""The home of torch: building, running and counting networks.

OpenMP's threads wait asleep, not spinning, unless the environment says otherwise: beside other work (a second reader, a
training run) spinning threads take each other's time, and a forward pass takes several times as long. It has to be
said before torch is imported, so it is said here. `python -m benchmarks.waiting` measures it.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

NO_NUMBERS = "on meta there are shapes and no numbers; {} one of the other devices"  # after what needs one
