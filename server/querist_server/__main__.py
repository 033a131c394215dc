"""Run the server: ``python -m querist_server serve``."""

import sys

from querist_server.cli import main

sys.exit(main())
