"""From labelled passages to a bundle: split, fine-tune, calibrate, measure, compare, write, track."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..model.bundle import open_bundle, write_description, write_transformer
from ..model.decision import all_probabilities
from ..model.device import pick_device
from ..model.folders import check_free, new_folder
from ..model.progress import Progress, silent
from ..model.tokens import read_tokenizer
from ..model.transformer import TransformerClassifier
from .card import model_card
from .checks import bundle_before, check_bundle_or_free, check_labels
from .data.audit import Finding, audit_split, refuse_dishonest
from .data.corpus import Corpus
from .data.drawing import Kind
from .data.seen import write_seen
from .data.splits import Split, split_corpus
from .learning.backbone import load_backbone
from .learning.checkpoint import Position, read_position, save_position
from .learning.few import with_pooling
from .learning.fine_tune import pick_precision
from .learning.learn import learn
from .learning.long_texts import choose_windows
from .learning.loss import class_weights
from .learning.mirror import Mirror
from .learning.mirror_file import mirror_of
from .measuring.errors_table import worst_errors
from .measuring.evaluation import Predictions, Report, measure, predict, predictions
from .measuring.figures import draw_figures
from .measuring.held_out import keep_held_out
from .measuring.languages import keep_languages
from .measuring.reference import keep_reference
from .origin import adapted_params, for_similarity
from .processes.team import current_team
from .provenance import described_data, described_mirror, provenance, public_settings
from .settings import TrainSettings
from .tracking.run import NoTracking, Tracking
from .yardstick import train_yardstick, write_yardstick

if TYPE_CHECKING:
    from .ensembles.teachers import Teachers


@dataclass(frozen=True)
class Trained:
    """What a training run leaves: its bundle, the figures on test, the yardstick's, and its tracked run.

    Attributes:
        predicted: what the model says of the test passages.
        findings: what the audit of the split found.
    """

    bundle: Path
    report: Report
    yardstick: Report
    run_id: str | None
    champion: str
    predicted: Predictions
    test: Corpus
    findings: list[Finding]


def train(
    *,
    corpus: Corpus,
    out: Path | str,
    settings: TrainSettings | None = None,
    validation: Corpus | None = None,
    test: Corpus | None = None,
    kind: Kind | None = None,
    fold: tuple[int, int] | None = None,
    split_seed: int | None = None,
    allow_leaks: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    register: bool = True,
    teachers: Teachers | None = None,
    tracking: Callable[..., Tracking | NoTracking] = NoTracking,
    progress: Progress = silent,
) -> Trained:
    """Train a bundle on labelled passages.

    Args:
        corpus: passages to learn from; also validation and test, where those are not given, by its
            `split` column or a random split that keeps groups together.
        kind, fold: how to divide it instead, as in `split_corpus`.
        split_seed: of a drawn split; the settings' seed without.
        allow_leaks: measure although test passages or their groups lie in train too.
        out: the bundle's folder. Beside it, `<out>.training` holds checkpoints until the bundle is written.
        overwrite: replace a bundle that is there.
        resume: go on with an interrupted run of the same data and settings.
        register: the model, where the run is tracked.
        teachers: whose word is learnt beside the labels.
        tracking: `Tracking` for an MLflow run, `NoTracking` for none.

    Raises:
        UserError: anything the user can put right, before the first epoch wherever it can be known.
        Interrupted: Ctrl-C; the same call with `resume` goes on.
    """
    out, settings = Path(out), settings or TrainSettings()
    check_free(out, overwrite=overwrite or resume)
    check_bundle_or_free(out)
    split = split_corpus(
        corpus, validation=validation, test=test, kind=kind, fold=fold,
        seed=settings.seed if split_seed is None else split_seed,
    )  # fmt: skip
    split = teachers.teach(split) if teachers else split
    codebook = corpus.codebook
    check_labels(split)
    findings = audit_split(split)
    refuse_dishonest(findings, allowed=allow_leaks, consequence="nothing was trained")
    before = bundle_before(split, settings, allow_leaks=allow_leaks)
    class_weights(split.train, settings=settings)  # names of labels and tasks, before anything is written
    mirror = mirror_of(settings, codebook=codebook)
    device = pick_device(settings.device)
    work = working_folder(out)
    fingerprint = _fingerprint(split, settings, mirror=mirror)
    position = read_position(work, fingerprint=fingerprint) if resume else Position(fingerprint=fingerprint)
    if not resume:
        shutil.rmtree(work, ignore_errors=True)
    progress("loading the backbone", 0, 0)
    torch.manual_seed(settings.seed)  # the heads are drawn while the network is built
    network, pretrained_tokenizer = load_backbone(with_pooling(settings, train=split.train), codebook=codebook)

    with tracking(run_id=position.run_id, name=f"{out.name}-seed{settings.seed}") as run:
        position.run_id = run.run_id
        save_position(work, position)
        run.log_start(split=split, settings=settings, more=adapted_params(settings.backbone))
        run.log_missing(position.history)
        with new_folder(out, overwrite=overwrite or resume) as folder:
            pretrained_tokenizer.save_pretrained(folder)
            tokenizer = read_tokenizer(folder / "tokenizer.json")
            network.config.windows = choose_windows(tokenizer, split.train.texts, settings=settings)
            run.set_tag("windows", str(network.config.windows))
            learnt = learn(
                network, tokenizer,
                split=split, settings=settings, work=work, position=position, progress=progress, on_epoch=run.log_epoch,
                mirror=mirror,
            )  # fmt: skip
            progress("measuring on held-out passages", 0, 0)
            decision = learnt.decision
            classifier = TransformerClassifier(learnt.network, tokenizer, device="cpu", precision="fp32")
            validated = all_probabilities(learnt.validation, codebook=codebook, decision=decision)
            predicted = predictions(classifier.logits(split.test.texts).tasks, decision=decision, codebook=codebook)
            report = measure(predicted, corpus=split.test)
            progress("training the TF-IDF yardstick", 0, 0)
            linear, linear_decision, linear_report = train_yardstick(split, goal=settings.goal)

            origin = provenance(
                split=split,
                settings=settings,
                device=device,
                precision=pick_precision(settings.precision, device=device),
                seconds=learnt.seconds,
                processes=current_team().size,
                batch=position.passages,
            )
            origin |= {
                "windows": network.config.windows,
                "layers": network.layers,
                "pooling": network.config.pooling,
                "tuned": learnt.tuned,
                "mirror": described_mirror(mirror, passages=learnt.mirrored),
            }
            if teachers:
                origin["teachers"] = teachers.described(report)
            write_transformer(folder, network=learnt.network, tokenizer=pretrained_tokenizer)
            write_seen(folder, texts=[*split.train.texts, *split.validation.texts], before=before)
            write_description(
                folder,
                codebook=codebook,
                decision=decision,
                metrics={"test": report.flat(), "yardstick": linear_report.flat(), "epochs": learnt.history},
                provenance=origin,
                card=model_card(codebook=codebook, report=report, yardstick=linear_report, provenance=origin),
            )
            keep_languages(folder, predicted=predicted, corpus=split.test)
            keep_held_out(folder, test=(predicted.probabilities, split.test), validation=(validated, split.validation))
            if pretrained := for_similarity(settings.backbone):
                keep_reference(
                    folder, backbone=pretrained, learned=split.train.texts, held_out=split.test.texts,
                    seed=settings.seed,
                )  # fmt: skip
            write_yardstick(
                folder / "tfidf",
                classifier=linear,
                decision=linear_decision,
                report=linear_report,
                split=split,
                provenance=origin,
            )
        progress("logging the run" + (" and registering the model" if register else ""), 0, 0)
        try:  # the model first: MLflow asks a server for each figure that the run has by then, one after the other
            champion = run.register(bundle=out, test=split.test, predicted=predicted) if register else "not registered"
        finally:
            run.log_results(report=report, yardstick=linear_report, errors=worst_errors(predicted, corpus=split.test))
            run.log_figures(draw_figures(predicted, corpus=split.test))
    shutil.rmtree(work, ignore_errors=True)
    return Trained(
        bundle=out, report=report, yardstick=linear_report, run_id=run.run_id, champion=champion, predicted=predicted,
        test=split.test, findings=findings,
    )  # fmt: skip


def working_folder(out: Path) -> Path:
    """Where the checkpoints of a training into `out` lie until its bundle is written."""
    return out.with_name(out.name + ".training")


def is_from(bundle: Path, *, split: Split, settings: TrainSettings) -> bool:
    """Whether a bundle is there already that these passages and settings made."""
    if not (bundle / "provenance.json").exists():
        return False
    made = json.loads((bundle / "provenance.json").read_text("utf-8"))
    mirror = mirror_of(settings, codebook=split.train.codebook)
    return (
        made["data"] == described_data(split)
        and made["settings"] == public_settings(settings)
        and made.get("mirror", {}).get("digest") == described_mirror(mirror)["digest"]
    )


def measured_again(bundle: Path, *, split: Split) -> Trained:
    """A finished bundle as its training left it."""
    opened, linear = open_bundle(bundle), open_bundle(bundle / "tfidf")
    test = split.test
    predicted = [predict(one, test) for one in (opened, linear)]
    report, yardstick = (measure(one, corpus=test) for one in predicted)
    return Trained(
        bundle=bundle, report=report, yardstick=yardstick, run_id=None, champion="not registered",
        predicted=predicted[0], test=test, findings=[],
    )  # fmt: skip


def _fingerprint(split: Split, settings: TrainSettings, *, mirror: Mirror | None) -> str:
    described = [
        split.train.digest, split.validation.digest, split.test.digest,
        split.train.codebook.digest, settings.model_dump(mode="json"), mirror and mirror.digest,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]
