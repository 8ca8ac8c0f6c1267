"""`export`: write a bundle's ONNX files, and how far each decides as the network does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...model.bundle import Bundle, open_bundle
from ...model.close_calls import close_calls
from ...model.errors import UserError
from ...model.exported import FOLDER, RECORD, Exported, ExportedFile, OnnxEngine, file_sha256
from ...model.folders import check_free, new_folder, write_whole
from ...model.network import PassageClassifier
from ...model.onnx_classifier import OnnxClassifier
from ...model.progress import Progress, silent
from ...model.tokens import read_tokenizer
from ...model.transformer import TransformerClassifier
from ..data.corpus import Corpus
from ..data.splits import Split, split_corpus
from ..measuring.evaluation import Predictions, check_codebook, predictions, truth
from ..measuring.metrics import task_figures
from .calibrate import input_ranges, int8_forms
from .network import build_network, check_exportable

CALIBRATION = 512
"""Passages over which ranges are taken: from 256 to 1,024 nothing changed that could be told from chance."""
MARGINS = (1.5, 2.0, 3.0, 4.0)
"""In root mean square errors of the int8 logits: where a call is closer, fp32 decides. The first that is enough."""


def export(
    *, bundle: Path | str | Bundle, corpus: Corpus, overwrite: bool = False, seed: int = 0, progress: Progress = silent
) -> Exported:
    """Write `onnx/fp32.onnx` and `onnx/int8.onnx` into a bundle, measured against the network.

    Ranges and errors of int8 come from training passages; what is recorded is measured on the test passages, by which
    the margins are widened, too, where they have to be.

    Args:
        corpus: passages labelled by the bundle's codebook, split as for training (`split_corpus`).

    Raises:
        UserError: a TF-IDF bundle, a backbone that has no graph here, another codebook, `onnx/` is there already.
    """
    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    if opened.kind != "transformer":
        raise UserError(f"{opened.path}: TF-IDF needs no export; score it as it is")
    check_codebook(opened, corpus.codebook)
    check_free(opened.path / FOLDER, overwrite=overwrite)
    network = opened.network().eval()
    check_exportable(network)
    split = split_corpus(corpus, seed=seed)
    with new_folder(opened.path / FOLDER, overwrite=overwrite) as folder:
        progress("fp32: measuring it on the test passages", 0, 0)
        work = _Export(opened, network, split, folder, seed)
        write_whole(folder / "fp32.onnx", work.fp32)
        engines: dict[OnnxEngine, ExportedFile] = {"onnx": work.measured("fp32.onnx", logits=work.exact)}
        progress("int8: calibrating and measuring it", 0, 0)
        model, errors = work.int8()
        write_whole(folder / "int8.onnx", model)
        quick = work.logits(model)
        for times in MARGINS:
            margins = {task: round(times * error, 6) for task, error in errors.items()}
            engines["onnx-int8"] = work.measured("int8.onnx", logits=quick, margins=margins)
            if engines["onnx-int8"].faithful:
                break
        exported = Exported(bundle=opened.digest, heads=network.config.heads, passages=len(split.test), engines=engines)
        write_whole(folder / RECORD, exported.model_dump_json(indent=1) + "\n")
    return exported


class _Export:
    """One export under way: the network's answers are computed once a part of the corpus."""

    def __init__(self, bundle: Bundle, network: PassageClassifier, split: Split, folder: Path, seed: int) -> None:
        self.bundle, self.network, self.split, self.folder, self.seed = bundle, network, split, folder, seed
        self.tokenizer = read_tokenizer(bundle.path / "tokenizer.json")
        self.teacher = TransformerClassifier(network, self.tokenizer, device="cpu", precision="fp32")
        self.fp32 = build_network(network)[0].SerializeToString()
        self.exact = self.logits(self.fp32)
        self.by_network = self._answers(self.teacher.logits(split.test.texts).tasks)

    def int8(self) -> tuple[bytes, dict[str, float]]:
        """The int8 graph, and the root mean square error of its logits, task by task."""
        order = np.random.default_rng(self.seed).permutation(len(self.split.train))
        texts = [self.split.train.texts[i] for i in order[:CALIBRATION]]
        ranges = input_ranges(self.network, self.tokenizer, texts)
        model, _ = build_network(self.network, forms=int8_forms(self.network), ranges=ranges)
        graph = model.SerializeToString()
        quick, exact = (self._classifier(m).logits(texts).tasks for m in (graph, self.fp32))
        errors = {task: float(np.sqrt(np.square(quick[task] - exact[task]).mean())) for task in quick}
        return graph, errors

    def logits(self, model: bytes) -> dict[str, np.ndarray]:
        """What a graph says of the test passages: task -> ``(passages, leaves)``."""
        return self._classifier(model).logits(self.split.test.texts).tasks

    def measured(
        self, name: str, *, logits: Mapping[str, np.ndarray], margins: Mapping[str, float] | None = None
    ) -> ExportedFile:
        """How a graph decides on the test passages, fp32 settling what is within the margins.

        Args:
            name: of its file, which is written.
            logits: what it says of them.
        """
        path, test = self.folder / name, self.split.test
        settled = np.zeros(len(test), dtype=bool)
        if margins:
            settled = close_calls(logits, codebook=self.bundle.codebook, decision=self.bundle.decision, margins=margins)
            logits = {task: np.where(settled[:, None], self.exact[task], values) for task, values in logits.items()}
        answers = self._answers(logits)
        return ExportedFile(
            file=name,
            sha256=file_sha256(path),
            changed=_changed(answers, self.by_network),
            moved=_moved(answers, self.by_network, corpus=test),
            margins=dict(margins or {}),
            settled=round(float(settled.mean()), 6),
        )

    def _classifier(self, model: bytes) -> OnnxClassifier:
        config = self.network.config
        return OnnxClassifier(
            model, self.tokenizer, heads=config.heads, max_tokens=config.max_tokens, windows=config.windows
        )

    def _answers(self, logits: Mapping[str, np.ndarray]) -> Predictions:
        return predictions(logits, decision=self.bundle.decision, codebook=self.bundle.codebook)


def _changed(one: Predictions, other: Predictions) -> dict[str, float]:
    """Task -> share of the passages whose decided labels differ."""
    return {task: round(float((one.on[task] != other.on[task]).any(axis=1).mean()), 6) for task in one.on}


def _moved(one: Predictions, other: Predictions, *, corpus: Corpus) -> dict[str, float]:
    """Task -> macro-F1 of the one, minus the other's."""
    first, second = _macro_f1(one, corpus), _macro_f1(other, corpus)
    return {task: round(first[task] - second[task], 6) for task in first}


def _macro_f1(answers: Predictions, corpus: Corpus) -> dict[str, float]:
    """Task -> macro-F1, of the tasks that have labels."""
    found = {}
    for name, task in corpus.codebook.tasks.items():
        known = corpus.labelled(name)
        if known.any():
            figures = dict(
                task_figures(
                    corpus.weights[None, known], name=name, task=task, truth=truth(corpus, name)[known],
                    probs=answers.probabilities[name][known], on=answers.on[name][known],
                )
            )  # fmt: skip
            found[name] = float(np.nan_to_num(figures[f"macro_f1/{name}"][0]))
    return found
