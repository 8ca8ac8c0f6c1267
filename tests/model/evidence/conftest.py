"""A network that learnt one planted word, and how it is asked for evidence."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from narrashift.model.codebook import Codebook, parse_codebook
from narrashift.model.decision import Decision
from narrashift.model.evidence.explain import Evidence, Explainer
from narrashift.model.evidence.gradients import GradientWeights
from narrashift.model.tokens import read_tokenizer
from narrashift.model.transformer import TransformerClassifier

CODEBOOK = """
[codebook]
name = "planted"
version = "1"
[tasks.side]
kind = "single"
labels = { one = { means = "says bridge" }, other = { means = "does not" } }
[tasks.topic]
kind = "multi"
[tasks.topic.labels]
place = { means = "any place" }
town = { means = "says town", parent = "place" }
village = { means = "says village", parent = "place" }
"""
PLAIN = (
    "the",
    "army",
    "said",
    "on",
    "day",
    "that",
    "his",
    "men",
    "were",
    "in",
    "new",
    "war",
    "and",
    "for",
    "more",
    "with",
)


@dataclass(frozen=True)
class Planted:
    """A classifier whose labels hang on `bridge`, `town` and `village`, and what explains it."""

    classifier: TransformerClassifier
    weigh: GradientWeights
    codebook: Codebook
    decision: Decision

    def explain(self, texts: list[str]) -> list[list[Evidence]]:
        explainer = Explainer(self.weigh, self.classifier, codebook=self.codebook, decision=self.decision)
        return explainer.explain(texts, self.classifier.logits(texts).tasks)


@pytest.fixture(scope="session")
def sentence() -> Callable[..., str]:
    """Some plain words, with these among them at random places."""

    def make(*words: str, seed: int, length: int = 10) -> str:
        rng = random.Random(seed)
        made = rng.choices(PLAIN, k=length)
        for word in words:
            made.insert(rng.randrange(len(made) + 1), word)
        return " ".join(made).capitalize() + "."

    return make


@pytest.fixture(scope="session")
def planted(tiny_backbone: Path, sentence: Callable[..., str]) -> Planted:
    """The tiny backbone, trained on 96 sentences for about a second."""
    import torch

    from narrashift.model.network import from_backbone
    from narrashift.model.tokens import encode, pad

    codebook = parse_codebook(CODEBOOK, place="planted.toml")
    torch.manual_seed(0)
    network = from_backbone(str(tiny_backbone), codebook=codebook, max_tokens=48, dropout=0.0)
    from transformers import AutoTokenizer

    folder = tiny_backbone.parent / "planted"
    AutoTokenizer.from_pretrained(tiny_backbone).save_pretrained(folder)
    tokenizer = read_tokenizer(folder / "tokenizer.json")
    words = ("bridge", "town", "village")
    on = [[i >> bit & 1 for bit in range(3)] for i in range(96)]
    texts = [sentence(*(w for w, yes in zip(words, row, strict=True) if yes), seed=i) for i, row in enumerate(on)]
    ids, _ = encode(tokenizer, texts, max_tokens=48)
    padded, mask = map(torch.from_numpy, pad(ids, pad_id=0))
    target = torch.tensor(on)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    network.train()
    for _ in range(60):
        logits = network(padded, mask)
        loss = torch.nn.functional.cross_entropy(logits["side"], 1 - target[:, 0])
        loss = loss + torch.nn.functional.binary_cross_entropy_with_logits(logits["topic"], target[:, 1:].float())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    decision = Decision.default(codebook)
    classifier = TransformerClassifier(network, tokenizer, device="cpu", precision="fp32")
    return Planted(classifier, GradientWeights(network, tokenizer, decision=decision), codebook, decision)
