"""Train several times, over seeds or folds, so that a figure comes with what chance does to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..model.errors import UserError
from ..model.folders import write_whole
from ..model.progress import Progress, silent
from .data.corpus import Corpus
from .data.drawing import Kind
from .data.splits import split_corpus
from .measuring.evaluation import Predictions, Report, measure
from .settings import TrainSettings
from .tracking.run import NoTracking, Tracking
from .train import Trained, is_from, measured_again, train, working_folder

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Repetition:
    """One training of several: its name, its seed, and number of its fold and of all folds."""

    name: str
    seed: int
    fold: tuple[int, int] | None


@dataclass(frozen=True)
class Spread:
    """A figure over repetitions: mean, standard deviation (n - 1), least, most, and how many define it."""

    mean: float
    deviation: float
    least: float
    most: float
    count: int

    def __str__(self) -> str:
        return "–" if not self.count else f"{self.mean:.3f} ± {self.deviation:.3f} ({self.least:.3f} … {self.most:.3f})"


@dataclass(frozen=True)
class Repeated:
    """What several trainings leave.

    Attributes:
        figures, yardstick: a `Spread` for each figure of whole tasks, of the model and of TF-IDF.
        pooled: with folds, the figures over all passages, each predicted by the model that had not seen it.
    """

    folder: Path
    trained: dict[str, Trained]
    figures: dict[str, Spread]
    yardstick: dict[str, Spread]
    pooled: Report | None


def repeat(
    *,
    corpus: Corpus,
    out: Path | str,
    settings: TrainSettings | None = None,
    seeds: int = 1,
    folds: int | None = None,
    kind: Kind | None = None,
    validation: Corpus | None = None,
    test: Corpus | None = None,
    allow_leaks: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    tracking: Callable[..., Tracking | NoTracking] = NoTracking,
    progress: Progress = silent,
) -> Repeated:
    """Train once a seed and fold; a bundle each in `out`, and `summary.json`.

    Seeds count up from the settings' own; all share one split, drawn by the first, so that they differ by chance in
    training alone. No bundle is registered: to choose the best by its test figures would flatter it.

    Raises:
        UserError: as `train`; fewer than two trainings are asked for.
    """
    out, settings = Path(out), settings or TrainSettings()
    repetitions = list(_repetitions(seeds=seeds, folds=folds, first=settings.seed))
    with tracking(name=out.name) as parent:
        trained = train_each(
            repetitions, corpus=corpus, out=out, settings=settings,
            divided={"validation": validation, "test": test, "kind": kind}, allow_leaks=allow_leaks,
            overwrite=overwrite, resume=resume, tracking=tracking, progress=progress,
        )  # fmt: skip
        repeated = Repeated(
            folder=out,
            trained=trained,
            figures=spreads([one.report for one in trained.values()]),
            yardstick=spreads([one.yardstick for one in trained.values()]),
            pooled=_pooled(list(trained.values())) if folds and seeds == 1 else None,
        )
        _write_summary(repeated)
        parent.log_summary(
            params={"seeds": seeds, "folds": folds or 0, "split": kind or "default", "bundle": out.name},
            figures={
                f"{prefix}/{name}": value
                for name, spread in repeated.figures.items()
                for prefix, value in (("test/mean", spread.mean), ("test/sd", spread.deviation))
            },
            table={
                "repetition": list(trained),
                **{name: [one.report.figures[name].value for one in trained.values()] for name in repeated.figures},
            },
        )
    return repeated


def train_each(
    repetitions: Sequence[Repetition],
    *,
    corpus: Corpus,
    out: Path,
    settings: TrainSettings,
    divided: Mapping[str, Any],
    resume: bool,
    progress: Progress,
    **common: Any,
) -> dict[str, Trained]:
    """Train one repetition after the other into a bundle of its name in `out`; none is registered.

    Args:
        divided: how `split_corpus` divides, the fold aside.
        resume: a bundle that the same call made is opened and measured instead.
        common: what else `train` takes.
    """
    trained: dict[str, Trained] = {}
    for number, each in enumerate(repetitions, start=1):
        own, bundle = settings.model_copy(update={"seed": each.seed}), out / each.name
        split = split_corpus(corpus, **divided, fold=each.fold, seed=settings.seed)
        if resume and is_from(bundle, split=split, settings=own):
            trained[each.name] = measured_again(bundle, split=split)
            continue
        trained[each.name] = train(
            corpus=corpus,
            out=bundle,
            settings=own,
            **divided,
            fold=each.fold,
            split_seed=settings.seed,
            resume=resume and working_folder(bundle).exists(),
            register=False,
            progress=partial(told_which, progress, f"{each.name}, {number} of {len(repetitions)}"),
            **common,
        )
    return trained


def spreads(reports: list[Report]) -> dict[str, Spread]:
    """Mean and spread of every figure of whole tasks."""
    return {name: spread([report.figures[name].value for report in reports]) for name in reports[0].headline()}


def spread(values: list[float]) -> Spread:
    """Of the values that are defined."""
    defined = np.array([value for value in values if not np.isnan(value)])
    if not len(defined):
        return Spread(float("nan"), float("nan"), float("nan"), float("nan"), 0)
    deviation = float(defined.std(ddof=1)) if len(defined) > 1 else float("nan")
    return Spread(float(defined.mean()), deviation, float(defined.min()), float(defined.max()), len(defined))


def _repetitions(*, seeds: int, folds: int | None, first: int) -> Iterator[Repetition]:
    if seeds < 1 or (folds is not None and folds < 2):
        raise UserError(f"--seeds {seeds}, --folds {folds}: at least 1 seed and 2 folds")
    if seeds == 1 and folds is None:
        raise UserError("--seeds 1: one training has no spread; ask for 2 or more, or for --folds")
    for fold in range(folds) if folds else [None]:
        for seed in range(first, first + seeds):
            names = [] if fold is None else [f"fold-{fold}"]
            names += [f"seed-{seed}"] if seeds > 1 else []
            yield Repetition("-".join(names), seed, None if fold is None or folds is None else (fold, folds))


def told_which(progress: Progress, which: str, what: str, done: float, total: float) -> None:
    """Pass progress on, with the training that it is of."""
    progress(f"{what} ({which})", done, total)


def _pooled(trained: list[Trained]) -> Report:
    """Every passage once, as the model that had not seen it says."""
    first = trained[0].test
    corpora = [one.test for one in trained]
    names = set.intersection(*(set(corpus.columns) for corpus in corpora))
    corpus = Corpus(
        codebook=first.codebook,
        texts=[text for part in corpora for text in part.texts],
        targets={task: np.concatenate([part.targets[task] for part in corpora]) for task in first.targets},
        columns={name: [value for part in corpora for value in part.columns[name]] for name in names},
    )
    together = Predictions(
        probabilities={
            task: np.concatenate([one.predicted.probabilities[task] for one in trained]) for task in first.targets
        },
        on={task: np.concatenate([one.predicted.on[task] for one in trained]) for task in first.targets},
    )
    return measure(together, corpus=corpus)


def _write_summary(repeated: Repeated) -> None:
    flat = {
        "repetitions": list(repeated.trained),
        "figures": {name: vars(spread) for name, spread in repeated.figures.items()},
        "yardstick": {name: vars(spread) for name, spread in repeated.yardstick.items()},
        "pooled": repeated.pooled.flat() if repeated.pooled else None,
    }
    write_whole(repeated.folder / SUMMARY, json.dumps(_without_nan(flat), indent=1))


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and np.isnan(value) else value
