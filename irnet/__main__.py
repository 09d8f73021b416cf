"""`python -m irnet`."""

import sys

from irnet.cli import main

sys.exit(main())
