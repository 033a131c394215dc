"""Write the README's strategy table from the registry, or check that it is fresh (``--check``)."""

import re
import sys
from pathlib import Path

from querist.v1 import system_service_pb2
from querist_server.service.system import catalogue

README = Path(__file__).resolve().parents[2] / "README.md"
MOST_NEEDS = 2
"""Strategies that need more stand on the page of all strategies alone."""
BEGIN, END = "<!-- strategies: begin -->", "<!-- strategies: end -->"


def table() -> str:
    by_needs: dict[tuple[int, str], list[str]] = {}
    for preset in catalogue().presets:
        needs = [system_service_pb2.Need.Name(need).removeprefix("NEED_").lower().replace("_", " ") for need in preset.needs]
        by_needs.setdefault((len(needs), ", ".join(needs) or "nothing"), []).append(f"`{preset.name}`")
    lines = ["| what you send | strategies |", "|---|---|"]
    return "\n".join(
        lines + [f"| {needs} | {', '.join(names)} |" for (count, needs), names in sorted(by_needs.items()) if count <= MOST_NEEDS]
    )


def main() -> int:
    text = README.read_text()
    fresh = re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table()}\n{END}", text, flags=re.DOTALL)
    if "--check" in sys.argv:
        if fresh != text:
            sys.stderr.write("the README's strategy table is stale: make readme\n")
        return int(fresh != text)
    README.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
