"""What a model that learnt from English passages does in Ukrainian and Russian, beside its English figures.

    python benchmarks/languages.py MULTILINGUAL WORK [--seeds 0 1] [--passages 3000] [--epochs 3] [--json]

MULTILINGUAL is a backbone (a hub id or a local folder) that reads the three languages. It, MiniLM-L6, which reads
English alone, and TF-IDF learn from the same whole groups of the starter corpus; measured are its held-out passages and
`seeds/languages.jsonl`. The multilingual backbone is measured with and without the lexical head, which counts words of
the language that it learnt from. Bundles and figures are kept in the folder WORK: what is there is not made again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
from carry_over import some_groups
from transformers import AutoTokenizer

from narrashift.model.bundle import open_bundle, write_transformer
from narrashift.model.codebook import read_codebook
from narrashift.model.folders import new_folder, write_whole
from narrashift.model.tokens import read_tokenizer
from narrashift.model.transformer import TransformerClassifier
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.data.splits import Split, split_corpus
from narrashift.training.measuring.calibration import fit_decision
from narrashift.training.measuring.evaluation import evaluate
from narrashift.training.settings import TrainSettings
from narrashift.training.train import train

SEEDS = Path(__file__).parent.parent / "seeds"
FIGURES = ("macro_f1/stance", "macro_f1/frame", "micro_f1/technique")
LANGUAGES = ("en", "uk", "ru")
VALIDATION, TEST = 1_000, 1_000
"""English passages for early stopping and thresholds, and for the figures."""


def some_of(split: Split, *, passages: int) -> Split:
    """Whole groups of each part."""
    return Split(
        train=some_groups(split.train, passages=passages),
        validation=some_groups(split.validation, passages=VALIDATION),
        test=some_groups(split.test, passages=TEST),
        how=split.how,
    )


def by_language(english: Corpus) -> dict[str, Corpus]:
    """The English test passages, and those in the other languages."""
    others = read_corpus(SEEDS / "languages.jsonl", codebook=english.codebook)
    column = np.array(others.column("language"))
    return {"en": english} | {code: others.select(np.flatnonzero(column == code)) for code in LANGUAGES[1:]}


def learn(name: str, backbone: str, *, seed: int, epochs: int, split: Split, work: Path) -> Path:
    """A bundle of this backbone and seed in the folder; trained if it is not there."""
    out = work / f"{name}-seed{seed}"
    if (out / "decision.json").exists():
        return out
    settings = TrainSettings(backbone=backbone, epochs=epochs, freeze=1, seed=seed)
    started = time.process_time()
    train(corpus=split.train, validation=split.validation, test=split.test, out=out, settings=settings)
    print(f"{out.name}: {time.process_time() - started:.0f} s of processor", flush=True)
    return out


def without_lexical(bundle: Path, *, validation: Corpus) -> Path:
    """The bundle that `--set lexical=0` trains: the head is fitted behind the encoder, so that this is the same one."""
    out = bundle.with_name(f"{bundle.name}-no-lexical")
    if out.exists():
        return out
    opened = open_bundle(bundle)
    network = opened.network()
    network.lexical, network.config.lexical = None, 0
    tokenizer = AutoTokenizer.from_pretrained(bundle)
    logits = TransformerClassifier(network, read_tokenizer(bundle / "tokenizer.json"), device="cpu").logits(
        validation.texts
    )
    with new_folder(out) as folder:
        write_transformer(folder, network=network, tokenizer=tokenizer)
        write_whole(folder / "codebook.toml", opened.codebook.to_toml())
        write_whole(folder / "decision.json", fit_decision(logits.tasks, corpus=validation).model_dump_json())
    return out


def measured(bundle: Path, *, corpora: dict[str, Corpus]) -> dict[str, dict[str, float | None]]:
    """Language -> figure, `_lo`, `_hi` -> value."""
    opened = open_bundle(bundle)
    key = [opened.digest, {code: corpus.digest for code, corpus in corpora.items()}]
    kept = bundle.with_name(bundle.name.replace("/", "-") + f".{opened.kind}.json")
    if kept.exists() and (before := json.loads(kept.read_text("utf-8")))["of"] == key:
        return before["figures"]
    reports = {code: evaluate(bundle=opened, corpus=corpus).flat() for code, corpus in corpora.items()}
    ends = [figure + suffix for figure in FIGURES for suffix in ("", "_lo", "_hi")]
    figures = {code: {name: flat.get(name) for name in ends} for code, flat in reports.items()}
    write_whole(kept, json.dumps({"of": key, "figures": figures}))
    return figures


def cell(found: list[dict[str, float | None]], figure: str) -> str:
    """Mean over seeds, the standard deviation where there are several, and the first seed's interval."""
    values = [one[figure] or 0.0 for one in found]
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3f}{spread} [{found[0][figure + '_lo']:.2f}, {found[0][figure + '_hi']:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("multilingual")
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--passages", type=int, default=3_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    starter = read_corpus(SEEDS / "corpus.jsonl", codebook=read_codebook())
    split = some_of(split_corpus(starter), passages=arguments.passages)
    backbones = {"multilingual": arguments.multilingual, "minilm-l6": "minilm-l6"}
    bundles = {
        name: [
            learn(name, backbone, seed=seed, epochs=arguments.epochs, split=split, work=arguments.work)
            for seed in arguments.seeds
        ]
        for name, backbone in backbones.items()
    }
    bundles["multilingual, lexical=0"] = [
        without_lexical(one, validation=split.validation) for one in bundles["multilingual"]
    ]
    bundles["tf-idf"] = [bundles["multilingual"][0] / "tfidf"]
    corpora = by_language(split.test)
    found = {name: [measured(one, corpora=corpora) for one in own] for name, own in bundles.items()}
    print(f"{len(split.train)} train passages; " + ", ".join(f"{code} {len(c)}" for code, c in corpora.items()) + "\n")
    print("| figure | language | " + " | ".join(found) + " |\n|---|---" + "|---" * len(found) + "|")
    for figure in FIGURES:
        for code in LANGUAGES:
            cells = (cell([one[code] for one in own], figure) for own in found.values())
            print(f"| {figure} | {code} | " + " | ".join(cells) + " |")
    if arguments.json:
        flat = {
            f"score/{code}/{name}/{figure}": statistics.mean(one[code][figure] or 0.0 for one in own)
            for name, own in found.items()
            for code in LANGUAGES
            for figure in FIGURES
        }
        print(json.dumps(flat))


if __name__ == "__main__":
    main()
