"""The page of the API: services, messages and enums with the comments of the protos."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import descriptor_pb2 as pb

PROTOS = Path(__file__).resolve().parents[2] / "protos"
_TYPES = {number: name.removeprefix("TYPE_").lower() for name, number in pb.FieldDescriptorProto.Type.items()}
_MESSAGE, _ENUM, _SERVICE, _FIELD, _VALUE, _METHOD = 4, 5, 6, 2, 2, 2
"""Numbers of the fields of descriptors, of which the paths of comments are made."""
HEAD = """# API reference: querist.v1

Made from the [protos](../protos/querist/v1) by `make reference`; do not edit. What scores, choices and the rest do:
[strategies](STRATEGIES.md). A field may be left out unless it says that it is required. *Optional* fields tell unset from zero; *repeated*
ones are lists; *one of* stands for several fields of which one is set.
"""


def api_page() -> str:
    files = _files()
    names = {entry.name for file in files for kind in (file.message_type, file.enum_type, file.service) for entry in kind}
    lines = [HEAD, "## Services", ""]
    for file in files:
        lines += [f"- [{service.name}](#{service.name.lower()})" for service in file.service]
    lines += ["", "## Messages and enums", ""]
    for file in files:
        listed = ", ".join(f"[{entry.name}](#{entry.name.lower()})" for entry in [*file.message_type, *file.enum_type])
        lines.append(f"- `{Path(file.name).name}`: {listed}")
    for file in files:
        lines += ["", *_Section(file, names).lines()]
    return "\n".join(lines) + "\n"


def _files() -> list[pb.FileDescriptorProto]:
    """Return the protos with their comments; services first, then by name."""
    buf = Path(sys.executable).parent / "buf"
    image = subprocess.run([buf, "build", "-o", "-#format=binpb"], cwd=PROTOS, capture_output=True, check=True).stdout
    files = [file for file in pb.FileDescriptorSet.FromString(image).file if file.package == "querist.v1"]
    return sorted(files, key=lambda file: (not file.service, file.name))


class _Section:
    """One file's part of the page."""

    def __init__(self, file: pb.FileDescriptorProto, names: set[str]) -> None:
        self._file, self._names = file, names
        self._comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}

    def lines(self) -> Iterator[str]:
        yield f"## {Path(self._file.name).name}"
        for number, service in enumerate(self._file.service):
            yield from ("", f"### {service.name}", "", self._prose(_SERVICE, number), "", "| call | takes | gives | |", "|---|---|---|---|")
            for place, method in enumerate(service.method):
                up = self._streamed(method.input_type, method.client_streaming)
                down = self._streamed(method.output_type, method.server_streaming)
                yield f"| `{method.name}` | {up} | {down} | {self._prose(_SERVICE, number, _METHOD, place)} |"
        for number, message in enumerate(self._file.message_type):
            yield from ("", f"### {message.name}", "", self._prose(_MESSAGE, number))
            if message.field:
                yield from ("", "| field | type | |", "|---|---|---|")
            for place, field in enumerate(message.field):
                yield f"| `{field.name}` | {self._type(message, field)} | {self._prose(_MESSAGE, number, _FIELD, place)} |"
        for number, enum in enumerate(self._file.enum_type):
            yield from ("", f"### {enum.name}", "", self._prose(_ENUM, number), "", "| value | number | |", "|---|---|---|")
            for place, value in enumerate(enum.value):
                yield f"| `{value.name}` | {value.number} | {self._prose(_ENUM, number, _VALUE, place)} |"

    def _prose(self, *path: int) -> str:
        text = " ".join(self._comments[path].split()).replace("|", "\\|")
        return re.sub(r"`(\w+)((?:\.\w+)*)`", self._link, text)

    def _link(self, match: re.Match[str]) -> str:
        return f"[{match[0]}](#{match[1].lower()})" if match[1] in self._names else match[0]

    def _streamed(self, name: str, streamed: bool) -> str:
        return f"{'stream of ' if streamed else ''}{self._named(name)}"

    def _named(self, name: str) -> str:
        short = name.rpartition(".")[2]
        return f"[{short}](#{short.lower()})" if short in self._names else short

    def _type(self, message: pb.DescriptorProto, field: pb.FieldDescriptorProto) -> str:
        kind = self._named(field.type_name) if field.type_name else _TYPES[field.type]
        if field.label == pb.FieldDescriptorProto.LABEL_REPEATED:
            return f"{kind}, repeated"
        if field.proto3_optional:
            return f"{kind}, optional"
        if field.HasField("oneof_index"):
            return f"{kind}, one of `{message.oneof_decl[field.oneof_index].name}`"
        return kind
