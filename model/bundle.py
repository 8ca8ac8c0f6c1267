"""A bundle: one folder with everything that a prediction needs; no tracking server, no pickle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .classifier import MOST_WINDOWS, Classifier
from .codebook import Codebook, read_codebook
from .decision import Decision, read_decision
from .errors import UserError, first_line
from .folders import write_whole
from .safety import check_config, check_no_adapter, check_sizes

if TYPE_CHECKING:
    from .network import PassageClassifier

KINDS = {"narrashift_passage": "transformer", "narrashift_tfidf": "tfidf"}
DECIDING_FILES = {
    "transformer": ("config.json", "model.safetensors", "tokenizer.json", "codebook.toml", "decision.json"),
    "tfidf": ("config.json", "tfidf.skops", "codebook.toml", "decision.json"),
}


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: what it knows is read, its weights are not yet."""

    path: Path
    kind: Literal["transformer", "tfidf"]
    codebook: Codebook
    decision: Decision

    @cached_property
    def digest(self) -> str:
        """SHA-256, 16 hex digits, over the files that decide a prediction."""
        total = hashlib.sha256()
        for name in DECIDING_FILES[self.kind]:
            with (self.path / name).open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        return total.hexdigest()[:16]

    def json(self, name: str) -> dict[str, Any]:
        """`metrics.json` or `provenance.json`; empty where the bundle has none."""
        path = self.path / name
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    def classifier(self, **options: Any) -> Classifier:
        """Load the weights. `options` (device, precision, batch_tokens) go to `TransformerClassifier`.

        Raises:
            UserError: weights or tokenizer missing, broken, or of another shape than the codebook's.
        """
        if self.kind == "tfidf":
            from .tfidf import read_tfidf

            return read_tfidf(self.path, codebook=self.codebook)
        from .tokens import read_tokenizer
        from .transformer import TransformerClassifier

        return TransformerClassifier(self.network(), read_tokenizer(self.path / "tokenizer.json"), **options)

    def network(self) -> PassageClassifier:
        """The weights of a transformer bundle, in float32 on the CPU."""
        import torch
        from transformers.utils import logging

        from .network import PassageClassifier

        logging.disable_progress_bar()
        check_no_adapter(self.path)
        path = self.path / "model.safetensors"
        if not path.exists():
            raise UserError(f"{path}: missing. The bundle is incomplete; train it again")
        try:
            loaded: Any = PassageClassifier.from_pretrained(
                self.path, dtype=torch.float32, use_safetensors=True, output_loading_info=True
            )
            network, report = loaded
        except Exception as error:  # safetensors and transformers raise several kinds on a broken file
            raise UserError(f"{path}: cannot be loaded: {first_line(error)}") from None
        if report["missing_keys"] or report["unexpected_keys"]:
            raise UserError(f"{path}: not the weights of this model. The bundle is damaged; train it again")
        limit = network.config.encoder.get("max_position_embeddings") or 10**9
        if not isinstance(network.config.max_tokens, int) or not 1 <= network.config.max_tokens <= limit:
            raise UserError(
                f"{self.path / 'config.json'}: max_tokens {network.config.max_tokens!r} is none of 1..{limit}"
            )
        if not isinstance(network.config.windows, int) or not 1 <= network.config.windows <= MOST_WINDOWS:
            raise UserError(
                f"{self.path / 'config.json'}: windows {network.config.windows!r} is none of 1..{MOST_WINDOWS}"
            )
        expected = {name: len(task.leaves) for name, task in self.codebook.tasks.items()}
        if network.config.heads != expected:
            raise UserError(
                f"{self.path}: codebook.toml does not match the weights: it has {expected}, "
                f"the model {network.config.heads}. Put back the codebook that it was trained with"
            )
        return network


def is_bundle(path: Path | str) -> bool:
    """Whether a folder is meant as one, whole or not: a backbone has no codebook."""
    return (Path(path) / "codebook.toml").is_file()


def open_bundle(path: Path | str) -> Bundle:
    """Open a bundle folder and check that its parts fit together.

    Raises:
        UserError: no such folder, no bundle, an unknown model type, a broken codebook or decision, a configuration
            that asks for what is not in the bundle.
    """
    path = Path(path)
    config = path / "config.json"
    if not config.is_file():
        raise UserError(
            f"{path}: no bundle here ({'no such folder' if not path.exists() else 'it has no config.json'}). "
            "Train one with: narrashift train DATA --out BUNDLE"
        )
    check_sizes(path)
    try:
        content = json.loads(config.read_text("utf-8"))
        model_type = content.get("model_type")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"{config}: not readable: {error}") from None
    if not isinstance(model_type, str) or model_type not in KINDS:
        raise UserError(f"{config}: model_type {model_type!r} is none of {', '.join(KINDS)}")
    check_config(content, place=config)
    kind: Any = KINDS[model_type]
    for name in DECIDING_FILES[kind]:
        if not (path / name).is_file():
            raise UserError(f"{path}: {name} is missing. The bundle is incomplete; train it again")
    codebook = read_codebook(path / "codebook.toml")
    if content.get("codebook_digest") != codebook.digest:
        raise UserError(f"{path}: codebook.toml is not the codebook that it was trained with. Put that one back")
    return Bundle(
        path=path,
        kind=kind,
        codebook=codebook,
        decision=read_decision(path / "decision.json", codebook=codebook),
    )


def write_description(
    folder: Path,
    *,
    codebook: Codebook,
    decision: Decision,
    metrics: dict[str, Any],
    provenance: dict[str, Any],
    card: str,
) -> None:
    """Write what a bundle has beside its weights."""
    write_whole(folder / "codebook.toml", codebook.to_toml())
    write_whole(folder / "decision.json", decision.model_dump_json(indent=2) + "\n")
    write_whole(folder / "metrics.json", json.dumps(_without_nan(metrics), indent=1, allow_nan=False) + "\n")
    write_whole(folder / "provenance.json", json.dumps(provenance, indent=1, default=str) + "\n")
    write_whole(folder / "README.md", card)


def _without_nan(value: Any) -> Any:
    """None in the place of NaN, which is no JSON."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and value != value else value


def write_transformer(folder: Path, *, network: PassageClassifier, tokenizer: Any) -> None:
    """Write weights and tokenizer: `config.json`, `model.safetensors`, `tokenizer.json`, ….

    Args:
        tokenizer: the backbone's `PreTrainedTokenizerFast`.
    """
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_tfidf(folder: Path, *, classifier: Any, codebook: Codebook) -> None:
    """Write a TF-IDF model and the `config.json` that says what it is."""
    write_whole(
        folder / "config.json",
        json.dumps({"model_type": "narrashift_tfidf", "codebook_digest": codebook.digest}) + "\n",
    )
    classifier.save(folder)
