"""Adapt a backbone to unlabelled passages: hold some out, pretrain on the others, write a backbone, track."""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ...model.device import pick_device
from ...model.errors import UserError
from ...model.folders import check_free, new_folder, write_whole
from ...model.pretrained import resolve_backbone
from ...model.progress import Progress, silent
from ..data.holding_out import FEWEST, hold_out
from ..learning.checkpoint import Position, read_position, save_position
from ..learning.fine_tune import pick_precision
from ..origin import FILE, MARK, backbone_digest, is_adapted
from ..provenance import PACKAGES, commit, public_name
from ..tracking.adaptation import AdaptationTracking, NoAdaptationTracking
from .backbone import load_masked, masking_token
from .learn import count_steps, learn
from .masking import encode_words, masking_of
from .settings import AdaptSettings

MOST_HELD_OUT = 2_000
"""Of so many passages some 15,000 tokens are masked: their mean loss is known to about 0.02 nats."""


@dataclass(frozen=True)
class Adapted:
    """The folder of the adapted backbone, what its `provenance.json` says, and its tracked run."""

    folder: Path
    origin: dict[str, Any]
    run_id: str | None


def adapt(
    *,
    texts: Sequence[str],
    out: Path | str,
    groups: Sequence[int] | None = None,
    refused: int = 0,
    settings: AdaptSettings | None = None,
    overwrite: bool = False,
    resume: bool = False,
    tracking: Callable[..., AdaptationTracking | NoAdaptationTracking] = NoAdaptationTracking,
    progress: Progress = silent,
) -> Adapted:
    """Pretrain a backbone further by masked language modelling, and write it as a backbone that `train` takes.

    Args:
        texts: distinct passages, cut as those that will be labelled and scored.
        out: the folder. Beside it, `<out>.adapting` holds checkpoints until it is written.
        groups: which article each is from, so that none has passages on both sides of the held-out split.
        refused: rows of the dump that could not be read, for the record.
        overwrite: replace an adapted backbone that is there.
        resume: go on with an interrupted run of the same passages and settings.

    Raises:
        UserError: too few passages, a backbone without masked words, `out` exists, nothing to resume.
        Interrupted: Ctrl-C; the same call with `resume` goes on.
    """
    out, settings = Path(out), settings or AdaptSettings()
    check_out(out, overwrite=overwrite or resume)
    is_held = hold_out(
        groups if groups is not None else range(len(texts)),
        count=min(max(round(settings.held_out * len(texts)), FEWEST), MOST_HELD_OUT),
        rng=np.random.default_rng(settings.seed),
        purpose="measured on",
        consequence="nothing was adapted",
    )
    held, rest = np.flatnonzero(is_held), np.flatnonzero(~is_held)
    device = pick_device(settings.device)
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    progress("loading the backbone", 0, 0)
    backbone = load_masked(settings.backbone, max_tokens=settings.max_tokens, seed=settings.seed)
    before = backbone_digest(Path(resolve_backbone(settings.backbone)))
    fingerprint = _fingerprint(digest, before, settings)
    work = out.with_name(out.name + ".adapting")
    position = read_position(work, fingerprint=fingerprint) if resume else Position(fingerprint=fingerprint)
    if not resume:
        shutil.rmtree(work, ignore_errors=True)
    progress("splitting passages into tokens", 0, 0)
    encoded = encode_words(backbone.tokenizer.backend_tokenizer, texts, max_tokens=settings.max_tokens)
    passages, measured = encoded.part(rest), encoded.part(held)
    token = str(masking_token(backbone.tokenizer))
    masking = masking_of(backbone.tokenizer, token=token, share=settings.masked, whole_words=settings.whole_words)
    data = {
        "passages": len(rest), "held_out": len(held), "refused_rows": refused,
        "tokens": int(passages.lengths.sum()), "digest": digest,
    }  # fmt: skip
    with tracking(run_id=position.run_id, name=out.name) as run:
        position.run_id = run.run_id
        save_position(work, position)
        public = settings.model_copy(update={"backbone": public_name(settings.backbone)})
        run.log_start(settings=public, data=data, steps=count_steps(passages.lengths, settings=settings))
        run.log_missing(position.history)
        with new_folder(out, overwrite=overwrite or resume) as folder:
            history = learn(
                backbone, passages, held_out=measured, masking=masking, settings=settings, work=work,
                position=position, progress=progress, on_epoch=run.log_epoch,
            )  # fmt: skip
            backbone.save(folder)
            origin = {
                MARK: {
                    "backbone": public.backbone,
                    "digest": before,
                    "head": "fresh" if backbone.is_fresh else "its own",
                },
                "objective": "masked language modelling",
                "mask_token": token,
                "narrashift": metadata.version("narrashift"),
                "commit": commit(),
                "adapted_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "adapting_seconds": round(position.seconds, 1),
                "data": data,
                "steps": position.step,
                "tokens_seen": position.tokens,
                "held_out": {"loss_before": history[0]["held_out/loss"], "loss_after": history[-1]["held_out/loss"]},
                "history": history,
                "device": device,
                "precision": pick_precision(settings.precision, device=device),
                "settings": public.model_dump(mode="json"),
                "versions": {"python": platform.python_version()}
                | {name: metadata.version(name) for name in PACKAGES if name != "mlflow"},
            }
            write_whole(folder / FILE, json.dumps(origin, indent=1) + "\n")
        run.log_end(digest=backbone_digest(out), origin=origin)
    shutil.rmtree(work, ignore_errors=True)
    return Adapted(folder=out, origin=origin, run_id=run.run_id)


def check_out(out: Path, *, overwrite: bool) -> None:
    """Refuse to replace what is no adapted backbone, whatever the flags say.

    Raises:
        UserError: something else is there, or an adapted backbone and `overwrite` is off.
    """
    check_free(out, overwrite=overwrite)
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or is_adapted(out))):
        raise UserError(f"{out}: exists and is no adapted backbone; it is not replaced. Choose another --out")


def _fingerprint(digest: str, before: str | None, settings: AdaptSettings) -> str:
    described = [digest, before, settings.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]
