"""The network: one shared encoder, its layers pooled, one linear head a task, and words counted beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from .codebook import Codebook
from .lexical import LexicalHead

POOLINGS = ("mean", "mean_max")
PADDING = -1e4
"""Below everything that a normalised layer gives, and within the range of half precision."""


class PassageConfig(PreTrainedConfig):
    """Configuration of `PassageClassifier`.

    Args:
        encoder: the backbone's own configuration, as a dict.
        heads: task -> number of leaves, in the codebook's order.
        max_tokens: tokens that the network reads at once, special tokens included.
        windows: of so many tokens each at most that a longer passage is read in; what follows is cut off.
        layers: of the encoder, from 1, whose means the heads see side by side, the top one last; only that one where
            none is named.
        pooling: `mean`, or `mean_max`: beside the means of layers, the greatest values over the top one's tokens.
        dropout: share of pooled features dropped in training, 0..1.
        lexical: buckets of the lexical head; 0 where there is none.
        lexical_vocabulary: ids of which that head knows whether it met them; 0 where it does not ask.
    """

    model_type = "narrashift_passage"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        heads: dict[str, int] | None = None,
        max_tokens: int = 256,
        windows: int = 1,
        layers: Sequence[int] = (),
        pooling: str = "mean",
        dropout: float = 0.1,
        codebook_digest: str = "",
        lexical: int = 0,
        lexical_vocabulary: int = 0,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or {}
        self.heads = heads or {}
        self.max_tokens = max_tokens
        self.windows = windows
        self.layers = list(layers)
        self.pooling = pooling
        self.dropout = dropout
        self.codebook_digest = codebook_digest
        self.lexical = lexical
        self.lexical_vocabulary = lexical_vocabulary
        super().__init__(**kwargs)


class PassageClassifier(PreTrainedModel):
    """Logits of every task from one pass of the encoder. `save_pretrained` and `from_pretrained` work.

    Attributes:
        taught: tasks whose heads know something before training, from another bundle.
    """

    config_class = PassageConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True

    def __init__(self, config: PassageConfig) -> None:
        super().__init__(config)
        settings = {key: value for key, value in config.encoder.items() if key != "auto_map"}  # code of its repository
        encoder_config = AutoConfig.for_model(settings.pop("model_type"), **settings)
        options = _without_pooler(encoder_config.model_type)
        self.encoder = AutoModel.from_config(encoder_config, trust_remote_code=False, **options)
        self.dropout = nn.Dropout(config.dropout)
        _check_layers(config.layers, depth=encoder_config.num_hidden_layers)
        if config.pooling not in POOLINGS:
            raise ValueError(f"pooling {config.pooling!r} is none of {', '.join(POOLINGS)}")
        width = encoder_config.hidden_size * len(self.pooled)
        self.heads = nn.ModuleDict({_module(task): nn.Linear(width, leaves) for task, leaves in config.heads.items()})
        self.taught: tuple[str, ...] = ()
        self.lexical: LexicalHead | None = None
        if config.lexical:
            self.lexical = LexicalHead(buckets=config.lexical, heads=config.heads, vocabulary=config.lexical_vocabulary)
        self.post_init()

    def add_lexical(self, head: LexicalHead) -> None:
        """Add a fitted lexical head's logits to the encoder's from now on."""
        self.lexical = head
        self.config.lexical = len(head.table)
        self.config.lexical_vocabulary = 0 if head.known is None else len(head.known)

    def head(self, task: str) -> nn.Linear:
        """The linear head of a task, from pooled features to its leaves."""
        return self.heads[_module(task)]  # type: ignore[return-value]

    def pool(self, input_ids: Tensor | None, attention_mask: Tensor, embeddings: Tensor | None = None) -> Tensor:
        """Means of layers over a passage's tokens, side by side, and maxima: ``(passages, len(pooled) * hidden)``.

        Mean pooling as in Reimers & Gurevych 2019 (Sentence-BERT); it is what MiniLM was trained with. Layers below the
        top keep what its pretraining had no use for (Tenney et al. 2019, "BERT Rediscovers the Classical NLP
        Pipeline"). A maximum keeps what a single word or clause says, which a mean thins out by the passage's length.

        Args:
            embeddings: ``(passages, tokens, hidden)``, word embeddings in the place of the ids', which are then None.
        """
        below = self.layers[:-1]
        output = self.encoder(
            input_ids=input_ids,
            attention_mask=attention_mask,
            inputs_embeds=embeddings,
            output_hidden_states=bool(below),
        )
        read = [*(output.hidden_states[layer] for layer in below), output.last_hidden_state]
        weights = attention_mask.unsqueeze(-1).to(output.last_hidden_state.dtype)
        tokens = weights.sum(1).clamp(min=1)
        features = [(hidden * weights).sum(1) / tokens for hidden in read]
        if self.config.pooling == "mean_max":
            features.append(output.last_hidden_state.masked_fill(weights == 0, PADDING).amax(1))
        return torch.cat(features, dim=1)

    @property
    def layers(self) -> list[int]:
        """Layers of the encoder, from 1, that the heads see, the top one last."""
        return list(self.config.layers) or [self.encoder.config.num_hidden_layers]

    @property
    def pooled(self) -> list[tuple[int, str]]:
        """Layer, and `mean` or `max`, of every block of features that the heads see, in their order."""
        means = [(layer, "mean") for layer in self.layers]
        return [*means, (self.layers[-1], "max")] if self.config.pooling == "mean_max" else means

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """Logits: task -> ``(passages, leaves)``.

        Args:
            input_ids: ``(passages, tokens)``, int64.
            attention_mask: ``(passages, tokens)``, 1 on tokens and 0 on padding.
        """
        pooled = self.dropout(self.pool(input_ids, attention_mask))
        logits = {task: self.head(task)(pooled) for task in self.config.heads}
        if self.lexical is None:
            return logits
        counted = self.lexical(input_ids, attention_mask)
        return {task: values + counted[task] for task, values in logits.items()}


def from_backbone(
    backbone: str, *, codebook: Codebook, max_tokens: int, dropout: float, layers: int = 1, pooling: str = "mean"
) -> PassageClassifier:
    """A classifier with the weights of a pretrained encoder and fresh heads.

    Args:
        backbone: a local folder or hub id that `AutoModel` can load, with its weights as safetensors.
        layers: how many of the encoder's upper half the heads see, the top one among them.
        pooling: as `PassageConfig` has it.

    Raises:
        OSError, ValueError: as `AutoModel.from_pretrained`; the caller says which backbone it was.
    """
    encoder_config = AutoConfig.from_pretrained(backbone, trust_remote_code=False)
    pretrained = AutoModel.from_pretrained(
        backbone,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        **_without_pooler(encoder_config.model_type),
    )
    return from_encoder(
        pretrained, codebook=codebook, max_tokens=max_tokens, dropout=dropout, layers=layers, pooling=pooling
    )


def from_encoder(
    encoder: PreTrainedModel,
    *,
    codebook: Codebook,
    max_tokens: int,
    dropout: float,
    layers: int = 1,
    pooling: str = "mean",
) -> PassageClassifier:
    """A classifier with a copy of an encoder and fresh heads; the rest as `from_backbone` takes it."""
    config = PassageConfig(
        encoder={**encoder.config.to_dict(), "_name_or_path": "", "dtype": "float32"},  # some are stored in half
        heads={name: len(task.leaves) for name, task in codebook.tasks.items()},
        max_tokens=max_tokens,
        layers=_spread(encoder.config.num_hidden_layers, layers),
        pooling=pooling,
        dropout=dropout,
        codebook_digest=codebook.digest,
    )
    network = PassageClassifier(config)
    network.encoder.load_state_dict(encoder.state_dict())
    return network


def _spread(depth: int, layers: int) -> list[int]:
    """So many layers, evenly spread from the middle of the encoder to its top; none for the top alone."""
    if layers == 1:
        return []
    return sorted({max(1, int(layer)) for layer in np.linspace(depth / 2, depth, layers)})


def _check_layers(layers: Sequence[Any], *, depth: int) -> None:
    """Raise a `ValueError` for layers that the encoder does not have, or in another order than they are read in."""
    numbers = [layer for layer in layers if isinstance(layer, int) and 0 < layer <= depth]
    if layers and (numbers != sorted({*numbers}) or len(numbers) < len(layers) or numbers[-1] != depth):
        raise ValueError(f"layers {layers!r} are not rising numbers from 1 that end with the top one, {depth}")


def _module(task: str) -> str:
    """A module may not be called like a method of `ModuleDict`, a task may."""
    return f"task_{task}"


def _without_pooler(model_type: str) -> Mapping[str, Any]:
    """BERT's pooler is never used here; leaving it out saves its weights and its warning."""
    return {"add_pooling_layer": False} if model_type in {"bert", "roberta", "xlm-roberta", "camembert"} else {}
