"""Write the README's strategy table from the registry, or check that it is fresh (``--check``)."""

import re
import sys
from pathlib import Path

from querist.v1 import system_service_pb2
from querist_server.service.system import catalogue

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- strategies: begin -->", "<!-- strategies: end -->"


def table() -> str:
    found = catalogue()
    formulas = {part.name: part.formula.split(";")[0] for part in (*found.scores, *found.choices)}
    lines = ["| strategy | score | choice | needs |", "|---|---|---|---|"]
    for preset in found.presets:
        score, choice = preset.plan.score.WhichOneof("kind"), preset.plan.choice.WhichOneof("kind")
        needs = ", ".join(system_service_pb2.Need.Name(need).removeprefix("NEED_").lower().replace("_", " ") for need in preset.needs)
        shown = formulas[score].replace("|", "\\|")
        chosen = choice if choice == "top" else f"{choice}: {formulas[choice].replace('|', chr(92) + '|')}"
        lines.append(f"| `{preset.name}` | {shown} | {chosen} | {needs or '-'} |")
    return "\n".join(lines)


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
