"""What it costs to learn from a batch in pieces: tokens a processor second, and memory, by the size of a piece.

    python benchmarks/piece_sizes.py [--json] [--backbone minilm-l6] [--tokens 250] [--rounds 3] [--sizes 1024 8192]

A batch of 32 texts of the starter corpus, joined until each has so many tokens, goes forward and back (bf16 where the
processor has it). Every size runs in a process of its own, on one thread; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from multiprocessing import get_context
from pathlib import Path

SIZES = [512, 1_024, 2_048, 4_096, 8_192]
BATCH = 32


def measure(backbone: str, tokens: int, size: int, rounds: int) -> tuple[float, int]:
    """Tokens a processor second in the median round, and the process's peak memory in MB."""
    import numpy as np
    import torch

    from narrashift.model.codebook import read_codebook
    from narrashift.model.pretrained import resolve_backbone
    from narrashift.model.tokens import read_tokenizer
    from narrashift.training.data.corpus import read_corpus
    from narrashift.training.learning.backbone import load_backbone
    from narrashift.training.learning.fine_tune import pick_precision
    from narrashift.training.learning.long_texts import long_texts
    from narrashift.training.settings import TrainSettings

    torch.set_num_threads(1)
    codebook = read_codebook()
    network, _ = load_backbone(TrainSettings(backbone=backbone, max_tokens=tokens), codebook=codebook)
    network.config.windows = 1
    tokenizer = read_tokenizer(Path(resolve_backbone(backbone)) / "tokenizer.json")
    joined = iter(read_corpus(["seeds/corpus.jsonl"], codebook=codebook).texts)
    long = [" ".join(next(joined) for _ in range(tokens // 5)) for _ in range(BATCH)]
    texts = long_texts(tokenizer, long, network=network)
    bf16 = pick_precision("auto", device="cpu") == "bf16"
    network.train()
    rates = []
    for _ in range(rounds + 1):
        started = time.process_time()
        for piece in texts.pieces(np.arange(BATCH), tokens=size):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                logits = texts.logits(network, piece)
            torch.stack([values.float().square().sum() for values in logits.values()]).sum().backward()
        network.zero_grad(set_to_none=True)
        rates.append(int(texts.lengths.sum()) / (time.process_time() - started))
    return statistics.median(rates[1:]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--backbone", default="minilm-l6")
    parser.add_argument("--tokens", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    results = {}
    for size in options.sizes:
        with get_context("spawn").Pool(1) as pool:
            results[size] = pool.apply(measure, (options.backbone, options.tokens, size, options.rounds))
        if not options.json:
            print(f"{size:6,} tokens: {results[size][0]:6,.0f} tokens/s, {results[size][1]:6,} MB", flush=True)
    if options.json:
        print(json.dumps({f"{name}/{size}": found[i] for size, found in results.items()
                          for i, name in enumerate(("tokens_per_s", "peak_mb"))}))  # fmt: skip


if __name__ == "__main__":
    main()
