"""The example clients in other languages: what each is built with, how it is run. As a program: build those whose tools are here."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import google.rpc

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, BUILT = ROOT / "client" / "examples", ROOT / ".cache" / "languages"
GOOGLEAPIS = str(Path(next(iter(google.rpc.__path__))).parents[1])
ENVIRONMENT = {**os.environ, "GOOGLEAPIS": GOOGLEAPIS, "PROTOS": str(ROOT / "protos")}


@dataclass(frozen=True)
class Language:
    """One of the examples.

    `tools` are programs and files that must be there, `build` makes `products`, which `rank` and `conformance` need; `sockets` is whether
    they speak over Unix sockets.
    """

    tools: tuple[str, ...]
    products: tuple[Path, ...]
    rank: tuple[str, ...]
    conformance: tuple[str, ...]
    build: tuple[str, ...] = ("make", "--no-print-directory", "--silent")
    sockets: bool = True

    def missing(self) -> list[str]:
        """Return what it cannot be built without."""
        found = {tool: Path(tool).exists() if tool.startswith("/") else shutil.which(tool) for tool in self.tools}
        return [tool for tool, there in found.items() if not there]

    def built(self) -> bool:
        return all(product.exists() for product in self.products)


def _built(language: str, *arguments: str) -> tuple[str, ...]:
    return (str(BUILT / language / arguments[0]), *arguments[1:])


LANGUAGES = {
    "node": Language(
        tools=("node", "npm"),
        build=("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"),
        products=(EXAMPLES / "node" / "node_modules" / "@grpc", EXAMPLES / "node" / "node_modules" / "typescript"),
        rank=("node", str(EXAMPLES / "node" / "main.js")),
        conformance=("node", str(EXAMPLES / "node" / "conformance.js")),
    ),
    "go": Language(
        tools=("make", "protoc", "protoc-gen-go", "protoc-gen-go-grpc", "/usr/share/gocode/src/google.golang.org/grpc"),
        products=(BUILT / "go" / "rank", BUILT / "go" / "conformance"),
        rank=_built("go", "rank"),
        conformance=_built("go", "conformance"),
    ),
    "java": Language(
        tools=("make", "protoc", "javac", "/usr/bin/grpc_java_plugin", "/usr/share/java/grpc-netty.jar",
               "/usr/share/java/protobuf-util.jar", "/usr/share/java/proto-google-common-protos.jar"),
        products=(BUILT / "java" / "java", BUILT / "java" / "compiled"),
        rank=_built("java", "java", "querist.Rank"),
        conformance=_built("java", "java", "querist.Conformance"),
        sockets=False,  # that takes netty's native library, which Debian leaves out
    ),
    "cpp": Language(
        tools=("make", "protoc", "g++", "pkg-config", "grpc_cpp_plugin"),
        products=(BUILT / "cpp" / "rank", BUILT / "cpp" / "conformance"),
        rank=_built("cpp", "rank"),
        conformance=_built("cpp", "conformance"),
    ),
}  # fmt: skip


def build(name: str) -> int:
    """Build one example, if it is not built already; say so if that cannot be."""
    language = LANGUAGES[name]
    if missing := language.missing():
        sys.stdout.write(f"{name}: left out, there is no {', no '.join(missing)}\n")
        return 0
    if name == "node" and _fresh(language.products[0], EXAMPLES / "node" / "package-lock.json"):
        return 0
    done = subprocess.run(language.build, cwd=EXAMPLES / name, env=ENVIRONMENT, check=False)
    if name == "node" and done.returncode == 0:
        language.products[0].touch()
    sys.stdout.write(f"{name}: {'built' if done.returncode == 0 else 'NOT built'}\n")
    return done.returncode


def _fresh(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def main() -> int:
    return max([build(name) for name in sys.argv[1:] or LANGUAGES])


if __name__ == "__main__":
    sys.exit(main())
