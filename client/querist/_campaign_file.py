"""A campaign's file: JSON that is replaced as a whole, so that a crash leaves either the old one or the new one."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from querist.errors import CampaignFileError

VERSION = 1


def load(path: Path) -> dict[str, Any] | None:
    """Return what was saved last; None if there is no file.

    Raises
    ------
    CampaignFileError
        If the file is none of ours, damaged, or of a newer version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CampaignFileError(f"{path} cannot be read: {error}") from error
    try:
        wrapped = json.loads(text)
        version, digest, content = wrapped["querist_campaign"], wrapped["sha256"], wrapped["content"]
    except (ValueError, TypeError, KeyError) as error:
        raise CampaignFileError(f"{path} is no campaign file") from error
    if not isinstance(version, int) or version > VERSION:
        raise CampaignFileError(f"{path} has version {version}; this release of querist knows versions up to {VERSION}: upgrade querist")
    if digest != _digest(content):
        raise CampaignFileError(f"{path} is damaged: its content does not fit its checksum")
    return dict(content)


def save(path: Path, content: dict[str, Any], revision: int) -> None:
    """Replace the file, if it still holds the revision that was read or written last.

    Parameters
    ----------
    path : Path
    content : dict
        With its new "revision".
    revision : int
        The revision that must be there; 0 for no file.

    Raises
    ------
    CampaignFileError
        If another process has written the file since, or it cannot be written.
    """
    before = load(path)
    found = 0 if before is None else before["revision"]
    if found != revision:
        raise CampaignFileError(f"{path} was written by somebody else: it holds revision {found} instead of {revision}; open it anew")
    text = json.dumps({"querist_campaign": VERSION, "sha256": _digest(content), "content": content}, ensure_ascii=False, indent=1)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise CampaignFileError(f"{path} cannot be written: {error}") from error


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make sure that the new name is on disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
