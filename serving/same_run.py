"""Whether a score folder holds this run or another, and what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..model.errors import UserError

MOST_TOLD = 8


def refuse_other(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise a `UserError` that says what differs between the run in the folder and this one.

    Args:
        before, now: two fingerprints, the one as JSON reads it.
    """
    now = json.loads(json.dumps(now))
    if before == now:
        return
    there, here = _flat(before), _flat(now)
    differing = [
        f"{key}: {_short(there.get(key))} there, {_short(here.get(key))} here"
        for key in {**there, **here}
        if there.get(key) != here.get(key)
    ]
    differing += _input_differences(before.get("input"), now.get("input"))
    told = differing[:MOST_TOLD] + ([f"{len(differing) - MOST_TOLD} more"] if len(differing) > MOST_TOLD else [])
    raise UserError(f"{path}: holds another run ({'; '.join(told)}). Choose another --out")


def _input_differences(before: Any, now: Any) -> Iterator[str]:
    """Files that are missing, new, renamed, changed, or in another order."""
    there, here = _by_name(before), _by_name(now)
    new = {name: file["sha256"] for name, file in here.items() if name not in there}
    for name, file in there.items():
        if name not in here:
            renamed = next((other for other, digest in new.items() if digest == file.get("sha256")), None)
            new.pop(renamed or "", None)
            yield f"input {name} is called {renamed} here" if renamed else f"input {name} is missing here"
        elif file != here[name]:
            sizes = file.get("bytes"), here[name]["bytes"]
            yield f"input {name} has changed: " + (
                f"{sizes[0]} bytes there, {sizes[1]} here" if sizes[0] != sizes[1] else "other content of the same size"
            )
    yield from (f"input {name} was not there" for name in new)
    if before != now and sorted(there) == sorted(here) and all(there[name] == here[name] for name in there):
        yield "the input files come in another order"


def _by_name(files: Any) -> dict[str, dict[str, Any]]:
    """Files of a fingerprint by their names; what somebody wrote there by hand is left out."""
    known = [file for file in files if isinstance(file, dict)] if isinstance(files, Sequence) else []
    return {str(file.get("name")): file for file in known}


def _flat(run: dict[str, Any]) -> dict[str, Any]:
    """One level of keys, the input files left out: settings and columns by their own name."""
    flat: dict[str, Any] = {}
    for key, value in run.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        elif key != "input":
            flat[key] = value
    return flat


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"
