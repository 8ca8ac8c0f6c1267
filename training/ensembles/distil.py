"""Several seeds distilled into one bundle: teachers, one after the other, then a pupil of their size."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...model.errors import UserError
from ...model.folders import check_free, write_whole
from ...model.progress import Progress, silent
from ..data.corpus import Corpus
from ..data.drawing import Kind
from ..data.splits import split_corpus
from ..repeats import Repetition, told_which, train_each
from ..settings import TrainSettings
from ..tracking.run import NoTracking, Tracking
from ..train import Trained, train, working_folder
from .teachers import Teachers, ask_teachers

RUN = "run.json"


@dataclass(frozen=True)
class Distilled:
    """The pupil, its teachers, and where their bundles lie; None where they were not kept."""

    pupil: Trained
    teachers: Teachers
    folder: Path | None


def teachers_folder(out: Path) -> Path:
    """Where the teachers of a bundle lie."""
    return out.with_name(out.name + ".teachers")


def distil(
    *,
    corpus: Corpus,
    out: Path | str,
    seeds: int,
    settings: TrainSettings | None = None,
    unlabelled: Sequence[str] = (),
    kind: Kind | None = None,
    validation: Corpus | None = None,
    test: Corpus | None = None,
    allow_leaks: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    keep_teachers: bool = True,
    tracking: Callable[..., Tracking | NoTracking] = NoTracking,
    progress: Progress = silent,
) -> Distilled:
    """Train a bundle a seed, and then one that learns from the labels and from what they say on average.

    Teachers and pupil share one split and one tracked run above theirs; the pupil alone is registered.

    Args:
        out: the pupil's folder. The teachers lie in `<out>.teachers`.
        seeds: teachers, from the settings' seed on; at least 2.
        unlabelled: passages without labels, in which the teachers' word is all there is to learn.
        keep_teachers: else their bundles are deleted in the end.

    Raises:
        UserError: as `train`; fewer than two teachers.
        Interrupted: Ctrl-C; the same call with `resume` goes on, teacher by teacher.
    """
    out, settings = Path(out), settings or TrainSettings()
    if seeds < 2:
        raise UserError(f"--distill with --seeds {seeds}: at least 2 teachers are needed; 3 is usual")
    folder = teachers_folder(out)
    for path in (out, folder):
        check_free(path, overwrite=overwrite or resume)
    divided: dict[str, Any] = {"validation": validation, "test": test, "kind": kind}
    names = [Repetition(f"seed-{seed}", seed, None) for seed in range(settings.seed, settings.seed + seeds)]
    common: dict[str, Any] = {"allow_leaks": allow_leaks, "overwrite": overwrite, "tracking": tracking}
    with tracking(run_id=_run_id(folder) if resume else None, name=out.name) as parent:
        write_whole(_made(folder) / RUN, json.dumps({"run_id": parent.run_id}))
        trained = train_each(
            names, corpus=corpus, out=folder, settings=settings, divided=divided, resume=resume, progress=progress,
            **common,
        )  # fmt: skip
        split = split_corpus(corpus, **divided, seed=settings.seed)
        teachers = ask_teachers(folder, trained=trained, split=split, unlabelled=unlabelled, progress=progress)
        pupil = train(
            corpus=corpus,
            out=out,
            settings=settings,
            **divided,
            **common,
            teachers=teachers,
            resume=resume and working_folder(out).exists(),
            progress=partial(told_which, progress, "the pupil"),
        )
        _log(parent, pupil=pupil, teachers=teachers, out=out)
    if not keep_teachers:
        shutil.rmtree(folder)
    return Distilled(pupil=pupil, teachers=teachers, folder=folder if keep_teachers else None)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}. Choose another --out") from None
    return folder


def _run_id(folder: Path) -> str | None:
    path = folder / RUN
    return json.loads(path.read_text("utf-8"))["run_id"] if path.exists() else None


def _log(parent: Tracking | NoTracking, *, pupil: Trained, teachers: Teachers, out: Path) -> None:
    """Mean and spread of the teachers, their mean probabilities, and the pupil, in the run above theirs."""
    own = pupil.report.headline()
    columns = {
        "test/teachers/mean": {name: spread.mean for name, spread in teachers.alone.items()},
        "test/teachers/sd": {name: spread.deviation for name, spread in teachers.alone.items()},
        "test/together": {name: figure.value for name, figure in teachers.together.headline().items()},
        "test/pupil": {name: figure.value for name, figure in own.items()},
    }
    parent.log_summary(
        params={"teachers": len(teachers.bundles), "unlabelled": len(teachers.unlabelled), "bundle": out.name},
        figures={f"{prefix}/{name}": value for prefix, values in columns.items() for name, value in values.items()},
        table={"figure": list(own)} | {prefix: [values[name] for name in own] for prefix, values in columns.items()},
    )
