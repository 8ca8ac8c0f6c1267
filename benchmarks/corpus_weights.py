"""Write the `weight` column of the starter corpus: rare labels are over-sampled in it, and weighed back here.

    python benchmarks/corpus_weights.py

Raking (Deming & Stephan 1940): weights as equal as can be under which every share below is met. The shares are round
figures: two thirds neutral, as real dumps are; frames between adjusted counts (Forman 2008) of a model trained on
this corpus over two dumps of headlines, and the corpus's own. Techniques are left alone. No labelled real passage
was used for them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from narrashift.model.codebook import Codebook, read_codebook
from narrashift.training.data.corpus import Corpus, read_corpus

STARTER = Path(__file__).parent.parent / "seeds" / "corpus.jsonl"
SHARES = {
    "stance": {"pro_ukraine": 0.17, "pro_russia": 0.17, "neutral": 0.66},
    "frame": {
        "gains_ukraine": 0.05, "gains_russia": 0.05, "losses_ukraine": 0.20, "losses_russia": 0.12,
        "information_warfare": 0.08,
    },
}  # fmt: skip
ROUNDS = 100


def raked(corpus: Corpus, *, codebook: Codebook) -> np.ndarray:
    """Weights ``(passages,)`` with mean 1 that give every label of `SHARES` its share."""
    weights = np.ones(len(corpus))
    for _ in range(ROUNDS):
        for name, shares in SHARES.items():
            task, targets = codebook.tasks[name], corpus.targets[name]
            for i, leaf in enumerate(task.leaves):
                on = targets == i if task.kind == "single" else targets[:, i] > 0
                now = weights[on].sum() / weights.sum()
                weights[on] *= shares[leaf] / now
                weights[~on] *= (1 - shares[leaf]) / (1 - now)
    return weights / weights.mean()


def main() -> None:
    codebook = read_codebook()
    corpus = read_corpus(STARTER, codebook=codebook)
    weights = raked(corpus, codebook=codebook)
    rows = [json.loads(line) for line in STARTER.read_text("utf-8").splitlines()]
    lines = [
        json.dumps(row | {"weight": round(float(w), 3)}, ensure_ascii=False)
        for row, w in zip(rows, weights, strict=True)
    ]
    STARTER.write_text("\n".join(lines) + "\n", "utf-8")
    effective = weights.sum() ** 2 / (weights**2).sum()
    print(f"{len(rows)} passages; weights {weights.min():.2f} to {weights.max():.2f}; effective size {effective:.0f}")


if __name__ == "__main__":
    main()
