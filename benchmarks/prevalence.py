"""How far shares are from the truth, counted raw and corrected, on real labelled passages of known shares.

    python benchmarks/prevalence.py BUNDLE [--halves 8] [--json]

The artificial prevalence protocol: from one half of labelled passages, samples are drawn (with replacement within a
class) whose true shares run over the whole range; the classifier errs in them as it does. Confusions are those of the
bundle's held-out passages (`bundle`), of the other half as a labelled sample (`labelled`), or of `both`. Errors are of
a share, the mean over classes, questions with at least 30 passages of each class, and halves drawn anew; ± is the
standard error over halves. Beside ours, QuaPy's PACC and EMQ on the same posteriors.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from planted.texts import Text, halves, part_of, texts

from narrashift.model.bundle import open_bundle
from narrashift.model.held_out import HeldOut
from narrashift.serving.shifts.prevalence.answers import AnswerSpace, answer_space
from narrashift.serving.shifts.prevalence.confusion import fit_confusion
from narrashift.serving.shifts.prevalence.quantify import DEFAULT, METHODS, shares
from narrashift.serving.shifts.prevalence.questions import Question, class_probabilities, true_classes

SIZES = (50, 200, 500)
LEVELS, REPEATS = 11, 10
FEWEST = 30


@dataclass(frozen=True)
class Samples:
    """Drawn samples: ``(samples, K)`` true shares, ``(samples, n)`` which passages."""

    true: np.ndarray
    drawn: np.ndarray


def samples(true: np.ndarray, classes: int, *, size: int, rng: np.random.Generator) -> Samples:
    """Samples of passages whose shares run over the range: evenly of two classes, uniformly of more."""
    if classes == 2:
        on = np.repeat(np.linspace(0, 1, LEVELS), REPEATS)
        wanted = np.stack([1 - on, on], axis=1)
    else:
        wanted = rng.dirichlet(np.ones(classes), size=LEVELS * REPEATS)
    drawn = np.empty((len(wanted), size), dtype=int)
    counts = np.floor(wanted * size + 1e-9).astype(int)
    counts[:, 0] += size - counts.sum(axis=1)
    for row, count in zip(drawn, counts, strict=True):
        row[:] = np.concatenate([rng.choice(np.flatnonzero(true == k), n) for k, n in enumerate(count)])
    return Samples(true=counts / size, drawn=drawn)


def quapy_shares(question: Question, known: HeldOut, posteriors: np.ndarray, *, rng: np.random.Generator) -> dict:
    """QuaPy's PACC and EMQ, whose held-out passages have no weights: so they are drawn by their weights.

    Args:
        posteriors: ``(samples, n, K)``.
    """
    from quapy.functional import normalize_prevalence
    from quapy.method.aggregative import ACC, EMQ, PACC

    true = true_classes(question, known)
    weights = np.where(true >= 0, known.weights, 0)
    chosen = rng.choice(len(true), 5_000, p=weights / weights.sum())
    given = class_probabilities(question, known.probabilities, codebook=known.codebook)[chosen].astype(float)
    classes = np.arange(len(question.classes))
    rates = PACC.getPteCondEstim(classes, true[chosen], given)
    prior = np.bincount(true[chosen], minlength=len(classes)) / len(chosen)

    def adjusted(means: np.ndarray) -> np.ndarray:  # what its PACC does, whose constructor wants a fitted classifier
        found = ACC.solve_adjustment(rates, means, solver="minimize", method="inversion")
        return normalize_prevalence(found, method="clip")

    return {
        "QuaPy PACC": np.array([adjusted(one.mean(axis=0)) for one in posteriors]),
        "QuaPy EMQ": np.array([EMQ.EM(prior, one)[0] for one in posteriors]),
    }


def measured(
    text: Text, *, number: int, sizes: Sequence[int] = SIZES, quapy: bool = True
) -> Iterator[tuple[tuple, float, float, float]]:
    """(question, size, confusions, method), mean absolute error, bias of low and of high shares."""
    for question in text.questions:
        rng = np.random.default_rng([number, len(question.name)])
        true = true_classes(question, text.passages)
        if np.bincount(true[true >= 0], minlength=len(question.classes)).min() < FEWEST:
            continue
        population, other = halves(text.passages, true, rng=rng)
        labelled = part_of(text.passages, other)
        base = text.held_out or labelled
        space = answer_space(question, base)
        drawn_from = part_of(text.passages, population)
        answers = space.answers(drawn_from.probabilities).astype(int)
        known = {"bundle": (base, None)}
        if text.held_out is not None:
            known |= {"labelled": (None, labelled), "both": (base, labelled)}
        for size in sizes:
            drawn = samples(true[population], len(question.classes), size=size, rng=rng)
            counts = counted(answers, drawn, space)
            found = {
                (name, method): shares(
                    counts, fit_confusion(space, *parts[:1], labelled=parts[1], resamples=1), method=method
                )
                for name, parts in known.items()
                for method in METHODS
            }
            if size == 200 and quapy:
                posteriors = class_probabilities(question, drawn_from.probabilities, codebook=base.codebook).astype(
                    float
                )
                for name in ("bundle", "labelled") if text.held_out else ("bundle",):
                    whole = known[name][0] or labelled
                    peers = quapy_shares(question, whole, posteriors[drawn.drawn], rng=rng)
                    found |= {(name, method): values for method, values in peers.items()}
            for (name, method), values in found.items():
                errors, low, high = values - drawn.true, drawn.true <= 0.2, drawn.true >= 0.8
                yield (
                    (question.name, size, name, method), float(np.abs(errors).mean()),
                    float(errors[low].mean()), float(errors[high].mean()),
                )  # fmt: skip


def counted(answers: np.ndarray, drawn: Samples, space: AnswerSpace) -> np.ndarray:
    return np.stack([np.bincount(answers[row], minlength=space.size) for row in drawn.drawn])


def prevalence_errors(bundle: Path, *, real: bool, halves: int) -> dict[str, float]:
    """Mean absolute error of shares of 200 passages: `prevalence.py` has more."""
    text = next(one for one in texts(open_bundle(bundle)) if one.name == ("real" if real else "starter"))
    errors: dict[tuple[str, str], list[float]] = {}
    for number in range(halves):
        for (_, _, known, method), error, *_ in measured(text, number=number, sizes=(200,), quapy=False):
            errors.setdefault((known, method), []).append(error)
    figures = {
        "prevalence_mae/raw": errors["bundle", "count"],
        "prevalence_mae/corrected": errors["bundle", DEFAULT],
    }
    if ("both", "matching") in errors:
        figures["prevalence_mae/corrected/labelled"] = errors["both", "matching"]
    return {name: float(np.mean(found)) for name, found in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--halves", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    arguments = parser.parse_args()
    flat: dict[str, float] = {}
    for text in texts(open_bundle(arguments.bundle)):
        errors: dict[tuple, dict[int, list]] = defaultdict(lambda: defaultdict(list))
        by_question: dict[tuple, list[float]] = defaultdict(list)
        for number in range(arguments.halves):
            for (question, *key), *found in measured(text, number=number):
                errors[tuple(key)][number].append(found)
                by_question[question, *key].append(found[0])
        print(table(text.name, errors), questions_table(by_question), sep="\n\n", end="\n\n")
        for (size, name, method), found in errors.items():
            if size == 200:
                mean = np.mean([np.mean(one, axis=0) for one in found.values()], axis=0)
                flat[f"{text.name}/{name}/{method}".replace(" ", "_")] = round(float(mean[0]), 5)
    if arguments.json:
        first = "real" if "real/bundle/count" in flat else "starter"
        best = flat.get(f"{first}/both/matching", flat[f"{first}/bundle/{DEFAULT}"])
        flat |= {
            "prevalence_mae/raw": flat[f"{first}/bundle/count"],
            "prevalence_mae/corrected": flat[f"{first}/bundle/{DEFAULT}"],
            "prevalence_mae/corrected_with_labelled": best,
        }
        print(json.dumps(flat))


def table(name: str, errors: dict[tuple, dict[int, list]]) -> str:
    """Mean absolute error by size, and bias at 200 passages where the true share is small and where it is large."""
    sizes = " | ".join(f"n = {size}" for size in SIZES)
    lines = [f"**{name}**", "", f"| confusions | method | {sizes} | bias, share ≤ 0.2 | bias, share ≥ 0.8 |"]
    lines.append("|---" * (len(SIZES) + 4) + "|")
    for known, method in dict.fromkeys((known, method) for _, known, method in errors):
        if method in ("count",) and known != "bundle":
            continue
        cells = []
        for size in SIZES:
            own = [np.mean(one, axis=0)[0] for one in errors.get((size, known, method), {}).values()]
            cells.append(f"{np.mean(own):.3f} ± {np.std(own, ddof=1) / np.sqrt(len(own)):.3f}" if len(own) > 1 else "–")
        bias = np.mean([np.mean(one, axis=0) for one in errors[200, known, method].values()], axis=0)
        lines.append(f"| {known} | {method} | {' | '.join(cells)} | {bias[1]:+.3f} | {bias[2]:+.3f} |")
    return "\n".join(lines)


def questions_table(by_question: dict[tuple, list[float]]) -> str:
    """Mean absolute error of each question at 200 passages."""
    wanted = [
        ("bundle", "count"),
        ("bundle", "probabilistic"),
        ("bundle", "em"),
        ("bundle", "matching"),
        ("bundle", DEFAULT),
        ("both", "matching"),
    ]
    wanted = [pair for pair in wanted if any(key[2:] == pair for key in by_question)]
    lines = ["| question | " + " | ".join(f"{method} ({known})" for known, method in wanted) + " |"]
    lines.append("|---" * (len(wanted) + 1) + "|")
    for question in dict.fromkeys(key[0] for key in by_question):
        cells = [f"{np.mean(by_question[question, 200, *pair]):.3f}" for pair in wanted]
        lines.append(f"| {question} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
