"""`export`: write a bundle's ONNX files, and how far each decides as the network does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...model.bundle import Bundle, open_bundle
from ...model.errors import UserError
from ...model.exported import FOLDER, MOST_CHANGED, RECORD, Exported, ExportedFile, OnnxEngine, file_sha256
from ...model.folders import check_free, new_folder, write_whole
from ...model.network import PassageClassifier
from ...model.progress import Progress, silent
from ...model.tokens import read_tokenizer
from ...model.transformer import TransformerClassifier
from ..data.corpus import Corpus
from ..data.splits import Split, split_corpus
from ..measuring.evaluation import Predictions, check_codebook, predictions, truth
from ..measuring.metrics import task_figures
from .calibrate import by_harm, input_ranges, int8_forms, run_model
from .network import build_network, check_exportable

CALIBRATION = 512
"""Passages over which ranges are taken: from 256 to 1,024 nothing changed that could be told from chance."""
MOST_KEPT = 8
"""Linear layers that may stay in fp32 before int8 is given up; more would leave little of its speed."""


def export(
    *, bundle: Path | str | Bundle, corpus: Corpus, overwrite: bool = False, seed: int = 0, progress: Progress = silent
) -> Exported:
    """Write `onnx/fp32.onnx` and `onnx/int8.onnx` into a bundle, measured against the network.

    Ranges come from training passages. Where int8 changes too many decisions on the validation passages, the
    layers that it hurts most stay in fp32, one after the other. What is recorded is measured on the test passages.

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
        engines: dict[OnnxEngine, ExportedFile] = {"onnx": work.measured("fp32.onnx", work.fp32, kept=())}
        progress("int8: calibrating", 0, 0)
        model, kept = work.int8(progress)
        engines["onnx-int8"] = work.measured("int8.onnx", model, kept=kept)
        exported = Exported(bundle=opened.digest, passages=len(split.test), engines=engines)
        write_whole(folder / RECORD, exported.model_dump_json(indent=1) + "\n")
    return exported


class _Export:
    """One export under way: the network's answers are computed once a part of the corpus."""

    def __init__(self, bundle: Bundle, network: PassageClassifier, split: Split, folder: Path, seed: int) -> None:
        self.bundle, self.network, self.split, self.folder, self.seed = bundle, network, split, folder, seed
        self.tokenizer = read_tokenizer(bundle.path / "tokenizer.json")
        self.teacher = TransformerClassifier(network, self.tokenizer, device="cpu", precision="fp32")
        self.fp32 = build_network(network)[0].SerializeToString()
        self.on_test = self._answers(self.teacher.logits(split.test.texts).tasks)

    def int8(self, progress: Progress) -> tuple[bytes, tuple[str, ...]]:
        """The int8 graph that changes few enough decisions on the validation passages, and what stays in fp32."""
        texts = self._drawn(self.split.train.texts, CALIBRATION)
        ranges = input_ranges(self.network, self.tokenizer, texts)
        validation = self.split.validation.texts
        wanted = self._answers(self.teacher.logits(validation).tasks)
        hurt: list[str] = []
        for count in range(MOST_KEPT + 1):
            if count == 1:
                progress("int8: looking for the layers that it hurts", 0, 0)
                reference = run_model(self.fp32, self.network, self.tokenizer, texts)
                hurt = by_harm(self.network, self.tokenizer, texts, ranges=ranges, reference=reference)
            kept = tuple(sorted(hurt[:count]))
            model, _ = build_network(self.network, forms=int8_forms(self.network, but=kept), ranges=ranges)
            graph = model.SerializeToString()
            changed = _changed(
                self._answers(self._split(run_model(graph, self.network, self.tokenizer, validation))), wanted
            )
            if max(changed.values()) <= MOST_CHANGED * 0.8:  # some room, for other passages
                break
        return graph, kept

    def measured(self, name: str, model: bytes, *, kept: tuple[str, ...]) -> ExportedFile:
        """Write a graph and measure it on the test passages."""
        path, test = self.folder / name, self.split.test
        write_whole(path, model)
        answers = self._answers(self._split(run_model(model, self.network, self.tokenizer, test.texts)))
        before, after = _macro_f1(self.on_test, test), _macro_f1(answers, test)
        return ExportedFile(
            file=name,
            sha256=file_sha256(path),
            changed=_changed(answers, self.on_test),
            moved={task: round(after[task] - before[task], 6) for task in before},
            kept_fp32=kept,
        )

    def _answers(self, logits: Mapping[str, np.ndarray]) -> Predictions:
        return predictions(logits, decision=self.bundle.decision, codebook=self.bundle.codebook)

    def _split(self, logits: np.ndarray) -> dict[str, np.ndarray]:
        heads = self.network.config.heads
        return dict(zip(heads, np.split(logits, np.cumsum([*heads.values()])[:-1], axis=1), strict=True))

    def _drawn(self, texts: list[str], count: int) -> list[str]:
        order = np.random.default_rng(self.seed).permutation(len(texts))
        return [texts[i] for i in order[:count]]


def _changed(one: Predictions, other: Predictions) -> dict[str, float]:
    """Task -> share of the passages whose decided labels differ."""
    return {task: round(float((one.on[task] != other.on[task]).any(axis=1).mean()), 6) for task in one.on}


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
