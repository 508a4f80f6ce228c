"""`python -m vecgen`."""

import sys

from vecgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
