"""Find a backbone: the one that is installed with the package, a local folder, a hub id, or another bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from transformers.utils import logging

from ...model.codebook import Codebook
from ...model.errors import UserError, first_line
from ...model.network import PassageClassifier, from_backbone
from ...model.pretrained import resolve_backbone
from ..settings import TrainSettings
from .taught import begin_from, bundle_of


def longest_passage(encoder: dict[str, Any]) -> int | None:
    """Tokens that fit the position embeddings; RoBERTa's begin behind the padding id."""
    positions = encoder.get("max_position_embeddings")
    if positions and encoder.get("model_type") in {"roberta", "xlm-roberta", "camembert"}:
        return positions - (encoder.get("pad_token_id") or 0) - 1
    return positions


def backbone_tokenizer(backbone: str) -> Any:
    """The backbone's `PreTrainedTokenizerFast`, with truncation and padding off.

    Raises:
        UserError: it cannot be loaded, or is not a fast one.
    """
    logging.set_verbosity_error()
    try:
        tokenizer = AutoTokenizer.from_pretrained(resolve_backbone(backbone), trust_remote_code=False)
    except UserError:
        raise
    except Exception as error:  # transformers, tokenizers: each raises its own
        raise not_loaded(backbone, error) from None
    check_fast(backbone, tokenizer)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def check_fast(backbone: str, tokenizer: Any) -> None:
    """Refuse a tokenizer that is not a fast one."""
    if not getattr(tokenizer, "is_fast", False):
        raise UserError(f"--backbone {backbone}: it has no fast tokenizer (tokenizer.json)")


def not_loaded(backbone: str, error: Exception) -> UserError:
    """What to raise where a library cannot load a backbone."""
    return UserError(
        f"--backbone {backbone}: cannot be loaded ({first_line(error)}). "
        "Name a local folder or a hub id that this machine can reach"
    )


def _missing(where: str) -> str | None:
    """Why a name that is meant as a folder is none that holds a model; None of a hub id."""
    path = Path(where)
    is_meant = where.startswith((".", "/", "~")) or where.count("/") > 1 or "\\" in where
    if is_meant and not path.is_dir():
        return "no such folder"
    return "it has no config.json" if where and path.is_dir() and not (path / "config.json").is_file() else None


def load_backbone(settings: TrainSettings, *, codebook: Codebook) -> tuple[PassageClassifier, Any]:
    """A network with pretrained encoder and fresh heads, and its tokenizer; from a bundle, with what it was taught.

    Args:
        settings: where layers and pooling are left open, heads see the means of the top one.

    Raises:
        UserError: no such folder or hub id, no network, no fast tokenizer, or no encoder in it.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    where, bundle = resolve_backbone(settings.backbone), bundle_of(settings.backbone)
    chosen: Any = {
        "codebook": codebook, "max_tokens": settings.max_tokens, "dropout": settings.dropout,
        "layers": 1 if settings.layers == "auto" else settings.layers,
        "pooling": "mean" if settings.pooling == "auto" else settings.pooling,
    }  # fmt: skip
    try:
        if reason := _missing(where):
            raise OSError(reason)
        network = begin_from(bundle, **chosen) if bundle else from_backbone(where, **chosen)
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    except UserError:
        raise
    except Exception as error:  # transformers, safetensors, tokenizers: each raises its own
        raise not_loaded(settings.backbone, error) from None
    check_fast(settings.backbone, tokenizer)
    if len(tokenizer) <= len(tokenizer.all_special_ids):  # transformers makes an empty one where the files are missing
        raise UserError(f"--backbone {settings.backbone}: its tokenizer has no words. Put its tokenizer.json there")
    rows = network.encoder.get_input_embeddings().num_embeddings
    if (largest := max(tokenizer.get_vocab().values())) >= rows:
        raise UserError(
            f"--backbone {settings.backbone}: its tokenizer has ids up to {largest:,}, the encoder {rows:,} rows. "
            "Put the tokenizer beside it that it was trained with"
        )
    limit = longest_passage(network.config.encoder) or settings.max_tokens
    if settings.max_tokens > limit:
        raise UserError(
            f"max_tokens {settings.max_tokens}: this backbone reads at most {limit} tokens (--set max_tokens={limit})"
        )
    return network, tokenizer
