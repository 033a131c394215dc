"""The languages page: its Ruby runs and prints what stands there, its links lead somewhere."""

import re
import shutil
import subprocess

import pytest
from languages import EXAMPLES, LANGUAGES, ROOT
from serving import serving

TEXT = (EXAMPLES / "README.md").read_text()
RUBY = "require 'grpc'; require 'google/rpc/error_details_pb'"


def ruby_is_here():
    return (
        bool(shutil.which("grpc_tools_ruby_protoc"))
        and subprocess.run(["ruby", "-e", RUBY], check=False, capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not ruby_is_here(), reason="Ruby is not installed with grpc, grpc-tools and googleapis-common-protos-types")
def test_the_ruby_prints_what_is_shown(tmp_path):
    protos = ROOT / "protos"
    files = sorted(map(str, protos.glob("querist/v1/*.proto")))
    subprocess.run(["grpc_tools_ruby_protoc", f"-I{protos}", f"--ruby_out={tmp_path}", f"--grpc_out={tmp_path}", *files], check=True)
    (program, shown) = re.search(r"```ruby\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL).groups()
    (tmp_path / "rank.rb").write_text(program)
    with serving(tmp_path) as server:
        command = ["ruby", "-I", str(tmp_path), str(tmp_path / "rank.rb"), server.address]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == shown, done.stderr


@pytest.mark.parametrize("page", ["README.md", *(f"{name}/README.md" for name in [*LANGUAGES, "grpcurl"])])
def test_links_lead_somewhere(page):
    folder = (EXAMPLES / page).parent
    for target in re.findall(r"\]\((?!http|#)([^)#]+)", (EXAMPLES / page).read_text()):
        assert (folder / target).exists(), target
