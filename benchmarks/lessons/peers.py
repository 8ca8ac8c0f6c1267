"""The systems that `training.py` compares: each learns from labelled passages and says how it labels others."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from narrashift.model.pretrained import resolve_backbone
from narrashift.training.data.corpus import Corpus

from .lesson import Label, Lesson
from .tfidf import tfidf

SMALL = 1_000
"""Passages below which plain fine-tuning is given 15 epochs when it is tuned."""
SETFIT_BATCH = 16
SETFIT_PAIRS = 3_840
"""Pairs that SetFit gets at least where labels are few: its paper's 20 iterations for 96 passages."""


def narrashift(lesson: Lesson) -> Label:
    """This system, as `narrashift train TRAIN --test TEST --no-track` runs it; validation is cut from train."""
    from narrashift.training.settings import TrainSettings
    from narrashift.training.train import train

    settings = TrainSettings.read(None, {"backbone": lesson.backbone, "seed": lesson.seed, **lesson.settings})
    with tempfile.TemporaryDirectory() as folder:
        trained = train(corpus=lesson.train, test=lesson.test, out=Path(folder) / "bundle", settings=settings)
    return lambda texts: trained.predicted.on[lesson.task]


def plain(lesson: Lesson) -> Label:
    """`AutoModelForSequenceClassification` and `Trainer` with default settings, threshold 0.5."""
    return lesson.decide(_fine_tuned(lesson, lesson.train))


def plain_tuned(lesson: Lesson) -> Label:
    """The same with 15 epochs where passages are few, else 4, and the best threshold on a held-out tenth."""
    learnt, held = lesson.held_out()
    return lesson.decide(_fine_tuned(lesson, learnt, epochs=_epochs(lesson)), held)


def _epochs(lesson: Lesson) -> int:
    return 15 if len(lesson.train) < SMALL else 4


def _fine_tuned(lesson: Lesson, learnt: Corpus, **settings: Any) -> Callable[[Sequence[str]], np.ndarray]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed

    set_seed(lesson.seed)
    where = resolve_backbone(lesson.backbone)
    tokenizer = AutoTokenizer.from_pretrained(where)
    network = AutoModelForSequenceClassification.from_pretrained(
        where,
        num_labels=len(lesson.leaves),
        problem_type="multi_label_classification" if lesson.multi else "single_label_classification",
        dtype=torch.float32,
    )

    def rows(texts: Sequence[str], labels: Sequence[Any]) -> list[dict[str, Any]]:
        encoded = tokenizer(list(texts), truncation=True)
        return [
            {**{name: values[i] for name, values in encoded.items()}, "labels": label} for i, label in enumerate(labels)
        ]

    def named(corpus: Corpus) -> Sequence[Any]:
        values = corpus.targets[lesson.task]
        return values.astype(np.float32).tolist() if lesson.multi else values.tolist()

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, seed=lesson.seed, save_strategy="no", report_to="none", disable_tqdm=True,
            **({"num_train_epochs": settings["epochs"]} if "epochs" in settings else {}),
        )  # fmt: skip
        trainer = Trainer(
            network, arguments, train_dataset=rows(learnt.texts, named(learnt)), processing_class=tokenizer
        )
        trainer.train()

    def probabilities(texts: Sequence[str]) -> np.ndarray:
        blank = [[0.0] * len(lesson.leaves) if lesson.multi else 0] * len(texts)
        logits = trainer.predict(rows(texts, blank)).predictions
        return 1 / (1 + np.exp(-logits)) if lesson.multi else logits

    return probabilities


def setfit(lesson: Lesson) -> Label:
    """SetFit with as many pairs as cost what tuned plain fine-tuning costs, never more than its own default draws.

    By default it would learn from every pair of passages: 16 million of 4,000 passages.
    """
    import torch
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    learnt, held = lesson.held_out()
    model = SetFitModel.from_pretrained(
        resolve_backbone(lesson.backbone), **({"multi_target_strategy": "one-vs-rest"} if lesson.multi else {})
    )
    model.model_body.to(torch.float32)
    labels = learnt.targets[lesson.task].astype(int).tolist()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, batch_size=SETFIT_BATCH, max_steps=setfit_steps(lesson), seed=lesson.seed,
            save_strategy="no", report_to="none", show_progress_bar=False,
        )  # fmt: skip
        data = Dataset.from_dict({"text": learnt.texts, "label": labels})
        Trainer(model=model, args=arguments, train_dataset=data).train()

    def probabilities(texts: Sequence[str]) -> np.ndarray:
        found = np.asarray(model.predict_proba(list(texts), as_numpy=True))
        if lesson.multi:
            return found
        every = np.zeros((len(texts), len(lesson.leaves)))
        every[:, model.model_head.classes_] = found
        return every

    return lesson.decide(probabilities, held)


def setfit_steps(lesson: Lesson) -> int:
    """Steps of 16 pairs. A pair is two passages, so that N passages' pairs cost two epochs of plain fine-tuning."""
    on = lesson.on(lesson.train).astype(int)
    alike = int((np.triu(on @ on.T) > 0).sum())
    by_default = 2 * max(alike, len(on) * (len(on) + 1) // 2 - alike)
    affordable = -(-_epochs(lesson) // 2) * len(on)
    return max(1, min(by_default, max(affordable, SETFIT_PAIRS if lesson.few else 0)) // SETFIT_BATCH)


def model2vec(lesson: Lesson) -> Label:
    """A static model distilled from the same backbone, and model2vec's classifier on it; distilling is counted."""
    import torch
    from model2vec.train import StaticModelForClassification

    from .static import distilled

    torch.manual_seed(lesson.seed)
    model = StaticModelForClassification.from_static_model(model=distilled(resolve_backbone(lesson.backbone)))
    learnt, held = lesson.held_out()

    def named(corpus: Corpus) -> list[Any]:
        found = [labels or [] for labels in corpus.labels(lesson.task)]
        return found if lesson.multi else [labels[0] for labels in found]

    given = {} if held is None else {"X_val": held.texts, "y_val": named(held)}
    model.fit(learnt.texts, named(learnt), random_seed=lesson.seed, device="cpu", **given)
    columns = [lesson.leaves.index(str(name)) for name in model.classes]

    def probabilities(texts: Sequence[str]) -> np.ndarray:
        every = np.zeros((len(texts), len(lesson.leaves)))
        every[:, columns] = model.predict_proba(list(texts))
        return every

    return lesson.decide(probabilities, held)


SYSTEMS: dict[str, Callable[[Lesson], Label]] = {
    "narrashift": narrashift,
    "plain": plain,
    "plain-tuned": plain_tuned,
    "setfit": setfit,
    "model2vec": model2vec,
    "tfidf": tfidf,
}
