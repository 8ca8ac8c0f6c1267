"""Does a decision hang on its evidence? Delete the words, score again, and compare with deleting other words.

    python benchmarks/evidence.py DATA BUNDLE [--split test] [--sample 300] [--steps 1,2,8] [--dump DUMP] [--json]

DATA are passages with a `text` column; labels in it are not looked at. For every label that the bundle decides, the
evidence is deleted from the text, and the text is decided again by the same engine: `changed` is the share of labels
that are then no longer decided. Beside it, as many other words are deleted: of the passage, of the sentence that the
evidence stands in, and of like length, each drawn five times. Of passages with several sentences, the sentence of the
evidence is deleted, and another. Ways of weighing words are compared in the same run: each by the same search for few
words, and by its heaviest 1, 3 and 5 words without any search. Intervals are 95 % bootstrap intervals over passages.
With a dump, `score` is timed on it with and without `--evidence`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from captum.attr import InputXGradient
from torch import Tensor

import narrashift
from narrashift.model.bundle import Bundle, open_bundle
from narrashift.model.classifier import Classifier
from narrashift.model.evidence.explain import Evidence, Explainer
from narrashift.model.evidence.gradients import STEPS, GradientWeights
from narrashift.model.evidence.labels import DecidedLabel, decided_labels, still_decided
from narrashift.model.evidence.occlusion import OcclusionWeights
from narrashift.model.evidence.words import Span, without, word_spans
from narrashift.model.tokens import read_tokenizer
from narrashift.rows import read_rows
from narrashift.serving.engines import choose_engine, open_engine
from narrashift.serving.evidence import carrying_sentence
from narrashift.serving.sentences import sentence_spans
from narrashift.serving.settings import ScoreSettings

SIZES = (1, 3, 5)
DRAWS = 5


class Part:
    """A part of the network alone, by integrated gradients."""

    def __init__(self, weigh: GradientWeights, **parts: bool) -> None:
        self.weigh, self.parts = weigh, parts

    def __call__(self, *args: Any) -> list[np.ndarray]:
        return [found.words for found in self.weigh.attribute(*args, **self.parts)]


class GradientTimesInput(GradientWeights):
    """The gradient at the passage alone (Shrikumar et al. 2016)."""

    def _shares(self, inputs: Tensor, baseline: Tensor, rest: tuple[Tensor, Tensor]) -> Tensor:
        found = InputXGradient(self._log_odds).attribute(inputs.detach().requires_grad_(), additional_forward_args=rest)
        return found * (baseline == 0).all(-1, keepdim=True)


class RandomOrder:
    """Weights drawn at random: what the search for few words finds by itself."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(
        self, texts: Sequence[str], words: Sequence[Sequence[Span]], labels: Sequence[DecidedLabel]
    ) -> list[np.ndarray]:
        return [self.rng.random(len(words[label.text])) for label in labels]


class Faithfulness:
    """Deletes words of labelled texts and asks whether the labels still stand."""

    def __init__(self, texts: Sequence[str], *, bundle: Bundle, classifier: Classifier) -> None:
        self.texts, self.bundle, self.classifier = texts, bundle, classifier
        self.both = {"codebook": bundle.codebook, "decision": bundle.decision}
        self.logits = classifier.logits(texts).tasks
        self.labels = decided_labels(self.logits, **self.both)
        self.words = [word_spans(text) for text in texts]
        self.sentences = [sentence_spans(text) for text in texts]

    def changed(self, gone: Sequence[Sequence[int]], *, put: str = "") -> np.ndarray:
        """Whether each label falls without its words, or with `put` in their places: ``(labels,)`` bool."""
        reduced = []
        for label, own in zip(self.labels, gone, strict=True):
            text, spans = self.texts[label.text], [self.words[label.text][word] for word in own]
            reduced.append(_replaced(text, spans, put) if put else without(text, spans))
        return ~still_decided(self.classifier.logits(reduced).tasks, self.labels, **self.both)

    def evidence(self, weigh: Any) -> tuple[list[Evidence], float]:
        """The evidence of every label, and the processor seconds that it took."""
        before = time.process_time()
        found = Explainer(weigh, self.classifier, **self.both).explain(self.texts, self.logits)
        seconds = time.process_time() - before
        return [evidence for own in found for evidence in own], seconds

    def without_sentences(self, evidence: Sequence[Evidence]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Whether labels fall without the evidence's sentence and without another, and which have several."""
        rng, several, reduced = np.random.default_rng(0), np.zeros(len(evidence), bool), ([], [])
        for row, (label, own) in enumerate(zip(self.labels, evidence, strict=True)):
            text, sentences = self.texts[label.text], self.sentences[label.text]
            several[row] = len(sentences) > 1 and len(own.chosen) > 0
            if several[row]:
                carrying = carrying_sentence(own, text=text, sentences=sentences)
                others = [span for span in sentences if not span[0] <= carrying[0] < span[1]]
                for texts, span in zip(reduced, (carrying, others[rng.integers(len(others))]), strict=True):
                    texts.append(without(text, [span]))
        labels = [label for label, yes in zip(self.labels, several, strict=True) if yes]
        mine, other = (~still_decided(self.classifier.logits(texts).tasks, labels, **self.both) for texts in reduced)
        return mine, other, several

    def others(self, evidence: Sequence[Evidence], pick: Callable, *, seed: int) -> list[list[int]]:
        """As many other words for each label."""
        rng = np.random.default_rng(seed)
        return [
            pick(label, [int(word) for word in own.chosen], rng) if len(own.chosen) else []
            for label, own in zip(self.labels, evidence, strict=True)
        ]

    def anywhere(self, label: DecidedLabel, chosen: list[int], rng: np.random.Generator) -> list[int]:
        """Of the passage."""
        rest = np.setdiff1d(np.arange(len(self.words[label.text])), chosen)
        return rng.permutation(rest)[: len(chosen)].tolist()

    def beside(self, label: DecidedLabel, chosen: list[int], rng: np.random.Generator) -> list[int]:
        """Of the sentence that each word stands in; of the passage where that has no more."""
        words = self.words[label.text]
        starts = np.array([start for start, _ in self.sentences[label.text]])
        where = np.searchsorted(starts, [start for start, _ in words], side="right")
        left, found = set(range(len(words))) - set(chosen), []
        for word in chosen:
            same = [other for other in sorted(left) if where[other] == where[word]] or sorted(left)
            if same:
                found.append(int(rng.choice(same)))
                left.discard(found[-1])
        return found

    def alike(self, label: DecidedLabel, chosen: list[int], rng: np.random.Generator) -> list[int]:
        """Of like length: one of the three nearest in characters, for each word."""
        lengths = [end - start for start, end in self.words[label.text]]
        left, found = set(range(len(lengths))) - set(chosen), []
        for word in chosen:
            nearest = sorted(left, key=lambda other: (abs(lengths[other] - lengths[word]), rng.random()))[:3]
            if nearest:
                found.append(int(rng.choice(nearest)))
                left.discard(found[-1])
        return found


def _replaced(text: str, spans: Sequence[Span], put: str) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + put + text[end:]
    return text


def measure(texts: Sequence[str], bundle_path: Path, *, engine: str, steps: Sequence[int], mask: str) -> dict[str, Any]:
    """All shares of the report."""
    bundle = open_bundle(bundle_path)
    settings = ScoreSettings(engine=engine, device="cpu", precision="auto")
    classifier = open_engine(bundle, engine=choose_engine(bundle, settings=settings), settings=settings)
    test = Faithfulness(texts, bundle=bundle, classifier=classifier)
    kinds = np.array([_kind(label, bundle) for label in test.labels])
    owner = np.array([label.text for label in test.labels])
    tokenizer = read_tokenizer(bundle.path / "tokenizer.json")

    def gradients(steps: int = STEPS, kind: type[GradientWeights] = GradientWeights) -> GradientWeights:
        return kind(bundle.network(), tokenizer, decision=bundle.decision, steps=steps)

    ours = gradients()
    ways: dict[str, Any] = {
        "integrated gradients + lexical head": ours,
        "encoder alone": Part(ours, lexical=False),
        "lexical head alone": Part(ours, encoder=False),
        "gradient × input + lexical head": gradients(kind=GradientTimesInput),
        **{f"with {count} steps": gradients(count) for count in steps},
        "occlusion of every word": OcclusionWeights(classifier, decision=bundle.decision),
        "words in random order": RandomOrder(0),
    }
    rows = {}
    for name, weigh in ways.items():
        evidence, seconds = test.evidence(weigh)
        changed = test.changed([e.chosen for e in evidence])
        curve = [
            test.changed([np.argsort(-own.weights, kind="stable")[:size].tolist() for own in evidence])
            for size in SIZES
        ]
        rows[name] = {
            "changed": _shares(changed, kinds, owner), "words": float(np.mean([len(e.chosen) for e in evidence])),
            "curve": [float(c[kinds != "neutral"].mean()) for c in curve], "per_cpu_s": len(texts) / seconds,
        }  # fmt: skip
        if weigh is ours:
            first, own = evidence, changed
            masked = test.changed([e.chosen for e in evidence], put=mask)
            rows[name]["masked"] = _shares(masked, kinds, owner)
    controls = {}
    for name, pick in (("passage", test.anywhere), ("sentence", test.beside), ("length", test.alike)):
        draws = np.mean([test.changed(test.others(first, pick, seed=seed)) for seed in range(DRAWS)], axis=0)
        controls[name] = {"changed": _shares(draws, kinds, owner), "less": _shares(own - draws, kinds, owner)}
    mine, other, several = test.without_sentences(first)
    sentences = {
        name: _shares(values, kinds[several], owner[several])
        for name, values in (("the evidence's sentence", mine), ("another sentence", other))
    }
    return {
        "sentences": sentences,
        "engine": choose_engine(bundle, settings=settings), "passages": len(texts), "labels": len(kinds),
        "counts": {kind: int((kinds == kind).sum()) for kind in dict.fromkeys(kinds.tolist())},
        "words": {k: float(np.mean([len(e.chosen) for e, kind in zip(first, kinds, strict=True) if kind == k]))
                  for k in dict.fromkeys(kinds.tolist())},
        "completeness": {str(count): _completeness(test, gradients(count)) for count in dict.fromkeys((STEPS, *steps))},
        "ways": rows, "controls": controls,
    }  # fmt: skip


def _kind(label: DecidedLabel, bundle: Bundle) -> str:
    leaf = bundle.codebook.tasks[label.task].leaves[label.leaf]
    return "neutral" if leaf == "neutral" else label.task


def _shares(values: np.ndarray, kinds: np.ndarray, owner: np.ndarray) -> dict[str, list[float]]:
    """Mean and 95 % interval (percentile bootstrap over passages, 2,000 draws), in all and by kind of label."""
    passages, place = np.unique(owner, return_inverse=True)
    draws = np.random.default_rng(0).integers(len(passages), size=(2_000, len(passages)))
    found = {}
    chosen_by = {"all": np.ones(len(kinds), bool), "all but neutral": kinds != "neutral"}
    for name, chosen in (chosen_by | {kind: kinds == kind for kind in dict.fromkeys(kinds.tolist())}).items():
        sums = np.bincount(place[chosen], weights=values[chosen].astype(float), minlength=len(passages))
        counts = np.bincount(place[chosen], minlength=len(passages))
        means = sums[draws].sum(1) / np.maximum(counts[draws].sum(1), 1)
        found[name] = [float(values[chosen].mean()), *np.quantile(means, [0.025, 0.975]).tolist()]
    return found


def _completeness(test: Faithfulness, weigh: GradientWeights) -> dict[str, float]:
    """How far the shares' sum is from what it should be, in calibrated log odds."""
    found = weigh.attribute(test.texts, test.words, test.labels, lexical=False, totals=True)
    errors = np.array([a.words.sum() + a.rest - a.total for a in found])
    return {
        "mean_error": float(np.abs(errors).mean()), "median_error": float(np.median(np.abs(errors))),
        "mean_total": float(np.mean([abs(a.total) for a in found])),
    }  # fmt: skip


def cost(dump: Path, bundle: Path, *, engine: str) -> dict[str, float]:
    """Passages a second of `score`, by the clock and by processor time, without and with evidence."""
    found = {}
    for name, evidence in (("without", False), ("with", True)):
        with tempfile.TemporaryDirectory() as folder:
            wall, processor = time.perf_counter(), time.process_time()
            settings = ScoreSettings(engine=engine, device="cpu", evidence=evidence)
            scored = narrashift.score([dump], model=bundle, out=Path(folder) / "scores", settings=settings)
            found[f"{name}_per_s"] = scored.counts.passages / (time.perf_counter() - wall)
            found[f"{name}_per_cpu_s"] = scored.counts.passages / (time.process_time() - processor)
    return found


def to_markdown(result: dict[str, Any]) -> str:
    """The tables of the report."""

    def percent(share: Sequence[float]) -> str:
        return f"{share[0]:.0%} [{share[1]:.0%}, {share[2]:.0%}]"

    ours = next(iter(result["ways"].values()))
    kinds = list(ours["changed"])
    lines = ["| deleted | " + " | ".join(kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    rows = {"the evidence": ours["changed"], "the evidence, [MASK] in its place": ours["masked"]}
    rows |= {f"as many others ({name})": control["changed"] for name, control in result["controls"].items()}
    rows |= {f"{name} (of several)": shares for name, shares in result["sentences"].items()}
    for name, shares in rows.items():
        lines.append(
            f"| {name} | " + " | ".join(percent(shares[kind]) if kind in shares else "" for kind in kinds) + " |"
        )
    lines += ["", "| words weighed by | changed, all but neutral | words | " + " | ".join(f"top {s}" for s in SIZES)
              + " | passages / CPU s |", "|---" * (4 + len(SIZES)) + "|"]  # fmt: skip
    for name, row in result["ways"].items():
        curve = " | ".join(f"{share:.0%}" for share in row["curve"])
        shares = percent(row["changed"]["all but neutral"])
        lines.append(f"| {name} | {shares} | {row['words']:.1f} | {curve} | {row['per_cpu_s']:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--split", help="passages of this split only")
    parser.add_argument("--sample", type=int, help="as many passages, drawn at random")
    parser.add_argument("--steps", default="", help="further numbers of steps to compare, as in 1,2,8")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--mask", default="[MASK]", help="what to put in the place of a word")
    parser.add_argument("--dump", type=Path, help="articles to time scoring on; DATA by default")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row.values for row in read_rows(options.data)]
    texts = list(dict.fromkeys(row["text"] for row in rows if options.split in (None, row.get("split"))))
    if options.sample and options.sample < len(texts):
        texts = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))[: options.sample]]
    steps = [int(count) for count in options.steps.split(",") if count]
    result = measure(texts, options.bundle, engine=options.engine, steps=steps, mask=options.mask)
    if options.dump:
        result["cost"] = cost(options.dump or options.data, options.bundle, engine=options.engine)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['engine']}: {result['passages']:,} passages, {result['labels']:,} labels, {result['counts']}")
    print(to_markdown(result))
    for name in ("words", "completeness", "cost"):
        print(name, json.dumps(result.get(name)))


if __name__ == "__main__":
    main()
