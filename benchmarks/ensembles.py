"""What several seeds bring, and how much of it a single bundle keeps that learnt from them.

    python benchmarks/ensembles.py small OUT [--draw 0] [--passages 1000] [--real REAL]
    python benchmarks/ensembles.py bundles BUNDLE BUNDLE … [--pupil BUNDLE] [--real REAL]

`small` draws whole groups of the starter corpus's train part and compares: each of three seeds, the mean of their
probabilities, and pupils of the same size: taught by the three on the passages that they learnt from themselves
(`taught`), by three others each on the third that it had not seen (`crossed`), and by the first three on as many
passages more without their labels (`unlabelled`). A line of JSON a training in OUT; what is there is not trained again.
`bundles` measures bundles of the same split, their mean, and a pupil. REAL is a file of labelled real passages: it is
measured on, and nothing is chosen by it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from carry_over import STARTER, some_groups
from safetensors.numpy import load_file, save_file

from narrashift.model.bundle import open_bundle
from narrashift.model.codebook import Codebook, read_codebook
from narrashift.model.decision import Decision, all_probabilities
from narrashift.model.progress import silent
from narrashift.model.tokens import read_tokenizer
from narrashift.model.transformer import TransformerClassifier
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.data.splits import Split, split_corpus
from narrashift.training.ensembles.taught import mean_probabilities, taught
from narrashift.training.ensembles.teachers import as_logits, with_texts
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.learning.checkpoint import Position
from narrashift.training.learning.fine_tune import fine_tune
from narrashift.training.measuring.calibration import fit_decision
from narrashift.training.measuring.evaluation import measure, predictions
from narrashift.training.settings import TrainSettings

FIGURES = ("macro_f1/stance", "macro_f1/frame", "micro_f1/technique", "ece/stance", "brier/stance", "brier/frame")
Told = dict[str, np.ndarray]
Learnt = tuple[dict[str, Told], Decision]


def figures(told: dict[str, Told], *, corpora: dict[str, Corpus], codebook: Codebook) -> dict[str, float]:
    """Of logits by part (`validation`, `held-out`, `real`): the decision is fitted on the first."""
    decision = fit_decision(told["validation"], corpus=corpora["validation"])
    found = {}
    for part in [part for part in corpora if part != "validation"]:
        predicted = predictions(told[part], decision=decision, codebook=codebook)
        report = measure(predicted, corpus=corpora[part], resamples=1)
        found |= {f"{part}/{name}": round(report.figures[name].value, 4) for name in FIGURES}
    return found


def together(told: list[Told], *, codebook: Codebook) -> Told:
    """Logits of the mean probability, for a decision layer of its own."""
    return as_logits(mean_probabilities(told, codebook=codebook), codebook=codebook)


def learn(
    name: str, train: Corpus, *, seed: int, parts: dict[str, Corpus], out: Path
) -> tuple[dict[str, Told], Decision]:
    """Fine-tune the default backbone as `narrashift train` does, without the lexical head; logits of every part."""
    file, codebook = out / f"{name}.safetensors", train.codebook
    if not file.exists():
        settings, started = TrainSettings(seed=seed, lexical=0), time.process_time()
        torch.manual_seed(seed)
        network, pretrained = load_backbone(settings, codebook=codebook)
        with tempfile.TemporaryDirectory() as folder:
            pretrained.save_pretrained(folder)
            tokenizer = read_tokenizer(Path(folder) / "tokenizer.json")
            fine_tune(
                network, tokenizer, train=train, validation=parts["validation"], settings=settings,
                work=Path(folder) / "work", position=Position(fingerprint=""), progress=silent, on_epoch=lambda _: None,
            )  # fmt: skip
        seconds = time.process_time() - started
        classifier = TransformerClassifier(network, tokenizer, device="cpu", precision="bf16")
        logits = {part: classifier.logits(corpus.texts).tasks for part, corpus in parts.items()}
        save_file({f"{part}/{task}": v for part, tasks in logits.items() for task, v in tasks.items()}, file)
        measured = {part: corpus for part, corpus in parts.items() if part in ("validation", "held-out", "real")}
        line = {"name": name, "passages": len(train), "processor_s": round(seconds, 1)}
        write(out, line | figures(logits, corpora=measured, codebook=codebook))
    kept = load_file(file)
    found = {part: {task: kept[f"{part}/{task}"] for task in codebook.tasks} for part in parts}
    return found, fit_decision(found["validation"], corpus=parts["validation"])


def write(out: Path, line: dict[str, Any]) -> None:
    """One result, on disk and on standard output."""
    with (out / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def small(split: Split, *, real: Corpus | None, passages: int, draw: int, out: Path) -> None:
    """The comparison on a part of the corpus."""
    out.mkdir(parents=True, exist_ok=True)
    codebook = split.train.codebook
    several = some_groups(split.train, passages=(draw + 1) * 2 * passages)
    drawn = several.select(range(len(several) - 2 * passages, len(several)))
    groups = np.unique(np.array(drawn.column("group"), dtype=str), return_inverse=True)[1]
    place = np.random.default_rng(draw).permutation(groups.max() + 1)[groups]
    order = np.argsort(place, kind="stable")
    train, more = drawn.select(order[:passages]), drawn.select(order[passages:])
    fold = place[order[:passages]] % 3
    measured = {"validation": some_groups(split.validation, passages=500), "held-out": split.test}
    measured |= {"real": real} if real else {}
    parts = measured | {"train": train, "more": more}

    def probabilities(learnt: Learnt, part: str) -> Told:
        return all_probabilities(learnt[0][part], codebook=codebook, decision=learnt[1])

    seeds = [learn(f"single-{s}", train, seed=s, parts=parts, out=out) for s in range(3)]
    mean = {p: together([probabilities(one, p) for one in seeds], codebook=codebook) for p in measured}
    write(out, {"name": "mean of three"} | figures(mean, corpora=measured, codebook=codebook))
    told = mean_probabilities([probabilities(one, "train") for one in seeds], codebook=codebook)
    learn("pupil-taught", taught(train, told), seed=0, parts=measured, out=out)

    others = [
        learn(f"crossed-{k}", train.select(np.flatnonzero(fold != k)), seed=k, parts=parts, out=out) for k in range(3)
    ]
    heard = [probabilities(one, "train") for one in others]
    for k, one in enumerate(heard):
        for values in one.values():
            values[fold != k] = np.nan
    learn("pupil-crossed", taught(train, mean_probabilities(heard, codebook=codebook)), seed=0, parts=measured, out=out)

    further = mean_probabilities([probabilities(one, "more") for one in seeds], codebook=codebook)
    both = with_texts(train, more.texts)
    all_told = {name: np.concatenate([told[name], further[name]]) for name in told}
    learn("pupil-unlabelled", taught(both, all_told), seed=0, parts=measured, out=out)


def bundles(paths: list[Path], *, pupil: Path | None, split: Split, real: Corpus | None) -> None:
    """Bundles beside their mean, and beside a pupil."""
    codebook = split.train.codebook
    measured = {"validation": split.validation, "held-out": split.test} | ({"real": real} if real else {})
    heard: list[dict[str, Told]] = []
    for path in [*paths, *([pupil] if pupil else [])]:
        opened = open_bundle(path)
        classifier = opened.classifier(device="cpu", precision="bf16")
        logits = {part: classifier.logits(corpus.texts).tasks for part, corpus in measured.items()}
        print(json.dumps({"name": path.name} | figures(logits, corpora=measured, codebook=codebook)), flush=True)
        if path != pupil:
            heard.append(
                {p: all_probabilities(v, codebook=codebook, decision=opened.decision) for p, v in logits.items()}
            )
    mean = {part: together([one[part] for one in heard], codebook=codebook) for part in measured}
    print(json.dumps({"name": f"mean of {len(paths)}"} | figures(mean, corpora=measured, codebook=codebook)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("small")
    one.add_argument("out", type=Path)
    one.add_argument("--passages", type=int, default=1_000)
    one.add_argument("--draw", type=int, default=0, help="another number draws other passages")
    other = kinds.add_parser("bundles")
    other.add_argument("bundles", type=Path, nargs="+")
    other.add_argument("--pupil", type=Path)
    for each in (one, other):
        each.add_argument("--real", type=Path)
    arguments = parser.parse_args()
    codebook = read_codebook()
    split = split_corpus(read_corpus(STARTER, codebook=codebook))
    real = read_corpus(arguments.real, codebook=codebook) if arguments.real else None
    if arguments.kind == "small":
        small(split, real=real, passages=arguments.passages, draw=arguments.draw, out=arguments.out)
    else:
        bundles(arguments.bundles, pupil=arguments.pupil, split=split, real=real)


if __name__ == "__main__":
    main()
