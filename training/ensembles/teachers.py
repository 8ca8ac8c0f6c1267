"""Bundles of several seeds as teachers of one of their size: what they say, and how good they are together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy.special import logit

from ...model.bundle import open_bundle
from ...model.codebook import Codebook
from ...model.decision import all_probabilities
from ...model.folders import whole_file, write_whole
from ...model.progress import Progress
from ..data.corpus import Corpus
from ..data.duplicates import near_duplicates
from ..data.splits import Split
from ..measuring.calibration import fit_decision
from ..measuring.evaluation import Report, measure, predictions
from ..repeats import Spread, spreads
from ..train import Trained
from .taught import SHARE, mean_probabilities, taught

SAID, OF = "said.safetensors", "said.json"


@dataclass(frozen=True)
class Teachers:
    """What a pupil is taught by.

    Attributes:
        bundles: name -> digest.
        unlabelled: passages without labels that the pupil learns from too.
        probabilities: task -> ``(train passages, then unlabelled ones; leaves)``, the teachers' mean.
        alone: each figure of whole tasks on test, over the teachers.
        together: figures of the teachers' mean probabilities.
    """

    bundles: dict[str, str]
    unlabelled: list[str]
    probabilities: dict[str, np.ndarray]
    alone: dict[str, Spread]
    together: Report

    def teach(self, split: Split) -> Split:
        """The split with what the pupil learns from in the place of train."""
        return replace(split, train=taught(with_texts(split.train, self.unlabelled), self.probabilities))

    def described(self, pupil: Report) -> dict[str, Any]:
        """For the pupil's provenance and card: who taught it, and what that brought on the same test passages."""
        figures = {
            name: {
                "alone": round(self.alone[name].mean, 6),
                "alone_sd": round(self.alone[name].deviation, 6),
                "together": round(self.together.figures[name].value, 6),
                "pupil": round(figure.value, 6),
            }
            for name, figure in pupil.headline().items()
            if self.alone[name].count > 1 and not np.isnan([figure.value, self.together.figures[name].value]).any()
        }
        return {"bundles": self.bundles, "share": SHARE, "unlabelled": len(self.unlabelled), "figures": figures}


def ask_teachers(
    folder: Path, *, trained: Mapping[str, Trained], split: Split, unlabelled: Sequence[str], progress: Progress
) -> Teachers:
    """Ask bundles what they say; it is kept in `folder`, and not asked for again.

    Args:
        trained: the teachers by name, in `folder`, all of this split.
        unlabelled: those that a passage of the split nearly repeats are left out.
    """
    codebook, opened = split.train.codebook, {name: open_bundle(one.bundle) for name, one in trained.items()}
    texts = unknown_texts(unlabelled, split=split)
    all_texts = [*split.train.texts, *texts, *split.validation.texts]
    validation = len(split.train) + len(texts)
    digests = {name: bundle.digest for name, bundle in opened.items()}
    learnt = {"train": with_texts(split.train, texts).digest, "validation": split.validation.digest}
    whole = {"bundles": digests, **learnt}
    if _read(folder / OF) != whole:
        told = []
        for number, bundle in enumerate(opened.values(), start=1):
            progress(f"asking the teachers ({number} of {len(opened)})", number - 1, len(opened))
            logits = bundle.classifier().logits(all_texts).tasks
            told.append(all_probabilities(logits, codebook=codebook, decision=bundle.decision))
        with whole_file(folder / SAID) as temporary:
            save_file(mean_probabilities(told, codebook=codebook), temporary)
        write_whole(folder / OF, json.dumps(whole))
    said = load_file(folder / SAID)
    validated = {name: values[validation:] for name, values in said.items()}
    return Teachers(
        bundles=digests,
        unlabelled=texts,
        probabilities={name: values[:validation] for name, values in said.items()},
        alone=spreads([one.report for one in trained.values()]),
        together=measured_together(trained, validated=validated, split=split),
    )


def measured_together(trained: Mapping[str, Trained], *, validated: Mapping[str, np.ndarray], split: Split) -> Report:
    """Figures of the mean of the bundles' probabilities on test.

    Args:
        validated: that mean on validation, to which a decision layer is fitted.
    """
    codebook = split.train.codebook
    decision = fit_decision(as_logits(validated, codebook=codebook), corpus=split.validation)
    tested = mean_probabilities([one.predicted.probabilities for one in trained.values()], codebook=codebook)
    predicted = predictions(as_logits(tested, codebook=codebook), decision=decision, codebook=codebook)
    return measure(predicted, corpus=split.test)


def as_logits(probabilities: Mapping[str, np.ndarray], *, codebook: Codebook) -> dict[str, np.ndarray]:
    """Logits that give these probabilities, so that a decision layer can be fitted to them."""
    inside = {name: np.clip(np.asarray(values, np.float64), 1e-6, 1 - 1e-6) for name, values in probabilities.items()}
    return {n: np.log(v) if codebook.tasks[n].kind == "single" else logit(v) for n, v in inside.items()}


def unknown_texts(texts: Sequence[str], *, split: Split) -> list[str]:
    """Texts that no passage of the split nearly repeats: what is measured on must not be learnt."""
    if not texts:
        return []
    known = [text for part in (split.train, split.validation, split.test) for text in part.texts]
    pairs = near_duplicates([*known, *texts])
    repeated = {pair.second - len(known) for pair in pairs if pair.first < len(known) <= pair.second}
    return [text for i, text in enumerate(texts) if i not in repeated]


def with_texts(corpus: Corpus, texts: Sequence[str]) -> Corpus:
    """The corpus, and behind it these passages without any label."""
    if not texts:
        return corpus
    count = len(texts)

    def longer(values: np.ndarray) -> np.ndarray:
        nothing = np.full((count, *values.shape[1:]), -1 if values.ndim == 1 else np.nan, dtype=values.dtype)
        return np.concatenate([values, nothing])

    return Corpus(
        codebook=corpus.codebook,
        texts=[*corpus.texts, *texts],
        targets={name: longer(values) for name, values in corpus.targets.items()},
        columns={name: [*values, *[None] * count] for name, values in corpus.columns.items()},
        soft={name: longer(values) for name, values in corpus.soft.items()},
    )


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
