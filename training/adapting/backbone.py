"""Find a backbone together with the head that predicts masked tokens, and save both as a backbone again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import AutoConfig, AutoModelForMaskedLM
from transformers.utils import logging

from ...model.errors import UserError
from ...model.pretrained import resolve_backbone
from ..learning.backbone import backbone_tokenizer, longest_passage, not_loaded


@dataclass(frozen=True)
class MaskedBackbone:
    """An encoder with its masked-language-model head.

    Attributes:
        model: of the class that `AutoModelForMaskedLM` has for it; its decoder shares the word embeddings.
        tokenizer: `PreTrainedTokenizerFast`.
        is_fresh: the backbone came without such a head, as sentence encoders do; this one is drawn at random.
    """

    model: Any
    tokenizer: Any
    is_fresh: bool

    def predict(self, input_ids: Tensor, attention_mask: Tensor, *, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the wanted positions only, ``(wanted, vocabulary)``, and sentence vectors, ``(passages, hidden)``.

        The decoder is the dearest of all layers: it sees nothing but what is wanted.

        Args:
            input_ids, attention_mask: ``(passages, tokens)``.
            wanted: ``(passages, tokens)`` booleans.
        """
        vectors = []

        def only_wanted(module: nn.Module, arguments: Any, output: Any) -> Any:
            hidden = output["last_hidden_state"]
            vectors.append(pooled(hidden, attention_mask))
            output["last_hidden_state"] = hidden[wanted].unsqueeze(0)
            return output

        hook = self.model.base_model.register_forward_hook(only_wanted)
        try:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits[0], vectors[0]
        finally:
            hook.remove()

    def is_head(self, name: str) -> bool:
        """Whether this parameter is one of the head, and of no part that the head shares with the encoder."""
        return not name.startswith(f"{self.model.base_model_prefix}.")

    def save(self, folder: Path) -> None:
        """Write `config.json`, `model.safetensors` and the tokenizer; the head is kept for those who adapt further."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def pooled(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Means of the last layer over a passage's tokens, of length 1: ``(passages, hidden)``."""
    weights = attention_mask.unsqueeze(-1).float()
    return normalize((hidden.float() * weights).sum(1), dim=1)


def load_tokenizer(backbone: str) -> Any:
    """The backbone's tokenizer, as `backbone_tokenizer`, where it can mask words.

    Raises:
        UserError: as `backbone_tokenizer`; it has neither a mask token nor one for the unknown.
    """
    tokenizer = backbone_tokenizer(backbone)
    if masking_token(tokenizer) is None:
        raise UserError(
            f"--backbone {backbone}: its tokenizer has no token to mask a word with (mask, unknown). "
            "Name an encoder as BERT, RoBERTa or e5"
        )
    return tokenizer


def masking_token(tokenizer: Any) -> str | None:
    """The mask token; of a vocabulary that was cut down to what sentence encoders need, the one for the unknown."""
    return tokenizer.mask_token or tokenizer.unk_token


def load_masked(backbone: str, *, max_tokens: int, seed: int) -> MaskedBackbone:
    """A backbone with its masked-language-model head, or a fresh one whose decoder is tied to the word embeddings.

    Args:
        seed: of a fresh head.

    Raises:
        UserError: no such backbone, one whose architecture predicts no masked words, or that reads fewer tokens.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    tokenizer = load_tokenizer(backbone)
    where = resolve_backbone(backbone)
    torch.manual_seed(seed)
    try:
        config = AutoConfig.from_pretrained(where, trust_remote_code=False)
        if type(config) not in AutoModelForMaskedLM._model_mapping:
            raise UserError(
                f"--backbone {backbone}: its architecture {config.model_type} predicts no masked words. "
                "Name an encoder as BERT, RoBERTa or e5"
            )
        config.tie_word_embeddings = True
        model, found = AutoModelForMaskedLM.from_pretrained(
            where, config=config, dtype=torch.float32, use_safetensors=True, trust_remote_code=False,
            output_loading_info=True,
        )  # fmt: skip
    except UserError:
        raise
    except Exception as error:  # transformers, safetensors: each raises its own
        raise not_loaded(backbone, error) from None
    if tokenizer.convert_tokens_to_ids(masking_token(tokenizer)) >= model.config.vocab_size:
        raise UserError(f"--backbone {backbone}: the network has no embedding of its tokenizer's mask token")
    limit = longest_passage(model.config.to_dict()) or max_tokens
    if max_tokens > limit:
        raise UserError(f"max_tokens {max_tokens}: this backbone reads at most {limit} (--set max_tokens={limit})")
    prefix = f"{model.base_model_prefix}."
    return MaskedBackbone(model, tokenizer, any(not name.startswith(prefix) for name in found["missing_keys"]))
