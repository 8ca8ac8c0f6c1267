"""Find a backbone: the one that is installed with the package, a local folder, or a hub id."""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer
from transformers.utils import logging

from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.network import PassageClassifier, from_backbone
from ...model.pretrained import resolve_backbone
from ..settings import TrainSettings


def _longest(encoder: dict[str, Any]) -> int | None:
    """Tokens that fit the position embeddings; RoBERTa's begin behind the padding id."""
    positions = encoder.get("max_position_embeddings")
    if positions and encoder.get("model_type") in {"roberta", "xlm-roberta", "camembert"}:
        return positions - (encoder.get("pad_token_id") or 0) - 1
    return positions


def backbone_tokenizer(settings: TrainSettings) -> Tokenizer:
    """The tokenizer of a backbone, with truncation and padding off.

    Raises:
        UserError: as `load_backbone`.
    """
    logging.set_verbosity_error()
    try:
        loaded = AutoTokenizer.from_pretrained(resolve_backbone(settings.backbone), trust_remote_code=False)
        tokenizer = Tokenizer.from_str(loaded.backend_tokenizer.to_str())
    except UserError:
        raise
    except Exception as error:  # transformers, tokenizers, no fast tokenizer: each raises its own
        raise UserError(
            f"--backbone {settings.backbone}: its tokenizer cannot be loaded ({str(error).splitlines()[0]}). "
            "Name a local folder or a hub id that this machine can reach"
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_backbone(settings: TrainSettings, *, codebook: Codebook) -> tuple[PassageClassifier, Any]:
    """A network with pretrained encoder and fresh heads, and its tokenizer.

    Raises:
        UserError: no such folder or hub id, no network, no fast tokenizer, or no encoder in it.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    where = resolve_backbone(settings.backbone)
    try:
        network = from_backbone(where, codebook=codebook, max_tokens=settings.max_tokens, dropout=settings.dropout)
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    except Exception as error:  # transformers, safetensors, tokenizers: each raises its own
        raise UserError(
            f"--backbone {settings.backbone}: cannot be loaded ({str(error).splitlines()[0]}). "
            "Name a local folder or a hub id that this machine can reach"
        ) from None
    if not getattr(tokenizer, "is_fast", False):
        raise UserError(f"--backbone {settings.backbone}: it has no fast tokenizer (tokenizer.json)")
    limit = _longest(network.config.encoder) or settings.max_tokens
    if settings.max_tokens > limit:
        raise UserError(
            f"max_tokens {settings.max_tokens}: this backbone reads at most {limit} tokens (--set max_tokens={limit})"
        )
    return network, tokenizer
