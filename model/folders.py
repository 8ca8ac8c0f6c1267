"""Write a folder whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import UserError


@contextlib.contextmanager
def new_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its name when the block ends without an error.

    Raises:
        UserError: `path` exists and `overwrite` is off, or its parent cannot be written.
    """
    check_free(path, overwrite=overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}. Choose another --out") from None
    try:
        yield temporary
        _as_the_user_writes(temporary)
        check_free(path, overwrite=overwrite)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            path.rename(old / path.name)
            try:
                temporary.rename(path)
            except BaseException:
                (old / path.name).rename(path)
                old.rmdir()
                raise
            shutil.rmtree(old)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _as_the_user_writes(folder: Path) -> None:
    """Permissions by the user's umask, also where a library wrote files for the owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    for path in (folder, *folder.rglob("*")):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise a `UserError` where `path` exists and may not be replaced."""
    if not path.name or path.resolve() == Path.cwd():
        raise UserError(f"{path}: is the current folder. Choose another --out")
    if path.is_symlink() and not path.exists():
        raise UserError(f"{path}: is a link that leads nowhere. Choose another --out")
    if path.exists() and not overwrite and not (path.is_dir() and not any(path.iterdir())):
        raise UserError(f"{path}: exists already. Choose another --out, or replace it with --overwrite")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that becomes it when the block ends without an error, and else is gone.

    When it returns, content and name outlive also a loss of power.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        sync(temporary)  # else the name may reach the disk before the content
        temporary.replace(path)
        sync(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
