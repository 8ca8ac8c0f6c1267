"""Packed bytes as a stream of unpacked ones: gzip, Zstandard and a zip file's deflate, bounded."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import IO, Any

from . import bounds

STEP = {"gzip": 1 << 16, "deflate": 1 << 16, "zstd": 1 << 10}
"""Packed bytes unpacked at once. A Zstandard decompressor has no bound of its own: 1 KiB unpacks to 32 MiB at most."""
AT_ONCE = 1 << 20
"""Unpacked bytes at once, where the decompressor can be bounded."""


class Unreadable(OSError):
    """Bytes that cannot be unpacked, or not within the bounds; says why."""


class Section(io.RawIOBase):
    """A stretch of a file, which counts what has been read of it."""

    def __init__(self, file: IO[bytes], *, start: int = 0, length: int | None = None) -> None:
        self.file, self.left, self.count = file, length, 0
        file.seek(start)

    @property
    def section(self) -> Section:
        return self

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.file.read(len(buffer) if self.left is None else min(len(buffer), self.left))
        if self.left is not None:
            if not block and self.left:
                raise Unreadable("the zip data end early")
            self.left -= len(block)
        self.count += len(block)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self.file.close()
        super().close()


class Unpacked(io.RawIOBase):
    """What packed bytes unpack to.

    Args:
        packed: the packed bytes.
        kind: `gzip`, `zstd` (both in one or several frames) or `deflate` (one raw stream).
        read: the section of the file where the bytes come from at last, by which the ratio is counted.

    Raises (on reading):
        Unreadable: broken, ending early, or a decompression bomb.
    """

    def __init__(self, packed: io.RawIOBase, *, kind: str, read: Section) -> None:
        self.packed, self.kind, self.section = packed, kind, read
        self.unit: Any = None
        self.rest, self.ready, self.offset, self.total, self.frames = b"", b"", 0, 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.offset == len(self.ready):
            self.ready, self.offset = self._next(), 0
        block = self.ready[self.offset : self.offset + len(buffer)]
        self.offset += len(block)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self.packed.close()
        super().close()

    def _next(self) -> bytes:
        """The next unpacked bytes; none at the end."""
        while True:
            block = self.rest or self.packed.read(STEP[self.kind]) or b""
            if self.unit is None:
                if not block or (self.frames and self.kind == "deflate"):
                    return b""
                if self.frames:
                    block = block.lstrip(b"\0")  # gzip files may be padded
                    self.rest = b""
                    if not block:
                        continue
                self.unit, self.frames = NEW[self.kind](), self.frames + 1
            out = self._unpack(block)
            if out:
                self._check(len(out))
                return out
            if not block and self.unit is not None:
                raise Unreadable(f"the {self.kind} data end early")

    def _unpack(self, block: bytes) -> bytes:
        import zstandard

        try:
            if self.kind == "zstd":
                out = self.unit.decompress(block)
                self.rest = b""
            else:
                out = self.unit.decompress(block, AT_ONCE)
                self.rest = self.unit.unconsumed_tail
        except (zlib.error, zstandard.ZstdError, MemoryError) as error:
            raise Unreadable(f"broken {self.kind} data ({error})") from None
        if self.unit.eof:
            self.rest, self.unit = self.unit.unused_data, None
        return out

    def _check(self, more: int) -> None:
        self.total += more
        if self.total > bounds.MOST_UNPACKED:
            raise Unreadable(f"unpacks to more than {bounds.MOST_UNPACKED >> 30} GiB")
        if self.total > bounds.RATIO_FROM and self.total > bounds.MOST_RATIO * self.section.count:
            raise Unreadable(
                f"a decompression bomb: unpacks to more than {bounds.MOST_RATIO} times its size. "
                "If it is none, unpack it first"
            )


class Checked(io.RawIOBase):
    """The same bytes; at their end the checksum (CRC-32) must fit."""

    def __init__(self, source: io.RawIOBase, *, checksum: int, read: Section) -> None:
        self.source, self.checksum, self.section, self.found = source, checksum, read, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self.source.readinto(buffer) or 0
        self.found = zlib.crc32(memoryview(buffer)[:count], self.found)
        if not count and len(buffer) and self.found != self.checksum:
            raise Unreadable("the checksum in the zip file does not fit: the data are damaged")
        return count

    def close(self) -> None:
        self.source.close()
        super().close()


def _new_zstd() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=bounds.MOST_WINDOW).decompressobj()


NEW: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "deflate": lambda: zlib.decompressobj(-15),
    "zstd": _new_zstd,
}
