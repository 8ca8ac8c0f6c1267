"""Give a bundle a student: ask its network, let the student imitate it, find out where it may be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...model.bundle import Bundle, open_bundle
from ...model.convolution import StaticConvolution
from ...model.device import pick_device
from ...model.errors import UserError
from ...model.folders import new_folder
from ...model.network import PassageClassifier
from ...model.progress import Progress, silent
from ...model.student import FOLDER, StudentDescription, split_columns, write_student
from ...model.tokens import encode, read_tokenizer
from ...model.transformer import TransformerClassifier
from ..data.holding_out import hold_out
from .embeddings import first_embeddings
from .learn import ImitationLoss, Lessons, learn
from .network import StudentNetwork
from .reliability import calibrate
from .settings import DistillSettings

VALIDATION = 0.1
"""Share of the passages not held out that decides when to stop training."""


@dataclass(frozen=True)
class Distilled:
    """Where the student lies, and what was found about it."""

    folder: Path
    description: StudentDescription


def check_teacher(path: Path | str, *, overwrite: bool) -> Bundle:
    """The bundle that is to get a student.

    Raises:
        UserError: no bundle, one without a network, or it has a student already and `overwrite` is off.
    """
    bundle = open_bundle(path)
    if bundle.kind != "transformer":
        raise UserError(f"{path}: a TF-IDF model is its own fast tier; only a transformer bundle gets a student")
    if (bundle.path / FOLDER).exists() and not overwrite:
        raise UserError(f"{bundle.path / FOLDER}: exists already. Replace it with --overwrite")
    return bundle


def distill(
    *,
    bundle: Path | str,
    texts: Sequence[str],
    groups: Sequence[int] | None = None,
    settings: DistillSettings | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Distilled:
    """Train a student on what the bundle's network says of unlabelled passages; write it into the bundle as `student/`.

    Args:
        texts: distinct passages, cut as those that will be scored.
        groups: which article each is from, so that none has passages on both sides of the held-out split.
        overwrite: replace a student that is there.

    Raises:
        UserError: as `check_teacher`; too few passages.
    """
    settings, opened = settings or DistillSettings(), check_teacher(bundle, overwrite=overwrite)
    held, rest = drawn_sides(groups if groups is not None else range(len(texts)), settings=settings)
    torch.manual_seed(settings.seed)
    device = pick_device(settings.device)
    network, tokenizer = opened.network(), read_tokenizer(opened.path / "tokenizer.json")
    teacher = TransformerClassifier(network, tokenizer, device=device, precision="fp32")
    wanted = teacher.logits(texts, tick=_Tick(progress, total=len(texts))).tasks
    embeddings = first_embeddings(network, dimensions=settings.dimensions)
    heads = {name: len(task.leaves) for name, task in opened.codebook.tasks.items()}
    student = StudentNetwork(embeddings, filters=settings.filters, hidden=settings.hidden, leaves=sum(heads.values()))
    read = network.config.max_tokens * network.config.windows  # the student has no need of windows
    ids, _ = encode(tokenizer, texts, max_tokens=read)
    words = counted_tensors(network, heads=heads)
    lessons = Lessons(
        ids=ids,
        counted=StaticConvolution({**student.tensors(), **words}).counted(ids),
        wanted=np.concatenate([wanted[name] for name in heads], axis=1),
    )
    stop = max(round(VALIDATION * len(rest)), 1)
    loss = ImitationLoss(codebook=opened.codebook, decision=opened.decision)
    learn(
        student, lessons.part(rest[stop:]), validation=lessons.part(rest[:stop]), loss_of=loss, settings=settings,
        progress=progress,
    )  # fmt: skip
    tensors = {**student.tensors(), **words}
    serving = StaticConvolution(tensors)

    def both(chosen: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        mine = split_columns(serving.logits([ids[i] for i in chosen]), heads=heads)
        return mine, {name: values[chosen] for name, values in wanted.items()}

    coefficients, points, changed = calibrate(
        both(rest[:stop]), both(held), codebook=opened.codebook, decision=opened.decision
    )
    description = StudentDescription(
        bundle=opened.digest,
        heads=heads,
        max_tokens=read,
        coefficients=tuple(map(tuple, coefficients.tolist())),
        points=points,
        trained_on=len(rest),
        calibrated_on=len(held),
        changed_alone=changed,
        settings=settings.model_dump(),
    )
    path = opened.path / FOLDER
    with new_folder(path, overwrite=overwrite) as folder:
        write_student(folder, description=description, tensors=tensors)
    return Distilled(folder=path, description=description)


def drawn_sides(groups: Sequence[int], *, settings: DistillSettings) -> tuple[np.ndarray, np.ndarray]:
    """Passages that calibrate, and those to learn from, by index, each in a drawn order; a group stays together.

    Raises:
        UserError: too few for one or the other.
    """
    rng, count = np.random.default_rng(settings.seed), round(settings.held_out * len(groups))
    held = hold_out(groups, count=count, rng=rng, purpose="calibrated on", consequence="nothing was trained")
    order = rng.permutation(len(groups))
    return order[held[order]], order[~held[order]]


def counted_tensors(network: PassageClassifier, *, heads: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The network's table of words as `StaticConvolution` takes it; empty where it has none.

    Args:
        heads: task -> leaves, in the order that the columns are to have.
    """
    head = network.lexical
    if head is None:
        return {}
    table, bias = head.table.detach().cpu().numpy(), head.bias.detach().cpu().numpy()
    starts = dict(zip(head.heads, np.cumsum([0, *head.heads.values()]), strict=False))
    columns = np.concatenate([np.arange(starts[name], starts[name] + leaves) for name, leaves in heads.items()])
    found = {"counted": table[:, [0, *(1 + columns)]], "counted.bias": bias[columns]}
    if head.known is not None and head.silence is not None:
        known, silence = head.known.detach().cpu().numpy(), head.silence.detach().cpu().numpy()
        found |= {"counted.known": known, "counted.silence": silence[columns]}
    return found


class _Tick:
    """Adds up the passages that the network has answered."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self, passages: int) -> None:
        self.done += passages
        self.progress("asking the network", self.done, self.total)
