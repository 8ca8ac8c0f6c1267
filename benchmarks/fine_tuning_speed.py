"""How fast fine-tuning runs, measure by measure, in one run on one machine.

    python benchmarks/fine_tuning_speed.py [--json] [--rounds 3] [--steps 12]

Each row adds one measure to the one above it; rounds are interleaved, and the median over rounds is given with its
range. The ceiling is what the processor could do at most: tokens a second if every multiply-add of a training step
(six a weight and token, Kaplan et al. 2020) ran at the rate of a large matrix product.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from narrashift.model.codebook import read_codebook
from narrashift.model.pretrained import resolve_backbone
from narrashift.model.tokens import encode, pad, read_tokenizer
from narrashift.training.data.corpus import read_corpus
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.learning.fine_tune import epoch_batches, pick_precision
from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.learning.optimizer import build_optimizer
from narrashift.training.settings import TrainSettings

VARIANTS = {
    "plain: fp32, batches of 32 in random order": {"batch": 32, "grouped": False, "bf16": False, "freeze": 0},
    "+ batches of like length": {"batch": 32, "grouped": True, "bf16": False, "freeze": 0},
    "+ batches of 16": {"batch": 16, "grouped": True, "bf16": False, "freeze": 0},
    "+ bf16 autocast": {"batch": 16, "grouped": True, "bf16": True, "freeze": 0},
    "+ frozen embeddings": {"batch": 16, "grouped": True, "bf16": True, "freeze": 1},
}


def measure(*, batch: int, grouped: bool, bf16: bool, freeze: int, steps: int) -> float:
    """Tokens (without padding) a second over some training steps on the starter corpus."""
    codebook = read_codebook()
    corpus = read_corpus(["seeds/corpus.jsonl"], codebook=codebook)
    settings = TrainSettings(batch=batch, freeze=freeze)
    network, _ = load_backbone(settings, codebook=codebook)
    tokenizer = read_tokenizer(Path(resolve_backbone(settings.backbone)) / "tokenizer.json")
    ids, _ = encode(tokenizer, corpus.texts, max_tokens=settings.max_tokens)
    lengths = np.array([len(row) for row in ids])
    order = np.random.default_rng(0).permutation(len(ids))
    batches = (
        epoch_batches(lengths, batch=batch, seed=0, epoch=0)
        if grouped
        else [order[i : i + batch] for i in range(0, len(order), batch)]
    )
    optimizer = build_optimizer(network, settings=settings)
    loss_of = MultiTaskLoss(codebook, weights=class_weights(corpus, settings=settings), settings=settings)
    targets = {name: torch.from_numpy(values) for name, values in corpus.targets.items()}
    network.train()
    tokens, started = 0, 0.0
    for step, chosen in enumerate(batches[: steps + 3]):
        if step == 3:  # the first steps set up buffers
            tokens, started = 0, time.perf_counter()
        padded, mask = pad([ids[i] for i in chosen], pad_id=0)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = network(torch.from_numpy(padded), torch.from_numpy(mask))
        loss_of(logits, {name: values[chosen] for name, values in targets.items()}).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += int(mask.sum())
    return tokens / (time.perf_counter() - started)


def ceiling(dtype: torch.dtype) -> float:
    """Tokens a second at the rate of a large matrix product, for MiniLM-L6's 10.6 million encoder weights."""
    a, b = torch.randn(2048, 2048).to(dtype), torch.randn(2048, 2048).to(dtype)
    best = 0.0
    for _ in range(8):
        started = time.perf_counter()
        a @ b
        best = max(best, 2 * 2048**3 / (time.perf_counter() - started))
    return best / (6 * 10.6e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(options.rounds):
        for name, variant in VARIANTS.items():
            rates[name].append(measure(**variant, steps=options.steps))
    results = {name: statistics.median(values) for name, values in rates.items()}
    ceilings = {"fp32": ceiling(torch.float32), "bf16": ceiling(torch.bfloat16)}
    if options.json:
        print(json.dumps({"tokens_per_s": results, "ceiling": ceilings}))
        return
    plain = next(iter(results.values()))
    print(f"{torch.get_num_threads()} threads, bf16 by default: {pick_precision('auto', device='cpu') == 'bf16'}")
    for name, value in results.items():
        low, high = min(rates[name]), max(rates[name])
        print(f"{name:45} {value:7,.0f} tokens/s  ({low:,.0f}–{high:,.0f})  {value / plain:.1f} x")
    print("ceiling of a matrix product: " + ", ".join(f"{k} {v:,.0f} tokens/s" for k, v in ceilings.items()))


if __name__ == "__main__":
    main()
