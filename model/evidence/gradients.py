"""Integrated gradients through the encoder, and the lexical head's own share: what each word added to a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients
from tokenizers import Tokenizer
from torch import Tensor

from ..cores import usable_cores
from ..decision import Decision
from ..network import PassageClassifier
from ..tokens import budget_batches, pad
from ..windows import window_shares, window_tokens
from .labels import DecidedLabel, direction
from .words import Span, owners

STEPS = 4
"""Points on the path. By `benchmarks/evidence.py` more make the sum more exact, and the choice of words no better."""
BATCH_TOKENS = 1_024


@dataclass(frozen=True)
class Pieces:
    """What the network sees at once of a text: ids, which are special tokens, which word each belongs to (-1: none).

    `share` is how much this window counts in the text's logits; 1 where it is the only one.
    """

    ids: np.ndarray
    special: np.ndarray
    owner: np.ndarray
    share: float


@dataclass(frozen=True)
class Attribution:
    """A label's log odds, divided among the words.

    Attributes:
        words: ``(words,)``, calibrated log odds.
        rest: what punctuation and special tokens added.
        total: log odds of the text less those of the baseline, which words and rest would sum to if there were
            infinitely many steps (the completeness axiom).
    """

    words: np.ndarray
    rest: float
    total: float


class GradientWeights:
    """Weighs words by integrated gradients (Sundararajan et al. 2017), and adds the lexical head's exact shares.

    The path leads from a passage whose word embeddings are all zero, special tokens and positions left as they are, to
    the passage; the integral is a Gauss–Legendre sum. The lexical head is linear in its features up to their norm: a
    token's share is its own and half of each pair's that it is in.

    Args:
        network: in float32; it is frozen and put into evaluation mode.
        tokenizer: with truncation and padding off (`read_tokenizer`).
        steps: points on the path.
        threads: batches computed at a time; by default as many as there are cores to use, one on a GPU. Threads inside
            an operation would wait for each other, on a busy machine most of the time.
    """

    def __init__(
        self,
        network: PassageClassifier,
        tokenizer: Tokenizer,
        *,
        decision: Decision,
        device: str = "cpu",
        steps: int = STEPS,
        batch_tokens: int = BATCH_TOKENS,
        threads: int | None = None,
    ) -> None:
        self.network = network.eval().requires_grad_(False).to(device)
        self.tokenizer = tokenizer
        self.decision = decision
        self.device = torch.device(device)
        self.steps = steps
        self.batch_tokens = batch_tokens
        self.threads = (threads or usable_cores()) if self.device.type == "cpu" else 1
        self.pad_id = network.config.encoder.get("pad_token_id") or 0
        self.method = f"integrated gradients, {steps} steps"

    def __call__(
        self, texts: Sequence[str], words: Sequence[Sequence[Span]], labels: Sequence[DecidedLabel]
    ) -> list[np.ndarray]:
        """For each label ``(words,)`` of its text, in calibrated log odds."""
        return [found.words for found in self.attribute(texts, words, labels)]

    def attribute(
        self,
        texts: Sequence[str],
        words: Sequence[Sequence[Span]],
        labels: Sequence[DecidedLabel],
        *,
        encoder: bool = True,
        lexical: bool = True,
        totals: bool = False,
    ) -> list[Attribution]:
        """What each word of its text added to each label.

        Args:
            encoder, lexical: which parts of the network count.
            totals: also compute what the shares should sum to (two passes more); 0 without.
        """
        windows = [self._windows(text, own) for text, own in zip(texts, words, strict=True)]
        seen = [(index, piece) for index, label in enumerate(labels) for piece in windows[label.text]]
        pieces, asked = [piece for _, piece in seen], [labels[index] for index, _ in seen]
        lengths = np.array([len(piece.ids) for piece in pieces], dtype=np.int64)
        shares = [np.zeros(length) for length in lengths]
        total = np.zeros(len(labels))
        if encoder:
            for batch, values, sums in self._batches(pieces, asked, lengths=lengths, totals=totals):
                for i, own, whole in zip(batch, values, sums, strict=True):
                    shares[i] += own[: lengths[i]] * pieces[i].share
                    total[seen[i][0]] += whole * pieces[i].share
        if lexical and self.network.lexical is not None:
            for i, (index, piece) in enumerate(seen):
                own = self._lexical(piece, labels[index]) * piece.share
                shares[i] += own
                total[index] += own.sum()
        found, at = [], 0
        for label, whole in zip(labels, total, strict=True):
            own = slice(at, at + len(windows[label.text]))
            owner = np.concatenate([piece.owner for piece in pieces[own]])
            found.append(_joined(np.concatenate(shares[own]), owner, count=len(words[label.text]), total=float(whole)))
            at = own.stop
        return found

    def _windows(self, text: str, words: Sequence[Span]) -> list[Pieces]:
        encoding, config = self.tokenizer.encode(text), self.network.config
        tokens = window_tokens(encoding, max_tokens=config.max_tokens, windows=config.windows)
        flags = encoding.special_tokens_mask
        owner = owners([(0, 0) if flag else o for o, flag in zip(encoding.offsets, flags, strict=True)], words)
        ids, special = np.array(encoding.ids, dtype=np.int64), np.array(flags, dtype=bool)
        return [
            Pieces(ids=ids[own], special=special[own], owner=owner[own], share=share)
            for own, share in zip(tokens, window_shares(tokens), strict=True)
        ]

    def _batches(
        self, pieces: Sequence[Pieces], labels: Sequence[DecidedLabel], *, lengths: np.ndarray, totals: bool
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Indices of the pieces of a batch, each with its label, and what `_encoder` finds for them."""

        def run(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return batch, *self._encoder([pieces[i] for i in batch], [labels[i] for i in batch], totals)

        before = torch.get_num_threads()
        try:
            with ThreadPoolExecutor(self.threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                yield from pool.map(run, budget_batches(lengths, tokens=max(self.batch_tokens // self.steps, 1)))
        finally:
            torch.set_num_threads(before)  # what the threads set holds, in part, for the whole process

    def _encoder(
        self, pieces: Sequence[Pieces], labels: Sequence[DecidedLabel], totals: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Shares ``(labels, tokens)`` of the encoder, and what they should sum to ``(labels,)``."""
        padded, mask = pad([piece.ids for piece in pieces], pad_id=self.pad_id)
        keep, _ = pad([piece.special.astype(np.int64) for piece in pieces], pad_id=1)
        ids, attention = torch.from_numpy(padded).to(self.device), torch.from_numpy(mask).to(self.device)
        inputs = self.network.encoder.get_input_embeddings()(ids)
        baseline = inputs * torch.from_numpy(keep).to(inputs).unsqueeze(-1)
        weights = torch.stack([self._head(label) for label in labels])
        shares = self._shares(inputs, baseline, (attention, weights))
        sums = np.zeros(len(labels))
        if totals:
            with torch.no_grad():
                ends = self._log_odds(inputs, attention, weights) - self._log_odds(baseline, attention, weights)
            sums = ends.cpu().numpy().astype(np.float64)
        return shares.sum(-1).detach().cpu().numpy().astype(np.float64), sums

    def _shares(self, inputs: Tensor, baseline: Tensor, rest: tuple[Tensor, Tensor]) -> Tensor:
        """What each number of the embeddings added: ``(labels, tokens, hidden)``."""
        return IntegratedGradients(self._log_odds).attribute(
            inputs, baseline, additional_forward_args=rest, n_steps=self.steps, method="gausslegendre"
        )

    def _log_odds(self, embeddings: Tensor, attention: Tensor, weights: Tensor) -> Tensor:
        """The encoder's part of each row's log odds, up to a constant."""
        return (self.network.pool(None, attention, embeddings) * weights).sum(1)

    def _head(self, label: DecidedLabel) -> Tensor:
        """The label's direction in the space of pooled features: ``(hidden,)``."""
        matrix = self.network.head(label.task).weight
        chosen = direction(label, leaves=len(matrix), decision=self.decision)
        return torch.from_numpy(chosen).to(matrix) @ matrix

    def _lexical(self, pieces: Pieces, label: DecidedLabel) -> np.ndarray:
        """Shares ``(tokens,)`` of the lexical head."""
        head = self.network.lexical
        assert head is not None
        ids = torch.from_numpy(pieces.ids).to(self.device)
        found = head.shares(ids)[label.task].cpu().numpy().astype(np.float64)
        return found @ direction(label, leaves=found.shape[1], decision=self.decision)


def _joined(shares: np.ndarray, owner: np.ndarray, *, count: int, total: float) -> Attribution:
    """The shares of pieces as those of words."""
    inside = owner >= 0
    words = np.bincount(owner[inside], weights=shares[inside], minlength=count)
    return Attribution(words=words, rest=float(shares[~inside].sum()), total=total)
