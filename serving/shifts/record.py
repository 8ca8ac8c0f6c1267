"""What a shift run says of itself once it has ended: for whoever tracks it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...model.record import Dataset, Record
from ..traced import TRACKED, fingerprint_digest
from .output import JSON_FILE

MOST = 12
"""Shifts that the note lists."""


def shift_record(folder: Path, *, scores: Sequence[Path], seconds: float = 0.0) -> Record:
    """Parameters, figures and files of a shift folder, and the score folders that it is of.

    All files are artifacts, whoever wrote them.
    """
    content = json.loads((folder / JSON_FILE).read_text("utf-8"))
    made = content["scores"]
    method = {name: value for name, value in content["method"].items() if isinstance(value, int | float | str)}
    return Record(
        kind="shift",
        name=folder.resolve().name,
        bundle=made["bundle"],
        params={
            "scores": ", ".join(made["folders"]),
            "bundle": made["bundle"],
            "codebook": made["codebook"],
            "engine": made["engine"],
            **{name: value for name, value in content["settings"].items() if value is not None},
            **{f"method/{name}": value for name, value in method.items() if name != "series_tested"},
        },
        metrics=_metrics(content),
        seconds=seconds,
        headline=(("shifts", "shifts/narrative", "series", "series/tested", "insufficient"), ("scores", "by", "every")),
        inputs=[Dataset(path.resolve().name, fingerprint_digest(path) or "unknown", "scores") for path in scores],
        files=sorted(file for file in folder.iterdir() if file.name != TRACKED and not file.name.startswith(".")),
        note=_note(content),
    )


def _metrics(content: dict[str, Any]) -> dict[str, float]:
    verdicts = Counter(one["verdict"] for one in content["series"])
    kinds = Counter(shift["kind"] for shift in content["shifts"])
    series = len(content["series"])
    return {
        "series": series,
        "series/tested": content["method"]["series_tested"],
        "series/sources": len({one["by"] for one in content["series"]}),
        "shifts": len(content["shifts"]),
        **{f"shifts/{kind}": count for kind, count in ({"narrative": 0, "topic mix": 0} | kinds).items()},
        "insufficient": verdicts["insufficient data"] / series if series else 0.0,
        "volume_changes": len(content["volume"]),
        "passages": content["scores"]["passages"],
    }


def _note(content: dict[str, Any]) -> str:
    shifts = content["shifts"]
    lines = [f"{len(shifts)} shifts in {len(content['series']):,} series" + (", the surest first:" if shifts else ".")]
    lines.append("")
    for shift in shifts[:MOST]:
        sizes = (shift["share_before"]["value"], shift["share_after"]["value"])
        said = f"{sizes[0]:.0%} → {sizes[1]:.0%}, q = {shift['q_value']:.3f}"
        lines.append(f"- {_code(shift['by'])} since {shift['date']}: {shift['task']} {shift['label']}, {said}")
    if len(shifts) > MOST:
        lines.append(f"- and {len(shifts) - MOST} more")
    return "\n".join(lines)


def _code(name: str) -> str:
    """A source's name in Markdown, as it stands: the dump chose it."""
    return "`" + name.replace("`", "'").replace("\n", " ")[:80] + "`"
