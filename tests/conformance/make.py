"""Write the conformance files by calling a server of this working tree with default settings, into this folder or the one that is named."""

import sys
import tempfile
from pathlib import Path

import conformance
import grpc
from conformance_cases import scenarios
from serving import serving


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else conformance.FILES
    for old in folder.glob("*.json"):
        old.unlink()
    with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch)) as server, grpc.insecure_channel(server.address) as channel:
        for case in conformance.record(channel, scenarios()):
            conformance.write(case, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
