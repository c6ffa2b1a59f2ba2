"""python -m owndata COMMAND FILE ..."""

import sys

from owndata.cli import main

sys.exit(main())
