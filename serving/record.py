"""What a scoring run says of itself once it has ended: for whoever tracks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from ..model.record import Dataset, Record
from .folder import ERROR_FILE, RUN
from .languages import read_counted
from .settings import ScoreSettings
from .summary import Summary, summarize
from .traced import digest_of, fingerprint_digest

FEW = 100
"""Refused rows that a run shows; `errors.parquet` has them all."""
NOT_TOLD = {"ray_address"}
"""Settings that name a machine."""


def score_record(folder: Path, *, settings: ScoreSettings, model: str) -> Record:
    """Parameters, figures and files of a finished score folder.

    Args:
        model: as it was asked for: a bundle folder, of which only the name is told, or `models:/narrashift@champion`.

    Raises:
        UserError: no score folder, or broken parts.
    """
    run = json.loads((folder / RUN).read_text("utf-8"))
    summary, languages = summarize(folder), read_counted(folder)
    told = settings.model_dump(mode="json", exclude=NOT_TOLD, exclude_none=True) | {"engine": run["engine"].split()[0]}
    refused = pl.scan_parquet(folder / ERROR_FILE).head(FEW).collect()
    shares = [f"share/{task}/{label}" for task, own in summary.shares.items() for label in own]
    first = next(iter(summary.shares), "")
    return Record(
        kind="score",
        name=folder.resolve().name,
        bundle=run["bundle"],
        params={
            "model": model if model.startswith("models:/") else Path(model).resolve().name,
            "bundle": run["bundle"],
            "codebook": run["codebook"],
            "decision": run["decision"],
            **{name: _plain(value) for name, value in told.items()},
        },
        metrics=_metrics(summary) | {f"language/{code}": n for code, n in languages.get("passages", {}).items()},
        seconds=summary.seconds,
        tags={"fingerprint": fingerprint_digest(folder) or ""},
        headline=(
            ("rows", "passages", "rows_per_s", "errors", *(name for name in shares if name.split("/")[1] == first)),
            ("model", "engine"),
        ),
        inputs=[_dataset(run["input"])],
        tables={"errors.json": refused.to_dict(as_series=False)} if len(refused) else {},
        files=[folder / RUN],
        note=_note(summary, unmeasured=languages.get("unmeasured", {})),
    )


def _dataset(files: list[dict[str, Any]]) -> Dataset:
    """The whole input: of one file its own name and the beginning of its SHA-256, of several their number."""
    if len(files) == 1:
        return Dataset(files[0]["name"], files[0]["sha256"][:16], "scored")
    digest = digest_of([[file["name"], file["sha256"]] for file in files])
    return Dataset(f"{len(files)} files", digest, "scored")


def _metrics(summary: Summary) -> dict[str, float]:
    counts, seconds = summary.counts, summary.seconds
    rates = {f"{name}_per_s": counts[name] / seconds for name in ("rows", "passages")} if seconds else {}
    return {
        **{name: counts[name] for name in ("rows", "articles", "passages")},
        "errors": counts["refused"],
        "truncated": summary.truncated,
        **({"seconds": seconds} if seconds else {}),
        **rates,
        **{f"errors/{kind}": count for kind, count in summary.errors.items()},
        **{f"duplicates/{kind}": count for kind, count in summary.duplicates.items()},
        **{f"share/{task}/{label}": share for task, own in summary.shares.items() for label, share in own.items()},
    }


def _note(summary: Summary, *, unmeasured: dict[str, int]) -> str:
    counts = summary.counts
    said = f"{counts['rows']:,} rows: {counts['articles']:,} scored as {counts['passages']:,} passages, "
    lines = [
        f"{said}{counts['refused']:,} refused. Shares as decided, not corrected for what the model gets wrong:",
        "",
    ]
    for task, own in summary.shares.items():
        lines.append(f"- {task}: " + ", ".join(f"{label} {share:.1%}" for label, share in own.items()))
    if unmeasured:
        told = ", ".join(f"{code} {count:,}" for code, count in unmeasured.items())
        lines += ["", f"Passages in languages that the model has not been measured in: {told}."]
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
