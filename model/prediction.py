"""Predictions for a list of texts, with every probability: the Python API's `load` and `predict`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bundle import Bundle, open_bundle
from .classifier import Classifier
from .decision import all_probabilities, answers, check_risk
from .errors import UserError
from .passages import unusable_text

if TYPE_CHECKING:
    from .evidence.explain import Evidence, Explainer


@dataclass(frozen=True)
class Prediction:
    """What a bundle says of one text.

    Attributes:
        text: as it was given.
        labels: task -> the decided label (single), or the list of decided labels with parents (multi); None where
            the passage was left undecided (`abstain`).
        probabilities: task -> label -> calibrated probability, 0..1, parents included.
        truncated: the text was longer than the model reads, and its end was not seen.
        evidence: for each decided leaf the words that carried it; None where it was not asked for.
    """

    text: str
    labels: dict[str, str | list[str] | None]
    probabilities: dict[str, dict[str, float]]
    truncated: bool
    evidence: list[Evidence] | None = None

    def __getitem__(self, task: str) -> str | list[str] | None:
        """`prediction["stance"]`: the decided label or labels of a task."""
        return self.labels[task]


class Predictor:
    """A loaded bundle.

    Args:
        exported: run what `narrashift export` wrote, if the bundle has it: several times faster on a CPU, and PyTorch
            is not imported.
    """

    def __init__(self, bundle: Bundle, *, exported: bool = False, **options: Any) -> None:
        self.bundle = bundle
        self.options = options
        self.codebook = bundle.codebook
        self.classifier = (_exported(bundle) if exported else None) or bundle.classifier(**options)

    def predict(
        self, texts: Sequence[str], *, abstain: float | None = None, evidence: bool = False
    ) -> list[Prediction]:
        """Label texts, one prediction each, in their order. Any number; a long list is sorted inside.

        Args:
            abstain: leave a task of a text undecided (None) where more than this share of such answers may be
                wrong, as far as the text is like the passages that the model was validated on.
            evidence: also say which words carried each decided label; takes many times as long.

        Raises:
            UserError: `texts` is a string instead of a list, or holds something else than non-empty strings; `abstain`
                is no share, or the bundle does not say how wrong its answers are.
        """
        check_risk(abstain, decision=self.bundle.decision, place=self.bundle.path)
        if isinstance(texts, str):
            raise UserError("predict takes a list of texts: predict([text])")
        texts = list(texts)
        for index, text in enumerate(texts):
            if reason := unusable_text(text):
                raise UserError(f"text {index}: {reason}. Leave it out")
        if not texts:
            return []
        logits = self.classifier.logits(texts)
        probs = all_probabilities(logits.tasks, codebook=self.codebook, decision=self.bundle.decision)
        columns = {name: task.with_parents(probs[name]) for name, task in self.codebook.tasks.items()}
        decided = answers(probs, codebook=self.codebook, decision=self.bundle.decision, abstain=abstain)
        found = self._explainer.explain(texts, logits.tasks, abstain=abstain) if evidence else None
        return [
            Prediction(
                text=text,
                labels={name: decided[name][i] for name in decided},
                probabilities={
                    name: {label: float(values[i]) for label, values in columns[name].items()} for name in columns
                },
                truncated=bool(logits.truncated[i]),
                evidence=found[i] if found else None,
            )
            for i, text in enumerate(texts)
        ]

    @cached_property
    def _explainer(self) -> Explainer:
        from .evidence.explain import open_explainer

        return open_explainer(self.bundle, self.classifier, device=self.options.get("device", "auto"))


def _exported(bundle: Bundle) -> Classifier | None:
    from .exported import faithful_engine

    engine = faithful_engine(bundle) if bundle.kind == "transformer" else None
    if engine is None:
        return None
    from .onnx_classifier import open_onnx

    return open_onnx(bundle, engine)


def load(path: Path | str, *, exported: bool = False, **options: Any) -> Predictor:
    """Load a bundle folder for prediction.

    Args:
        path: the folder that `narrashift train --out` wrote.
        exported: run what `narrashift export` wrote, if it is there.
        options: `device`, `precision` (`fp32`, `bf16`), `batch_tokens`, for a transformer bundle.

    Raises:
        UserError: the folder is no bundle, or a part of it is missing or broken.
    """
    return Predictor(open_bundle(path), exported=exported, **options)
