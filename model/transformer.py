"""A fine-tuned encoder as a classifier: tokenise, sort by length, run in batches, restore the order."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from .classifier import Logits, Tick
from .device import pick_device
from .errors import UserError
from .network import PassageClassifier
from .tokens import budget_batches, count_tokens, pad
from .windows import encode_windows

BATCH_TOKENS = {"cpu": 1_024, "cuda": 65_536}


class TransformerClassifier:
    """A `PassageClassifier` with its tokenizer, ready for inference.

    Args:
        network: put into evaluation mode and moved to `device`.
        tokenizer: with truncation and padding off (`read_tokenizer`).
        device: `cpu`, `cuda`, …; `auto` takes CUDA where there is one.
        precision: `fp32`, or `bf16` (autocast); `auto` is bf16 on CUDA and fp32 elsewhere.
        batch_tokens: padded tokens of a batch; by default what suits the device.
    """

    def __init__(
        self,
        network: PassageClassifier,
        tokenizer: Tokenizer,
        *,
        device: str = "auto",
        precision: str = "auto",
        batch_tokens: int | None = None,
    ) -> None:
        if precision not in ("auto", "fp32", "bf16"):
            raise UserError(f"precision {precision!r} is none of auto, fp32, bf16")
        if batch_tokens is not None and batch_tokens < 1:
            raise UserError(f"batch_tokens {batch_tokens}: at least 1")
        self.device = torch.device(pick_device(device))
        self.network = network.eval().to(self.device)
        self.tokenizer = tokenizer
        self.max_tokens: int | None = network.config.max_tokens
        self.bf16 = precision == "bf16" or (precision == "auto" and self.device.type == "cuda")
        self.batch_tokens = batch_tokens or BATCH_TOKENS.get(self.device.type, 16_384)
        self.pad_id = network.config.encoder.get("pad_token_id") or 0

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return count_tokens(self.tokenizer, texts)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        assert self.max_tokens is not None
        config = self.network.config
        encoded = encode_windows(self.tokenizer, texts, max_tokens=self.max_tokens, windows=config.windows)
        ids = encoded.ids
        tasks = {task: np.empty((len(ids), leaves), dtype=np.float32) for task, leaves in config.heads.items()}
        autocast = torch.autocast(self.device.type, torch.bfloat16) if self.bf16 else contextlib.nullcontext()
        with torch.inference_mode(), autocast:
            for batch in budget_batches(encoded.lengths, tokens=self.batch_tokens):
                padded, mask = pad([ids[i] for i in batch], pad_id=self.pad_id)
                out = self.network(torch.from_numpy(padded).to(self.device), torch.from_numpy(mask).to(self.device))
                for task, values in out.items():
                    tasks[task][batch] = values.float().cpu().numpy()
                if tick:
                    tick(encoded.begun(batch))
        averaged = {task: encoded.averaged(values) for task, values in tasks.items()}
        return Logits(tasks=averaged, truncated=encoded.truncated)
