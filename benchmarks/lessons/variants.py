"""The variants that `carry_over.py` compares, and a fine-tuning loop in which each can be had."""

from __future__ import annotations

import math
import random
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from narrashift.model.network import PassageClassifier
from narrashift.model.tokens import encode, pad, read_tokenizer
from narrashift.model.transformer import TransformerClassifier
from narrashift.training.data.corpus import Corpus
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.learning.fine_tune import epoch_batches
from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.learning.optimizer import build_optimizer, set_rate
from narrashift.training.settings import TrainSettings

Alter = Callable[[str, random.Random], str]


@dataclass(frozen=True)
class Variant:
    """What one variant does differently; the defaults are the base.

    Args:
        settings: settings of `narrashift train` that differ.
        cosine: the rate falls along a half cosine instead of a line.
        attention: for every label a weighting of the tokens is learned, in the place of their mean.
        averaging: decay a step of an exponential average of the weights, which is what is measured; 0 for none.
        r_drop: weight of the divergence between two passes with other dropout (Wu et al. 2021, "R-Drop").
        contrast: steps of supervised contrastive learning (Khosla et al. 2020) before, over equally labelled passages.
        alter: changes a passage's text anew in every epoch.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    cosine: bool = False
    attention: bool = False
    averaging: float = 0.0
    r_drop: float = 0.0
    contrast: int = 0
    alter: Alter | None = None


def without_names(text: str, rng: random.Random) -> str:
    """Half of the capitalised words behind a sentence's first masked: names of places and persons, mostly."""
    return re.sub(r"(?<=[a-z,] )[A-Z]\w+", lambda m: "[MASK]" if rng.random() < 0.5 else m[0], text)


def without_words(text: str, rng: random.Random) -> str:
    """One word in ten masked."""
    return " ".join("[MASK]" if rng.random() < 0.1 else word for word in text.split())


def as_headline(text: str, rng: random.Random) -> str:
    """A third of the passages in headline style: no articles, no auxiliaries, no final stop, quotes single."""
    if rng.random() > 1 / 3:
        return text
    short = re.sub(r"\b(the|a|an|is|are|was|were|has|have|had) ", "", text, flags=re.IGNORECASE)
    return short.replace('"', "'").rstrip(".") or text


BASE = {"batch": 32, "learning_rate": 2e-4, "epochs": 4, "label_smoothing": 0.0}
VARIANTS: dict[str, Variant] = {
    "base": Variant(),
    "rate 1e-4": Variant({"learning_rate": 1e-4}),
    "rate 4e-4": Variant({"learning_rate": 4e-4}),
    "cosine": Variant(cosine=True),
    "layer decay 1": Variant({"layer_decay": 1.0}),
    "layer decay 0.85": Variant({"layer_decay": 0.85}),
    "8 epochs": Variant({"epochs": 8}),
    "smoothing 0.1": Variant({"label_smoothing": 0.1}),
    "class weights": Variant({"class_weights": "auto"}),
    "frame × 2": Variant({"task_weights": {"frame": 2.0}}),
    "technique × 2": Variant({"task_weights": {"technique": 2.0}}),
    "dropout 0.3": Variant({"dropout": 0.3}),
    "three layers": Variant({"layers": 3}),
    "mean and max": Variant({"pooling": "mean_max"}),
    "label attention": Variant(attention=True),
    "averaged": Variant(averaging=0.99),
    "R-Drop": Variant(r_drop=1.0),
    "contrastive": Variant(contrast=80),
    "names masked": Variant(alter=without_names),
    "words masked": Variant(alter=without_words),
    "headline style": Variant(alter=as_headline),
}


def learn(variant: Variant, *, train: Corpus, seed: int) -> tuple[TransformerClassifier, TrainSettings]:
    """Fine-tune the default backbone for all epochs (no early stopping, so that nothing is chosen)."""
    settings = TrainSettings.model_validate({**BASE, **variant.settings, "seed": seed})
    torch.manual_seed(seed)
    network, pretrained = load_backbone(settings, codebook=train.codebook)
    with tempfile.TemporaryDirectory() as folder:
        pretrained.save_pretrained(folder)
        tokenizer = read_tokenizer(Path(folder) / "tokenizer.json")
    if variant.attention:
        _attend_by_label(network)
    optimizer = build_optimizer(network, settings=settings)
    loss_of = MultiTaskLoss(train.codebook, weights=class_weights(train, settings=settings), settings=settings)
    averaged = (
        AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(variant.averaging)) if variant.averaging else None
    )
    targets = {name: torch.from_numpy(values) for name, values in train.targets.items()}
    rng = random.Random(seed)

    def encoded() -> list[list[int]]:
        texts = [variant.alter(text, rng) for text in train.texts] if variant.alter else train.texts
        return encode(tokenizer, texts, max_tokens=settings.max_tokens)[0]

    network.train()
    if variant.contrast:
        _contrast(network, encoded(), train=train, steps=variant.contrast, settings=settings)
    epochs, size = int(settings.epochs), int(settings.batch)
    step, steps = 0, epochs * -(-len(train) // size)
    for epoch in range(epochs):
        ids = encoded()
        lengths = np.array([len(row) for row in ids])
        for batch in epoch_batches(lengths, batch=size, seed=seed, epoch=epoch):
            set_rate(optimizer, step=step, steps=steps, warmup=settings.warmup)
            if variant.cosine and step >= settings.warmup * steps:
                for group in optimizer.param_groups:
                    group["lr"] = group["peak"] * 0.5 * (1 + math.cos(math.pi * step / steps))
            twice = np.concatenate([batch, batch]) if variant.r_drop else batch
            tokens, mask = map(torch.from_numpy, pad([ids[i] for i in twice], pad_id=0))
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(tokens, mask)
            loss = loss_of(logits, {name: values[twice] for name, values in targets.items()})
            if variant.r_drop:
                loss = loss + variant.r_drop * _divergence(logits, train)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            if averaged is not None:
                averaged.update_parameters(network)
    learned = averaged.module if averaged is not None else network
    return TransformerClassifier(learned, tokenizer, device="cpu", precision="bf16"), settings


def _attend_by_label(network: PassageClassifier) -> None:
    """Give the heads weighted means of the last layer's tokens, every label by its own weights."""
    width = network.config.encoder["hidden_size"]
    for name, head in list(network.heads.items()):
        network.heads[f"query_{name}"] = nn.Linear(width, head.out_features)

    def forward(self: PassageClassifier, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        hidden = self.dropout(hidden)
        off = attention_mask.unsqueeze(-1) == 0
        out = {}
        for task in self.config.heads:
            weights = self.heads[f"query_task_{task}"](hidden).float().masked_fill(off, -1e4).softmax(1)
            out[task] = (weights * self.heads[f"task_{task}"](hidden).float()).sum(1)
        return out

    network.forward = MethodType(forward, network)  # type: ignore[method-assign]


def _divergence(logits: dict[str, Tensor], corpus: Corpus) -> Tensor:
    """Symmetric Kullback–Leibler divergence between the first and the second half of a doubled batch."""
    total = torch.zeros(())
    for name, task in corpus.codebook.tasks.items():
        one, two = logits[name].float().chunk(2)
        if task.kind == "single":
            p, q = one.log_softmax(1), two.log_softmax(1)
            both = ((p.exp() - q.exp()) * (p - q)).sum(1).mean()
        else:
            both = ((one.sigmoid() - two.sigmoid()) * (one - two)).sum(1).mean()
        total = total + both / 2
    return total


def _contrast(
    network: PassageClassifier, ids: list[list[int]], *, train: Corpus, steps: int, settings: TrainSettings
) -> None:
    """Pull passages of one stance and the same frames together, at a temperature of 0.1, and others apart."""
    kinds = [
        f"{stance} {frame.tolist()}"
        for stance, frame in zip(train.targets["stance"], train.targets["frame"], strict=True)
    ]
    codes = torch.from_numpy(np.unique(kinds, return_inverse=True)[1])
    optimizer = torch.optim.AdamW(network.encoder.parameters(), lr=5e-5)
    rng = np.random.default_rng(settings.seed)
    for _ in range(steps):
        batch = rng.choice(len(ids), 64, replace=False)
        tokens, mask = map(torch.from_numpy, pad([ids[i] for i in batch], pad_id=0))
        with torch.autocast("cpu", torch.bfloat16):
            pooled = network.pool(tokens, mask)
        features = normalize(pooled.float(), dim=1)
        self_pairs = torch.eye(len(batch), dtype=torch.bool)
        scores = (features @ features.T / 0.1).masked_fill(self_pairs, -1e4)
        same = (codes[batch][:, None] == codes[batch][None, :]) & ~self_pairs
        each = (scores.log_softmax(1) * same).sum(1) / same.sum(1).clamp(min=1)
        loss = -each[same.any(1)].mean()
        loss.backward()
        nn.utils.clip_grad_norm_(network.encoder.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
