"""Track what a command has finished; where that fails, one line says so and the work stands."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..serving.settings import ScoreSettings
    from ..training.tracking.lineage import Lineage

MOST = 240
"""Characters told of what went wrong."""


def track_scores(folder: Path, *, settings: ScoreSettings, model: str, registered: str | None = None) -> None:
    """Track a finished score folder, once: as one run however often it was started.

    Args:
        model: as it was asked for.
        registered: `models:/narrashift/3`, where it was fetched as such.
    """
    from ..serving.record import score_record
    from ..serving.traced import read_tracked, write_tracked
    from ..training.tracking.finished import is_tracked, look_up, track

    with _or_say("The same command tracks it"):
        run_id = read_tracked(folder).get("run_id")
        if run_id is None or not is_tracked(run_id):
            record = score_record(folder, settings=settings, model=model)
            lineage = look_up(bundle=record.bundle, registered=registered)
            run_id = track(record, lineage=lineage)
            write_tracked(folder, {"run_id": run_id, **lineage.links})
        print(f"tracked as run {run_id}", file=sys.stderr)


def look_up_scores(folders: Sequence[Path], *, bundle: str) -> Lineage | None:
    """The runs and the model behind score folders; None where the store cannot be asked."""
    from ..serving.traced import fingerprint_digest, read_tracked
    from ..training.tracking.finished import look_up

    with _or_say("The same command with --overwrite tries again"):
        known = [(fingerprint_digest(folder), read_tracked(folder).get("run_id")) for folder in folders]
        return look_up(bundle=bundle, scores=known)
    return None


def links_of(lineage: Lineage | None) -> list[dict[str, str | None]]:
    """What is known of each score folder, as a shift folder writes it down; nothing where the store was not asked."""
    if lineage is None:
        return []
    return [{"run_id": found and found[0], **lineage.links} for found in lineage.score_runs]


def track_shifts(folder: Path, *, scores: Sequence[Path], lineage: Lineage, seconds: float = 0.0) -> None:
    """Track a finished shift folder.

    Args:
        seconds: that it took to find them.
    """
    from ..serving.shifts.record import shift_record
    from ..serving.traced import write_tracked
    from ..training.tracking.finished import track

    with _or_say("The same command with --overwrite tries again"):
        run_id = track(shift_record(folder, scores=scores, seconds=seconds), lineage=lineage)
        write_tracked(folder, {"run_id": run_id, **lineage.links})
        print(f"tracked as run {run_id}", file=sys.stderr)


@contextlib.contextmanager
def _or_say(way_out: str) -> Iterator[None]:
    """Whatever goes wrong is one line: the work is done, and its exit code stays."""
    try:
        yield
    except Exception as error:  # UserError, MLflow's, SQLAlchemy's, requests'
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].split(" (Caused by")[0][:MOST]
        print(f"not tracked; all else is done: {said.rstrip('.')}. {way_out}; --no-track is quiet", file=sys.stderr)
