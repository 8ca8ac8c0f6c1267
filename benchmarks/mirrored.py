"""Whether a bundle reads who does what to whom: held-out passages as they were written, and with the sides exchanged.

    python benchmarks/mirrored.py BUNDLE [BUNDLE …] [--corpus seeds/corpus.jsonl]

Of the test split, the passages whose frames the shipped mirror exchanges: F1 of gains and losses of either side, over
decisions (micro), before and after the exchange, and the share of passages whose decided frames are exchanged too.
Intervals: 2.5 and 97.5 percentiles over bootstrap resamples of passages.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from narrashift.model.bundle import open_bundle
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.learning.mirror import Mirror
from narrashift.training.learning.mirror_file import mirror_of
from narrashift.training.measuring.evaluation import predict
from narrashift.training.settings import TrainSettings

STARTER = Path(__file__).parent.parent / "seeds" / "corpus.jsonl"
RESAMPLES = 1_000


def pairs(corpus: Corpus, *, mirror: Mirror) -> tuple[Corpus, Corpus]:
    """Test passages that the mirror exchanges, as written and mirrored, in one order."""
    test = corpus.select([i for i, part in enumerate(corpus.column("split")) if part == "test"])
    kept = [i for i in range(len(test)) if len(mirror.passages(test.select([i])))]
    written = test.select(kept)
    return written, mirror.passages(written)


def micro(true: np.ndarray, decided: np.ndarray) -> float:
    """F1 over all decisions of ``(passages, leaves)``."""
    return 2 * (true & decided).sum() / max(true.sum() + decided.sum(), 1)


def told(statistic: Callable[..., float], *values: np.ndarray) -> str:
    """The statistic with its interval."""
    rng = np.random.default_rng(0)
    draws = (rng.integers(0, len(values[0]), len(values[0])) for _ in range(RESAMPLES))
    low, high = np.percentile([statistic(*(value[draw] for value in values)) for draw in draws], [2.5, 97.5])
    return f"{statistic(*values):.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--corpus", type=Path, default=STARTER)
    arguments = parser.parse_args()
    for path in arguments.bundles:
        bundle = open_bundle(path)
        mirror = mirror_of(TrainSettings(), codebook=bundle.codebook)
        if mirror is None:
            raise SystemExit(f"{path}: its codebook lacks labels of seeds/mirror.toml")
        order = mirror.order["frame"]
        sided = order != np.arange(len(order))
        written, mirrored = pairs(read_corpus(arguments.corpus, codebook=bundle.codebook), mirror=mirror)
        before, after = (predict(bundle, part).on["frame"][:, sided] > 0 for part in (written, mirrored))
        truth, exchanged = (part.targets["frame"][:, sided] > 0 for part in (written, mirrored))
        back = np.searchsorted(np.flatnonzero(sided), order[sided])
        print(
            f"{path}: {len(written)} passages; F1 as written {told(micro, truth, before)}, mirrored "
            f"{told(micro, exchanged, after)}; exchanged with them "
            f"{told(lambda one, other: (one == other).all(axis=1).mean(), before[:, back], after)}"
        )


if __name__ == "__main__":
    main()
