"""Rows and cells that training refuses, and files in another encoding than UTF-8."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from .finding import Finding, Spot
from .material import Material

MOST_KINDS = 200
"""Different faults that are told one by one."""


def check_schema(material: Material) -> Iterator[Finding]:
    """Every fault with its rows, the same faults together."""
    for file, encoding in material.encodings:
        yield Finding(
            f"{file}: is in {encoding.upper()}, not in UTF-8, and was read so",
            "wrong",
            f"Save it as UTF-8, or name it in every command: --encoding {encoding}",
        )
    alike: dict[tuple[str | None, str], list[str]] = defaultdict(list)
    for problem in material.problems:
        alike[problem.column, problem.reason].append(problem.place)
    for (column, reason), places in [*alike.items()][:MOST_KINDS]:
        more = f" (and {len(places) - 1:,} more)" if len(places) > 1 else ""
        yield Finding(
            f"{places[0]}{more}{f', {column}' if column else ''}: {reason}",
            "wrong",
            spots=tuple(Spot(place) for place in places) if len(places) > 1 else (),
        )
    if len(alike) > MOST_KINDS:
        yield Finding(f"… and {len(alike) - MOST_KINDS:,} more kinds of faults", "wrong", "Mend these first")
    if material.problems:
        rows = len({problem.place for problem in material.problems})
        yield Finding(
            f"{len(material.problems):,} faults in {rows:,} rows or files; "
            "what follows is about what could be read, without the wrong values",
            "wrong",
            "narrashift train starts when all are mended",
        )
