"""Write the table of lines in client/examples/TRAINING.md from its blocks, or check that it is fresh (``--check``)."""

import re
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[3] / "client" / "examples"
PAGE = EXAMPLES / "TRAINING.md"
BEGIN, END = "<!-- lines: begin -->", "<!-- lines: end -->"

ADDED = "import querist"
"""Where a block goes over from what the reader has to what Querist adds."""


def blocks() -> dict[str, str]:
    """Return the code under each heading."""
    return dict(re.findall(r"^## (.+?)\n\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL | re.MULTILINE))


def table() -> str:
    lines = ["| stack | lines that you have | lines that Querist adds |", "|---|---|---|"]
    for stack, code in blocks().items():
        lines_of_code = [line for line in code.splitlines() if line]
        yours = lines_of_code.index(ADDED)
        lines.append(f"| {stack} | {yours} | {len(lines_of_code) - yours} |")
    return "\n".join(lines)


def main() -> int:
    text = PAGE.read_text()
    fresh = re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table()}\n{END}", text, flags=re.DOTALL)
    if "--check" in sys.argv:
        if fresh != text:
            sys.stderr.write("the table of lines in client/examples/TRAINING.md is stale: make readme\n")
        return int(fresh != text)
    PAGE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
