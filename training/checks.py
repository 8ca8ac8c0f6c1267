"""What is refused before a training begins."""

from __future__ import annotations

from pathlib import Path

from ..model.errors import UserError
from .data.seen import refuse_seen
from .data.splits import Split
from .learning.taught import bundle_of
from .settings import TrainSettings


def check_bundle_or_free(out: Path) -> None:
    """Refuse to replace a folder that is no bundle, whatever the flags say."""
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / "decision.json").exists())):
        raise UserError(f"{out}: exists and is no bundle; it is not replaced. Choose another --out")


def bundle_before(split: Split, settings: TrainSettings, *, allow_leaks: bool) -> Path | None:
    """The bundle that this training goes on from; refused where it has seen what is measured on."""
    bundle = bundle_of(settings.backbone)
    if bundle is None:
        return None
    for part in (split.validation, split.test):
        refuse_seen(bundle.path, part, allowed=allow_leaks)
    return bundle.path


def check_labels(split: Split) -> None:
    """Refuse to train a task that has nothing to learn or to measure: a `UserError` with a line for each."""
    problems = []
    for name, task in split.train.codebook.tasks.items():
        for part, corpus in (("train", split.train), ("validation", split.validation)):
            if not corpus.labelled(name).any():
                problems.append(
                    f"task {name}: no {part} passage is labelled. Label some, or take it out of the codebook"
                )
        if task.kind == "single":
            known = split.train.targets[name][split.train.labelled(name)]
            if len(set(known.tolist())) == 1:
                problems.append(
                    f"task {name}: every train passage is labelled {task.leaves[known[0]]}; two labels are needed"
                )
    if problems:
        raise UserError(problems, consequence="nothing was trained")
