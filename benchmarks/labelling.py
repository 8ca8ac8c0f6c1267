"""What weighed votes are worth: against each voter alone and against majority vote, and for a model trained on them.

    python benchmarks/labelling.py [--passages 4000] [--data dev.jsonl] [--bundle BUNDLE] [--json]

Labels of the starter corpus are hidden and made anew by the functions in seeds/functions.toml (written from the
codebook) and the codebook's wording. *Labels*: how right they are on these very passages, by macro-F1 over the leaves
(a passage nobody speaks of is neutral and without frame or technique) and by log-loss a question. *Model*: logistic
regression on the sentence encoder's vectors, trained on majority votes, on decided labels, or on probabilities, by
macro average precision (thresholds would need labels) on the corpus's test part and, where it is there, on
../shared/data/realwar/dev.jsonl; `truth` is the same model trained on the hidden labels. With --bundle a bundle votes
on the real passages, too (it knows the starter corpus). Intervals: 95 %, bootstrap over passages.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score

from narrashift.model.codebook import read_codebook
from narrashift.seeds import seed_file
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.labelling.functions import read_functions
from narrashift.training.labelling.graded import wording
from narrashift.training.labelling.judges import ask_bundle, sentence_vectors
from narrashift.training.labelling.label import SURE
from narrashift.training.labelling.passages import given_shares
from narrashift.training.labelling.votes import SILENT, questions_of
from narrashift.training.labelling.weighing import Weighed, decided_labels, weigh

REAL = Path("../shared/data/realwar/dev.jsonl")
RESAMPLES = 100
BOOK = read_codebook()
QUESTIONS = questions_of(BOOK)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=4_000)
    parser.add_argument("--data", type=Path, default=REAL)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    with seed_file("corpus.jsonl") as path:
        corpus = read_corpus([path], codebook=BOOK)
    split = np.array(corpus.column("split"))
    rng = np.random.default_rng(0)
    parts = {
        "corpus": corpus.select(rng.permutation(np.flatnonzero(split == "train"))[: given.passages]),
        "test": corpus.select(np.flatnonzero(split == "test")),
    }
    if given.data.exists():
        parts["real"] = read_corpus([given.data], codebook=BOOK)
    said = wording(BOOK)
    flat = [sentence for each in said.values() for _, sentence in each]
    vectors = sentence_vectors([text for part in parts.values() for text in part.texts] + flat, backbone="minilm-l6")
    ends = np.cumsum([len(part) for part in parts.values()])
    own = dict(zip(parts, np.split(vectors[: ends[-1]], ends[:-1]), strict=True))
    sentences, at = {}, int(ends[-1])
    for name, each in said.items():
        sentences[name] = ([leaf for leaf, _ in each], vectors[at : at + len(each)])
        at += len(each)
    with seed_file("functions.toml") as path:
        functions, stated = read_functions(path, codebook=BOOK)
    shares = given_shares(stated, codebook=BOOK)
    out: dict[str, float] = {}
    kept: list[Weighed] = []
    for name, part in parts.items():
        if name == "test":
            continue
        bundles = {}
        if name == "real" and given.bundle:
            bundles = {"bundle": ask_bundle(given.bundle, part.texts, codebook=BOOK, progress=lambda *_: None)}
        weighed = weigh(
            [{"text": text} for text in part.texts], codebook=BOOK, functions=functions, shares=shares,
            vectors=own[name], sentences=sentences, bundles=bundles,
        )  # fmt: skip
        if name == "corpus":
            kept = weighed
        print(f"\nlabels of {len(part):,} passages: {name}")
        show(part, weighed, shares=shares, name=name, out=out)
    print("\nmodels trained on the labels of `corpus`")
    for kind, targets in learning_targets(parts["corpus"], kept).items():
        for name in [name for name in parts if name != "corpus"]:
            predicted = {question: fit_and_ask(own["corpus"], *targets[question], own[name]) for question in targets}
            report(f"model/{name}/{kind}", parts[name], predicted, out=out, of=_precision)
    if given.json:
        print(json.dumps({key: round(value, 4) for key, value in out.items()}))


def truth(part: Corpus, question: int) -> np.ndarray:
    """Class of each passage for a question."""
    asked = QUESTIONS[question]
    values = part.targets[asked.task]
    if asked.label is None:
        return values
    return (values[:, BOOK.tasks[asked.task].leaves.index(asked.label)] > 0).astype(int)


def majority(weighed: Weighed) -> np.ndarray:
    """``(passages, classes)`` of functions' votes, a vote each; nobody's: the usual class."""
    width = len(weighed.question.classes)
    votes = np.zeros((len(weighed.votes[0].said), width))
    for one in weighed.votes:
        if not one.graded:
            votes[:, int(one.worth[0].argmax())] += one.said != SILENT
    usual = np.zeros(width)
    usual[weighed.question.classes.index("neutral") if weighed.question.label is None else 0] = 0.5
    votes = votes + usual
    return votes / votes.sum(axis=1, keepdims=True)


def show(
    part: Corpus, weighed: list[Weighed], *, shares: dict[str, np.ndarray], name: str, out: dict[str, float]
) -> None:
    """Labels by majority vote, by the best voter alone (found in hindsight, question by question), and weighed."""
    told = {i: one.combined.probabilities for i, one in enumerate(weighed)}
    voted = {i: majority(one) for i, one in enumerate(weighed)}
    alone = {}
    for i, one in enumerate(weighed):
        worth = [
            known[np.where(each.said == SILENT, len(each.worth), each.said)]
            for each, known in zip(one.votes, one.combined.worth, strict=True)
        ]
        y = truth(part, i)
        alone[i] = max(worth, key=lambda found: f1_score(y, found.argmax(axis=1), average="macro"))
    for kind, found in (("best voter", alone), ("majority", voted), ("weighed", told)):
        report(f"labels/{name}/{kind}", part, {i: p.argmax(axis=1) for i, p in found.items()}, out=out)
        losses = [-np.log(np.clip(p[np.arange(len(part)), truth(part, i)], 0.01, 1)).mean() for i, p in found.items()]
        print(f"{'':40s}log-loss a question {np.mean(losses):.3f}")
        out[f"log_loss/{name}/{kind}"] = float(np.mean(losses))
    base = [-np.log(shares[question.name][truth(part, i)]).mean() for i, question in enumerate(QUESTIONS)]
    print(f"{'stated shares alone':40s}log-loss a question {np.mean(base):.3f}")


def learning_targets(part: Corpus, weighed: list[Weighed]) -> dict[str, dict[int, tuple[np.ndarray, np.ndarray]]]:
    """Kind -> question -> probabilities ``(passages, classes)`` to learn from, and which passages to learn from."""
    found: dict[str, dict[int, tuple[np.ndarray, np.ndarray]]] = {}
    everyone = np.ones(len(part), dtype=bool)
    written = {task: decided_labels(weighed, task=task, codebook=BOOK, sure=SURE) for task in BOOK.tasks}
    for i, one in enumerate(weighed):
        classes, leaf = len(one.question.classes), one.question.label
        hard, soft = written[one.question.task]
        decided = np.array([label is not None for label in hard])
        told = soft if leaf is None else soft[:, [BOOK.tasks[one.question.task].leaves.index(leaf)] * 2]
        told = told if leaf is None else np.abs([1.0, 0.0] - told)
        known = ~np.isnan(told).any(axis=1)
        told = np.nan_to_num(told)
        spoke = np.any([each.said != SILENT for each in one.votes if not each.graded], axis=0)
        voted = np.eye(classes)[majority(one).argmax(axis=1)]
        found.setdefault("majority", {})[i] = (voted, spoke if leaf is None else everyone)
        found.setdefault("decided", {})[i] = (np.eye(classes)[told.argmax(axis=1)], decided)
        found.setdefault("probabilities", {})[i] = (told, known)
        found.setdefault("truth", {})[i] = (np.eye(classes)[truth(part, i)], everyone)
    return found


def fit_and_ask(vectors: np.ndarray, probabilities: np.ndarray, among: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Probabilities of passages by logistic regression, each class of a passage weighted by its probability."""
    rows, classes = np.nonzero(among[:, None] & (probabilities > 0.001))
    found = np.zeros((len(asked), probabilities.shape[1]))
    if len(set(classes.tolist())) < 2:
        return found
    model = LogisticRegression(C=3.0, max_iter=300)
    model.fit(vectors[rows], classes, sample_weight=probabilities[rows, classes])
    found[:, model.classes_] = model.predict_proba(asked)
    return found


Figure = Callable[[int, np.ndarray, np.ndarray], float]


def report(
    name: str, part: Corpus, predicted: dict[int, np.ndarray], *, out: dict[str, float], of: Figure | None = None
) -> None:
    """Print and keep a figure (macro-F1 without) by task, with intervals."""
    figure = of or _f1
    rng = np.random.default_rng(1)
    draws = rng.integers(len(part), size=(RESAMPLES, len(part)))
    cells = []
    for task in BOOK.tasks:
        asked = [i for i, question in enumerate(QUESTIONS) if question.task == task and i in predicted]
        y = {i: truth(part, i) for i in asked}

        def score(rows: np.ndarray, asked: list[int] = asked, y: dict[int, np.ndarray] = y) -> float:
            return float(np.nanmean([figure(i, y[i][rows], predicted[i][rows]) for i in asked]))

        value = score(np.arange(len(part)))
        low, high = np.quantile([score(rows) for rows in draws], [0.025, 0.975])
        cells.append(f"{task} {value:.3f} [{low:.3f}, {high:.3f}]")
        out[f"{name}/{task}"] = value
    print(f"{name:40s}" + "  ".join(cells), flush=True)


def _f1(question: int, y: np.ndarray, found: np.ndarray) -> float:
    one: Callable[..., float] = f1_score
    if QUESTIONS[question].label is None:
        return one(y, found, average="macro", labels=range(len(QUESTIONS[question].classes)), zero_division=0)
    return one(y, found, zero_division=0)


def _precision(question: int, y: np.ndarray, found: np.ndarray) -> float:
    """Average precision, mean over the classes (single) or of `on`; NaN where none of them is there."""
    classes = range(found.shape[1]) if QUESTIONS[question].label is None else [1]
    each = [average_precision_score(y == k, found[:, k]) if (y == k).any() else np.nan for k in classes]
    return float(np.nanmean(each)) if not np.all(np.isnan(each)) else float("nan")


if __name__ == "__main__":
    main()
