"""Networks to export, small but lively: random weights wide enough that int8 differs from fp32."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from narrashift.model.bundle import write_description, write_transformer
from narrashift.model.codebook import Codebook
from narrashift.model.decision import Decision
from narrashift.model.network import PassageClassifier


def enliven(network: PassageClassifier) -> PassageClassifier:
    """Weights as wide as trained ones; a fresh encoder hardly tells passages apart."""
    import torch

    torch.manual_seed(1)
    for name, values in network.named_parameters():
        if "lexical" not in name:
            torch.nn.init.normal_(values, mean=float(name.endswith("LayerNorm.weight")), std=0.1)
    for head in network.heads.values():
        torch.nn.init.normal_(head.weight, std=1.0)
    return network.eval()


@pytest.fixture(scope="session")
def lively(tiny_backbone: Path) -> Callable[..., Path]:
    """Write a bundle with a random network that has no lexical head."""
    from transformers import AutoTokenizer

    from narrashift.model.network import from_backbone

    def write(folder: Path, *, codebook: Codebook, backbone: Path = tiny_backbone) -> Path:
        network = from_backbone(str(backbone), codebook=codebook, max_tokens=64, dropout=0.1)
        folder.mkdir(exist_ok=True)
        write_transformer(folder, network=enliven(network), tokenizer=AutoTokenizer.from_pretrained(tiny_backbone))
        decision = Decision.default(codebook)
        write_description(folder, codebook=codebook, decision=decision, metrics={}, provenance={}, card="")
        return folder

    return write


@pytest.fixture(scope="session")
def texts(small_rows: list[dict]) -> list[str]:
    """Passages of 3 to more tokens than the model reads, some of them of one length."""
    rows = [row["text"] for row in small_rows[:40]]
    words = " ".join(rows).split()
    cut = [" ".join(words[start : start + length]) for length in range(1, 60, 3) for start in (0, 200)]
    return [*rows, *cut, "?", "\u200b", "word " * 300]
