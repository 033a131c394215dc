"""Write the reference pages from the protos and the registry, or check that they are fresh (``--check``)."""

import sys
from pathlib import Path

from api_page import api_page
from strategies_page import strategies_page

CLIENT = Path(__file__).resolve().parents[2] / "client"
PAGES = {"API.md": api_page, "STRATEGIES.md": strategies_page}


def main() -> int:
    stale = []
    for name, make in PAGES.items():
        page, fresh = CLIENT / name, make()
        if "--check" not in sys.argv:
            page.write_text(fresh)
        elif not page.exists() or page.read_text() != fresh:
            stale.append(name)
    sys.stderr.writelines(f"client/{name} is stale: make reference\n" for name in stale)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
