"""`python -m vecgen`."""

import sys

from vecgen.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
