"""Look for better settings: many short trainings, measured on validation passages, the test set untouched."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch

from ..model.errors import Interrupted, UserError, first_line
from ..model.folders import write_whole
from ..model.progress import Progress, silent
from ..model.tokens import read_tokenizer
from .checks import bundle_before
from .data.splits import Split
from .learning.backbone import load_backbone
from .learning.checkpoint import Position
from .learning.fine_tune import fine_tune
from .learning.long_texts import choose_windows
from .settings import TrainSettings
from .space import DEFAULT, Space, suggest
from .tracking.run import NoTracking, Tracking


@dataclass(frozen=True)
class Swept:
    """What a sweep found: the best settings, their validation macro-F1, and how its trials ended."""

    settings: TrainSettings
    score: float
    trial: int
    finished: int
    pruned: int
    failed: int


def sweep(
    *,
    split: Split,
    out: Path | str,
    study: Path | str,
    settings: TrainSettings | None = None,
    space: Space = DEFAULT,
    trials: int = 20,
    tracking: Callable[..., Tracking | NoTracking] = NoTracking,
    progress: Progress = silent,
) -> Swept:
    """Try settings until the study has `trials` finished, pruned or failed ones; write the best as TOML.

    Each trial fine-tunes on train and is worth its best validation macro-F1 (of the encoder; the lexical head is
    fitted once the settings are chosen). Choice by TPE (Bergstra et al. 2011); a trial below the median of the
    others at the same epoch is pruned. Ends of trials are in the study's SQLite file, so the same call goes on.

    Args:
        out: the TOML file that `train --config` takes; rewritten after every trial that is the best so far.
        study: the SQLite file.

    Raises:
        UserError: the study is of other data, base settings or space; no trial finished; the backbone is a bundle that
            has seen passages to choose by.
        Interrupted: Ctrl-C; the same call goes on, and the trial that was running is tried again.
    """
    out, settings = Path(out), settings or TrainSettings()
    if "backbone" not in space:
        bundle_before(split, settings, allow_leaks=False)
    found = _open_study(Path(study), split=split, settings=settings, space=space)
    with tracking(name=Path(study).stem) as parent:
        while (done := len(_ended(found))) < trials:
            trial = found.ask()
            trial.set_user_attr("process", _process())
            progress(f"trial {trial.number + 1}, {done} of {trials} ended", done, trials)
            _run(found, trial, split=split, base=settings, space=space, tracking=tracking, progress=progress)
            if _complete(found) and found.best_trial.number == trial.number:
                write_whole(out, _best(found, settings, space).to_toml())
        if not _complete(found):
            failed = [t.user_attrs.get("error", t.state.name.lower()) for t in found.trials]
            raise UserError(f"{study}: no trial finished ({failed[0]}). Mend that, and start with another --study")
        best = _best(found, settings, space)
        write_whole(out, best.to_toml())
        states = [trial.state for trial in found.trials]
        swept = Swept(
            settings=best,
            score=float(found.best_value),
            trial=found.best_trial.number,
            finished=states.count(optuna.trial.TrialState.COMPLETE),
            pruned=states.count(optuna.trial.TrialState.PRUNED),
            failed=states.count(optuna.trial.TrialState.FAIL),
        )
        parent.log_summary(
            params={"trials": len(states), "best_trial": swept.trial, **found.best_params},
            figures={"validation/macro_f1": swept.score, "finished": swept.finished, "pruned": swept.pruned},
            table=_table(found),
        )
    return swept


def _run(
    study: optuna.Study,
    trial: optuna.Trial,
    *,
    split: Split,
    base: TrainSettings,
    space: Space,
    tracking: Callable[..., Tracking | NoTracking],
    progress: Progress,
) -> None:
    """One trial to its end: a value, pruned, or failed with its reason. Only Ctrl-C gets out of here."""
    try:
        settings = TrainSettings.read(overrides={**base.model_dump(), **suggest(trial, space)})
        with tracking(name=f"trial-{trial.number}") as run:
            run.log_start(split=split, settings=settings, more={"trial": trial.number})
            pruned = False
            try:
                value = _train_once(trial, split=split, settings=settings, run=run, progress=progress)
            except optuna.TrialPruned:
                pruned = True
            run.set_tag("pruned", "yes" if pruned else "no")
        study.tell(trial, state=optuna.trial.TrialState.PRUNED) if pruned else study.tell(trial, value)
    except (KeyboardInterrupt, Interrupted):
        trial.set_user_attr("error", "stopped by Ctrl-C")
        study.enqueue_trial(trial.params)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        raise Interrupted from None
    except Exception as error:  # memory, a setting out of range, a library: the sweep goes on
        trial.set_user_attr("error", f"{type(error).__name__}: {first_line(error)}")
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        progress(f"trial {trial.number + 1} failed: {trial.user_attrs['error']}", 0, 0)


def _train_once(
    trial: optuna.Trial, *, split: Split, settings: TrainSettings, run: Tracking | NoTracking, progress: Progress
) -> float:
    bundle_before(split, settings, allow_leaks=False)  # what a bundle has seen would make it the best of all
    torch.manual_seed(settings.seed)
    network, pretrained = load_backbone(settings, codebook=split.train.codebook)

    def on_epoch(measured: dict[str, float]) -> None:
        run.log_epoch(measured)
        trial.report(measured["validation/macro_f1"], int(measured["epoch"]))
        if trial.should_prune():
            raise optuna.TrialPruned

    with tempfile.TemporaryDirectory() as folder:
        pretrained.save_pretrained(folder)
        tokenizer = read_tokenizer(Path(folder) / "tokenizer.json")
        network.config.windows = choose_windows(tokenizer, split.train.texts, settings=settings)
        tuned = fine_tune(
            network,
            tokenizer,
            train=split.train,
            validation=split.validation,
            settings=settings,
            work=Path(folder) / "work",
            position=Position(fingerprint=""),
            progress=lambda what, done, total: progress(f"{what} (trial {trial.number + 1})", done, total),
            on_epoch=on_epoch,
        )
    return max(epoch["validation/macro_f1"] for epoch in tuned.history)


def _open_study(path: Path, *, split: Split, settings: TrainSettings, space: Space) -> optuna.Study:
    """The study in this file, of these data and settings; trials of processes that are gone are tried again."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{path.resolve()}",
            study_name="narrashift",
            direction="maximize",
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(seed=settings.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
        )
    except Exception as error:  # SQLAlchemy and sqlite3 raise their own
        raise UserError(f"{path}: no study can be kept here: {first_line(error)}") from None
    described = {
        "train": split.train.digest,
        "validation": split.validation.digest,
        "settings": settings.model_dump(mode="json"),
        "space": {name: repr(allowed) for name, allowed in space.items()},
    }
    for name, value in described.items():
        if study.user_attrs.get(name, value) != value:
            raise UserError(f"{path}: this study is of another {name}. Name another one with --study")
        study.set_user_attr(name, value)
    for trial in study.trials:
        if trial.state == optuna.trial.TrialState.RUNNING and _is_gone(trial.user_attrs.get("process")):
            study.enqueue_trial(trial.params)
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def _process() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


def _is_gone(process: str | None) -> bool:
    """Whether a trial's process has ended; one on another machine is left alone."""
    host, _, number = (process or f"{socket.gethostname()} 0").rpartition(" ")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, PermissionError, ValueError):
        return True
    return int(number) in (0, os.getpid())


def _ended(study: optuna.Study) -> list[Any]:
    """Trials that count: finished, pruned, or failed by themselves; not those that were cut off and tried again."""
    states = optuna.trial.TrialState
    counted = [t for t in study.trials if t.state in (states.COMPLETE, states.PRUNED)]
    return counted + [
        t for t in study.trials if t.state == states.FAIL and t.user_attrs.get("error", "stopped")[:7] != "stopped"
    ]


def _complete(study: optuna.Study) -> list[Any]:
    return [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]


def _best(study: optuna.Study, base: TrainSettings, space: Space) -> TrainSettings:
    """The base with what was best; it names fine-tuning, which is what was tried, also where passages are few."""
    found = {name: value for name, value in study.best_params.items() if name in space}
    return base.model_copy(update={"tune": "always", **found})


def _table(study: optuna.Study) -> dict[str, list[Any]]:
    rows = [
        {"trial": t.number, "state": t.state.name.lower(), "macro_f1": t.value, "error": t.user_attrs.get("error", "")}
        | t.params
        for t in study.trials
    ]
    columns = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in columns}
