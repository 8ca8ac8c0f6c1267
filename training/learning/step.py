"""The gradient of a batch, whole or from its parts: several processes' shares, and pieces that fit a GPU's memory."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...model.errors import UserError
from ...model.network import PassageClassifier
from ..processes.team import Team
from .long_texts import PIECE_TOKENS, LongTexts
from .loss import MultiTaskLoss, labelled


class Learner:
    """Adds up gradients. Parts of a batch are exact: each task's loss is divided by its labelled passages in the whole.

    Args:
        texts: the passages to learn from.
        targets: task -> what `MultiTaskLoss` takes, of all passages.
        tokens: padded tokens that the device holds at once. Halved when that was too many.
    """

    def __init__(
        self,
        network: PassageClassifier,
        *,
        texts: LongTexts,
        targets: dict[str, Tensor],
        loss_of: MultiTaskLoss,
        team: Team,
        bf16: bool,
        tokens: int = PIECE_TOKENS,
    ) -> None:
        self.network, self.texts, self.targets, self.loss_of, self.team = network, texts, targets, loss_of, team
        self.bf16, self.tokens = bf16, tokens
        self.device = next(network.parameters()).device
        self.known = {name: labelled(truth).cpu().numpy() for name, truth in targets.items()}

    def learn(self, batch: np.ndarray) -> float:
        """Leave the whole batch's gradient in the parameters of every process; its loss.

        Raises:
            Lost: another process has gone.
            UserError: not even one passage fits the GPU's memory.
        """
        share, total = self.team.share(batch), 0.0
        self.team.others = "in a step"
        counts = {name: int(known[batch].sum()) for name, known in self.known.items()}
        while True:
            try:
                for piece in self.texts.pieces(share, tokens=self.tokens):
                    total += self._add(piece, counts=None if len(piece) == len(batch) else counts)
                break
            except torch.OutOfMemoryError:
                self._use_less(share)
                total = 0.0
        return self.team.add_up(self.network.parameters(), total)

    def _add(self, piece: np.ndarray, *, counts: dict[str, int] | None) -> float:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            logits = self.texts.logits(self.network, piece)
        loss = self.loss_of(logits, {name: values[piece] for name, values in self.targets.items()}, counts)
        loss.backward()
        return loss.item()

    def _use_less(self, share: np.ndarray) -> None:
        """Begin the share again, with half the tokens at once."""
        self.network.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        longest = int(self.texts.lengths[share].max())
        had = min(self.tokens, longest * len(share))
        if had <= longest:
            raise UserError(
                f"the GPU's memory does not hold one passage of {longest} tokens. Take a smaller --backbone or "
                "--set max_tokens"
            )
        self.tokens = had // 2
