"""What carries over to real text: variants of fine-tuning on the starter corpus, seeds each, in one table.

    python benchmarks/carry_over.py REAL [--seeds 0 1 2] [--passages 2500] [--only NAME …] [--table]

REAL is a file of labelled real passages. Every variant changes one thing against `base` and learns from the same
whole groups, so that many fit into an evening; what is found here is confirmed with the whole corpus. Each run is one
MLflow run of the experiment `carry-over`, and a run that is there already is not repeated: the command can be stopped
and started again. `--table` prints what there is. Differences are paired by seed; their spread is over the seeds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from lessons.variants import VARIANTS, learn

from narrashift.model.codebook import read_codebook
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.data.splits import split_corpus
from narrashift.training.measuring.calibration import fit_decision
from narrashift.training.measuring.evaluation import measure, predictions
from narrashift.training.tracking.registry import open_store
from narrashift.training.tracking.store import quiet_mlflow, tracking_uri

STARTER = Path(__file__).parent.parent / "seeds" / "corpus.jsonl"
EXPERIMENT = "carry-over"
FIGURES = ("macro_f1/stance", "macro_f1/frame", "micro_f1/technique", "ece/stance")


def some_groups(corpus: Corpus, *, passages: int) -> Corpus:
    """Whole groups, drawn once for all variants and seeds, until `passages` are reached."""
    groups = np.array(corpus.column("group"), dtype=str)
    kept: list[int] = []
    for group in np.random.default_rng(0).permutation(np.unique(groups)):
        if len(kept) >= passages:
            break
        kept += np.flatnonzero(groups == group).tolist()
    return corpus.select(sorted(kept))


def finished() -> pd.DataFrame:
    """One row a finished run: its parameters and figures."""
    experiment = mlflow.set_experiment(EXPERIMENT)
    runs = mlflow.search_runs([experiment.experiment_id], filter_string="status = 'FINISHED'", max_results=10_000)
    return runs if len(runs) else pd.DataFrame(columns=["params.variant", "params.seed", "params.passages"])


def run(name: str, *, seed: int, train: Corpus, validation: Corpus, measured: dict[str, Corpus]) -> None:
    """Train one variant with one seed and log its figures on every corpus of `measured`."""
    started = time.monotonic()
    classifier, settings = learn(VARIANTS[name], train=train, seed=seed)
    seconds = time.monotonic() - started
    decision = fit_decision(classifier.logits(validation.texts).tasks, corpus=validation)
    with mlflow.start_run(run_name=f"{name}-seed{seed}"):
        mlflow.log_params({"variant": name, "passages": len(train), **settings.model_dump()})
        mlflow.log_metric("seconds", seconds)
        for where, corpus in measured.items():
            logits = classifier.logits(corpus.texts).tasks
            predicted = predictions(logits, decision=decision, codebook=corpus.codebook)
            report = measure(predicted, corpus=corpus, resamples=1)
            mlflow.log_metrics({f"{where}/{figure}": report.figures[figure].value for figure in FIGURES})


def table(runs: pd.DataFrame, *, passages: int) -> str:
    """Mean over seeds, and the difference to `base` paired by seed with its standard deviation, as Markdown."""
    runs = runs[runs["params.passages"] == str(passages)].set_index(["params.variant", "params.seed"])
    columns = [f"metrics.{where}/{figure}" for where in ("held-out", "real") for figure in FIGURES]
    base = runs.loc["base", columns]
    heads = [column.removeprefix("metrics.") for column in columns]
    lines = ["| variant | seeds | " + " | ".join(heads) + " | seconds |", "|---" * (len(heads) + 3) + "|"]
    for name in [name for name in VARIANTS if name in runs.index.get_level_values(0)]:
        own = runs.loc[name, columns]
        change = (own - base).dropna()
        cells = [f"{own[column].mean():.3f}" for column in columns]
        if name != "base" and len(change):
            spread = change.std(ddof=1).fillna(float("nan"))
            cells = [
                f"{cell} ({change[column].mean():+.3f} ± {spread[column]:.3f})"
                for cell, column in zip(cells, columns, strict=True)
            ]
        seconds = runs.loc[name, "metrics.seconds"].mean()
        lines.append(f"| {name} | {len(own)} | " + " | ".join(cells) + f" | {seconds:.0f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--passages", type=int, default=2_500)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--table", action="store_true", help="print what there is, train nothing")
    arguments = parser.parse_args()
    quiet_mlflow()
    open_store(tracking_uri())
    codebook = read_codebook()
    split = split_corpus(read_corpus(STARTER, codebook=codebook), validation=None, test=None, seed=0)
    train = some_groups(split.train, passages=arguments.passages)
    measured = {"held-out": split.test, "real": read_corpus(arguments.real, codebook=codebook)}
    for seed in [] if arguments.table else arguments.seeds:
        for name in arguments.only:
            runs = finished()
            done = runs[(runs["params.variant"] == name) & (runs["params.passages"] == str(len(train)))]
            if str(seed) not in done["params.seed"].tolist():
                run(name, seed=seed, train=train, validation=split.validation, measured=measured)
                print(table(finished(), passages=len(train)), flush=True)
    print(table(finished(), passages=len(train)))


if __name__ == "__main__":
    main()
