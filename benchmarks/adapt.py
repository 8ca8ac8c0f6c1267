"""What adapting the backbone to unlabelled text brings a bundle that is trained afterwards, paired by seed.

    python benchmarks/adapt.py SHARED --work FOLDER [--only NAME …] [--seeds 0 1] [--table]

SHARED is the folder with `data/`. The experiments:

- `inner`: amounts of adaptation, with the anchor and without, on 1,000 training tweets of RUW, 400 of them then
  trained on with their labels, measured on 600 others of the training part. Here it is chosen how to adapt.
- `ruw`: adapted on the texts of the whole training part, trained on so many of them with default settings (`--labels`;
  all without), measured on val.
- `real`: adapted on headlines of nine outlets without the real passages and what repeats them, trained on whole groups
  of the starter corpus (about 1,200 passages) with default settings, measured on the real passages.

Every adaptation is made once (seed 0). Every training is a JSON line of FOLDER/runs.jsonl and is not repeated: the
command can be stopped and started again. Seconds are of the processor. `--table` prints what there is.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from carry_over import STARTER, some_groups

import narrashift
from narrashift.model.codebook import parse_codebook
from narrashift.training.adapting.adapt import adapt
from narrashift.training.adapting.settings import AdaptSettings
from narrashift.training.adapting.without import unlike
from narrashift.training.data.splits import split_corpus
from narrashift.training.settings import TrainSettings

INNER: dict[str, dict[str, Any]] = {
    "3 passes, no anchor": {"epochs": 3, "anchor": 0.0},
    "3 passes": {"epochs": 3},
    "10 passes": {"epochs": 10},
}
FIGURES = {
    "inner": ("macro_f1/stance",),
    "ruw": ("macro_f1/stance",),
    "real": ("macro_f1/stance", "macro_f1/frame", "micro_f1/technique"),
}
RUW = """
[codebook]
name = "ruw"
version = "1"
[tasks.stance]
kind = "single"
labels.pro_ukraine = { means = "For Ukraine." }
labels.neutral = { means = "Neither." }
labels.pro_russia = { means = "For Russia." }
"""
CHOSEN = 3
"""Passes over the tweets: what `inner` found least harmful."""


def rows_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def adapted(work: Path, name: str, *, texts: Sequence[str], settings: AdaptSettings) -> str:
    """The adapted backbone of this name, made if it is not there."""
    folder = work / name
    if not folder.exists():
        started = time.process_time()
        done = adapt(texts=list(dict.fromkeys(texts)), out=folder, settings=settings)
        note(work, {"adapted": name, "cpu_seconds": time.process_time() - started, **done.origin["held_out"],
                    "tokens": done.origin["tokens_seen"], "steps": done.origin["steps"]})  # fmt: skip
    return str(folder)


def note(work: Path, line: Mapping[str, Any]) -> None:
    with (work / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def noted(work: Path) -> list[dict[str, Any]]:
    file = work / "runs.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def measure(work: Path, experiment: str, arm: str, *, backbone: str, seed: int, **corpora: Any) -> None:
    """Train once, unless that was done, and note the figures on the test passages."""
    if any((run.get("experiment"), run.get("arm"), run.get("seed")) == (experiment, arm, seed) for run in noted(work)):
        return
    started = time.process_time()
    kind = experiment.split(",")[0]
    trained = narrashift.train(
        **corpora, out=work / f"bundle-{kind}", settings=TrainSettings(backbone=backbone, seed=seed), split_seed=0,
        overwrite=True, allow_leaks=True,
    )  # fmt: skip
    figures = {name: trained.report.figures[name].value for name in FIGURES[kind]}
    note(
        work,
        {"experiment": experiment, "arm": arm, "seed": seed, "cpu_seconds": time.process_time() - started, **figures},
    )
    print(noted(work)[-1], flush=True)


def inner(data: Path, work: Path, seeds: Sequence[int], labels: int | None) -> None:
    rows = rows_of(data / "ruw_stance" / "train.jsonl.gz")
    order = np.random.default_rng(0).permutation(len(rows))
    test, labelled, unlabelled = ([rows[i] for i in part] for part in np.split(order[:1_600], [600, 1_000]))
    corpus, measured = (ruw_corpus(part) for part in (labelled, test))
    texts = [row["text"] for row in labelled + unlabelled]
    for seed in seeds:
        measure(work, "inner", "plain", backbone="minilm-l6", seed=seed, corpus=corpus, test=measured)
        for arm, changed in INNER.items():
            backbone = adapted(work, f"inner, {arm}", texts=texts, settings=AdaptSettings(**changed))
            measure(work, "inner", arm, backbone=backbone, seed=seed, corpus=corpus, test=measured)


def ruw(data: Path, work: Path, seeds: Sequence[int], labels: int | None) -> None:
    train, val = (rows_of(data / "ruw_stance" / f"{part}.jsonl.gz") for part in ("train", "val"))
    backbone = adapted(
        work, f"ruw-{CHOSEN}", texts=[row["text"] for row in train], settings=AdaptSettings(epochs=CHOSEN)
    )
    some = [train[i] for i in np.random.default_rng(0).permutation(len(train))[:labels]]
    for seed in seeds:
        for arm, name in (("plain", "minilm-l6"), ("adapted", backbone)):
            measure(
                work, f"ruw, {len(some)} labels", arm, backbone=name, seed=seed, corpus=ruw_corpus(some),
                test=ruw_corpus(val),
            )  # fmt: skip


def real(data: Path, work: Path, seeds: Sequence[int], labels: int | None, headlines: int) -> None:
    codebook = narrashift.read_codebook()
    measured = narrashift.read_corpus([data / "realwar" / "dev.jsonl"], codebook=codebook)
    found = list(dict.fromkeys(row["text"] for row in rows_of(data / "ruwa_headlines" / "ruwa.jsonl.gz")))
    kept = [found[i] for i in unlike(found, measured.texts)]
    print(f"{len(found) - len(kept)} of {len(found)} headlines repeat a real passage and are left out", flush=True)
    some = [kept[i] for i in np.random.default_rng(0).permutation(len(kept))[:headlines]]
    backbone = adapted(work, f"{len(some)} headlines", texts=some, settings=AdaptSettings(epochs=1))
    split = split_corpus(narrashift.read_corpus([STARTER], codebook=codebook), validation=None, test=None, seed=0)
    train = some_groups(split.train, passages=1_200 if labels is None else labels)
    validation = some_groups(split.validation, passages=400)
    experiment = f"real, {len(some)} headlines, {len(train)} labels"
    for seed in seeds:
        for arm, name in (("plain", "minilm-l6"), ("adapted", backbone)):
            measure(
                work, experiment, arm, backbone=name, seed=seed, corpus=train, validation=validation, test=measured
            )  # fmt: skip


def ruw_corpus(rows: Sequence[Mapping[str, Any]]) -> narrashift.Corpus:
    book = parse_codebook(RUW, place="ruw")
    return narrashift.from_dataset([{"text": row["text"], "stance": row["stance"]} for row in rows], codebook=book)


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Mean and standard deviation over seeds, and the difference to plain paired by seed, as Markdown."""
    lines = []
    for experiment in dict.fromkeys(run["experiment"] for run in runs if "experiment" in run):
        figures = FIGURES[experiment.split(",")[0]]
        mine = [run for run in runs if run.get("experiment") == experiment]
        plain = {run["seed"]: run for run in mine if run["arm"] == "plain"}
        for arm in dict.fromkeys(run["arm"] for run in mine):
            own = [run for run in mine if run["arm"] == arm and run["seed"] in plain]
            for figure in figures:
                values = np.array([run[figure] for run in own])
                gains = np.array([run[figure] - plain[run["seed"]][figure] for run in own])
                gain = "" if arm == "plain" else spread(gains, sign="+")
                lines.append(f"| {experiment} | {figure} | {arm} | {len(own)} | {spread(values)} | {gain} |")
    return "\n".join(
        ["| experiment | figure | backbone | seeds | figure ± sd | gain ± sd |", "|---|---|---|---|---|---|", *lines]
    )


def spread(values: np.ndarray, *, sign: str = "") -> str:
    """Mean and standard deviation over seeds; of one seed no deviation is known."""
    mean = f"{values.mean():{sign}.3f}"
    return f"{mean} ± {values.std(ddof=1):.3f}" if len(values) > 1 else mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=list(FIGURES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--labels", type=int, help="passages with labels, of ruw (all) and real (about 1,200)")
    parser.add_argument("--headlines", type=int, default=8_000, help="to adapt to, of real")
    parser.add_argument("--table", action="store_true", help="print what there is, train nothing")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name in [] if arguments.table else arguments.only:
        run = {"inner": inner, "ruw": ruw, "real": partial(real, headlines=arguments.headlines)}[name]
        run(arguments.shared / "data", arguments.work, arguments.seeds, arguments.labels)
    print(table(noted(arguments.work)))


if __name__ == "__main__":
    main()
