"""Tokens of callers: a file of names and secrets, which is read again when it changes."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

from querist._watched import UnusableFileError, Watched, content

from querist_server.telemetry import SERVER

_NAME = re.compile(r"[A-Za-z0-9._@:/+-]{1,64}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_DIGEST = re.compile(r"sha256:([0-9a-fA-F]{64})")
_Entries = tuple[tuple[str, bytes], ...]


class Tokens:
    """Who has which token. Only SHA-256 digests of tokens are kept.

    Parameters
    ----------
    path : Path
        One line each: a name and the token, or the token's digest as sha256:HEX. A name may have several tokens, so that an old one and
        a new one can hold at the same time. Empty lines and those that begin with # are passed over.

    Raises
    ------
    UnusableFileError
        If the file cannot be read, has a wrong line, or no token.
    """

    def __init__(self, path: Path) -> None:
        self._file = Watched((path,), lambda: _read(path), _tell)

    def name_of(self, token: str) -> str | None:
        """Return whose token that is; None if nobody's."""
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        found = None
        for name, known in self._file.current():  # to the end, and in constant time: how long it takes tells nothing
            if hmac.compare_digest(digest, known):
                found = name
        return found


def _tell(problem: str) -> None:
    SERVER.error("tokens not renewed", extra={"fields": {"error": problem}})


def _read(path: Path) -> _Entries:
    try:
        lines = content(path, "token_file").decode().splitlines()
    except UnicodeDecodeError as error:
        raise UnusableFileError(f"token_file {path} is not UTF-8") from error
    entries: dict[bytes, str] = {}
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not _NAME.fullmatch(words[0]):
            raise UnusableFileError(f"token_file {path}, line {number}: not a name (letters, digits, ._@:/+-; at most 64) and a token")
        digest = _digest_of(words[1])
        if digest is None:
            raise UnusableFileError(f"token_file {path}, line {number}: neither a token in printable ASCII nor sha256: and 64 hex digits")
        if entries.setdefault(digest, words[0]) != words[0]:
            raise UnusableFileError(f"token_file {path}, line {number}: the token of another name")
    if not entries:
        raise UnusableFileError(f"token_file {path} holds no token")
    return tuple((name, digest) for digest, name in entries.items())


def _digest_of(word: str) -> bytes | None:
    if word.startswith("sha256:"):
        match = _DIGEST.fullmatch(word)
        return bytes.fromhex(match[1]) if match else None
    return hashlib.sha256(word.encode()).digest() if _TOKEN.fullmatch(word) else None
