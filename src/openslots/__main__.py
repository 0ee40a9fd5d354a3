"""`python -m openslots`, the same as the command `openslots`."""

import sys

from openslots.cli import main

sys.exit(main())
