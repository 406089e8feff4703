"""Bytes that must never change: each lies under a name made of its own SHA-256."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(folder: str, content: bytes) -> str:
    """Keep `content` and return its storage name; the same bytes lie there once.

    The bytes are on the disk, not in its cache, before this returns: the row that names them is committed after. A
    transaction that is rolled back leaves a file that nobody names, which does no harm.
    """
    sha256 = digest(content)
    name = f"{folder}/{sha256[:2]}/{sha256}"
    if default_storage.exists(name) and digest(get(name)) == sha256:
        return name
    try:
        target = Path(default_storage.path(name))
    except NotImplementedError:  # a storage on other machines; it keeps what it has confirmed
        if default_storage.exists(name):
            default_storage.delete(name)
        return default_storage.save(name, ContentFile(content))
    write_durably(target, content)
    return name


def write_durably(target: Path, content: bytes) -> None:
    """Written beside and renamed, so that a file is either whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(0o640)
    os.replace(file.name, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def get(name: str) -> bytes:
    """Raises FileNotFoundError where the file is gone."""
    with default_storage.open(name) as file:
        return file.read()


def digest_of(name: str) -> str | None:
    """SHA-256 of what lies there, however large; nothing where the file is gone."""
    try:
        with default_storage.open(name) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
