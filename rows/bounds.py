"""What bounds memory, disk and time whatever the input: beyond these an input is refused, not read."""

from __future__ import annotations

LONGEST_LINE = 16 << 20
"""Bytes (of CSV and TSV: characters) of a line, a record or a text file. Parsed JSON takes up to 30 times as much."""

LONGEST_PAGE = 16 << 20
"""Bytes of a web page."""

MOST_TAGS = 200_000
"""Tags of a web page, which decide how long its article is looked for: about 5 seconds for so many."""

DEEPEST = 100
"""Levels of nested lists and objects in a JSON record."""

MOST_UNPACKED = 1 << 40
"""Bytes that one packed file or zip member may unpack to."""

MOST_SPOOLED = 16 << 30
"""Bytes of a packed Parquet or Arrow file, which has to be unpacked to a temporary file."""

MOST_RATIO = 500
"""Unpacked bytes for each packed one. JSON Lines pack 10 to 30 to one, repetitive logs 200; a bomb 1,000 and more."""

RATIO_FROM = 16 << 20
"""Unpacked bytes from which on the ratio counts: less harms nobody."""

MOST_WINDOW = 1 << 27
"""Bytes of memory that Zstandard data may ask for: what `zstd --long` writes."""

MOST_DIRECTORY = 64 << 20
"""Bytes of a zip file's list of members: about a million of them."""

MOST_AT_ONCE = 64 << 20
"""Bytes of values that a batch of a Parquet file may hold."""
