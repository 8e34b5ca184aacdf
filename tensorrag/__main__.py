"""``python -m tensorrag``: the command line."""

import sys

from tensorrag.cli import main

sys.exit(main())
