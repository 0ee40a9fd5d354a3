"""`python -m openslots`, the same as the command `openslots`."""

import sys

from openslots.cli import main

if __name__ == "__main__":  # a process of `serve --workers` imports this file again
    sys.exit(main())
