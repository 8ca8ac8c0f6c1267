"""Other ways to label passages with the same trained encoder: each is opened once, then given a list of texts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from narrashift.model.bundle import Bundle
from narrashift.model.network import PassageClassifier
from narrashift.model.tokens import pad, read_tokenizer

Label = Callable[[Sequence[str]], object]
SIZES = (8, 16, 32, 64)
"""Batch sizes that a peer is tried with; its best is what counts."""


def peers(bundle: Bundle, folder: Path) -> Iterator[tuple[str, dict[int, Label]]]:
    """Name of each peer, and for each batch size that it can be given, what labels texts."""
    network = bundle.network().eval()
    yield "pipeline", transformers_pipeline(bundle, network, folder)
    yield "sentence-transformers", sentence_transformers(bundle, network, folder)
    yield "setfit", setfit(folder)
    yield "mlflow-pyfunc", mlflow_pyfunc(bundle)
    yield from onnx_loops(bundle, network, folder)


def transformers_pipeline(bundle: Bundle, network: PassageClassifier, folder: Path) -> dict[int, Label]:
    """`transformers.pipeline` with BERT's own classification head, which pools otherwise but costs the same."""
    from transformers import BertConfig, BertForSequenceClassification, pipeline

    labels = sum(network.config.heads.values())
    config = {key: value for key, value in network.config.encoder.items() if key != "model_type"}
    model = BertForSequenceClassification(BertConfig(**{**config, "num_labels": labels}))
    model.bert.load_state_dict(network.encoder.state_dict(), strict=False)
    made = pipeline("text-classification", model=model, tokenizer=_tokenizer(bundle), device="cpu")
    options = {
        "top_k": None,
        "function_to_apply": "sigmoid",
        "truncation": True,
        "max_length": network.config.max_tokens,
    }
    return {size: lambda texts, size=size: made(list(texts), batch_size=size, **options) for size in SIZES}


def sentence_transformers(bundle: Bundle, network: PassageClassifier, folder: Path) -> dict[int, Label]:
    """`SentenceTransformer.encode`, then the heads' part for the top layer, which is what it gives, as one product."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    home = folder / "encoder"
    network.encoder.save_pretrained(home)
    _tokenizer(bundle).save_pretrained(home)
    body = Transformer(str(home), max_seq_length=network.config.max_tokens)
    hidden = network.config.encoder["hidden_size"]
    model = SentenceTransformer(modules=[body, Pooling(hidden)], device="cpu")
    model.save(str(folder / "sentence-transformer"))
    heads = [network.heads[f"task_{task}"] for task in network.config.heads]
    weight = np.concatenate([head.weight.detach().numpy() for head in heads])[:, -hidden:].T
    bias = np.concatenate([head.bias.detach().numpy() for head in heads])
    return {
        size: lambda texts, size=size: (
            model.encode(list(texts), batch_size=size, show_progress_bar=False) @ weight + bias
        )
        for size in SIZES
    }


def setfit(folder: Path) -> dict[int, Label]:
    """`SetFitModel.predict` over the same sentence encoder, with a logistic regression of three classes as its head."""
    from sentence_transformers import SentenceTransformer
    from setfit import SetFitModel
    from sklearn.linear_model import LogisticRegression

    body = SentenceTransformer(str(folder / "sentence-transformer"), device="cpu")
    examples = ["The army took the village.", "The village was lost.", "The commission met on Tuesday."]
    head = LogisticRegression().fit(body.encode(examples, show_progress_bar=False), [0, 1, 2])
    model = SetFitModel(model_body=body, model_head=head)
    return {size: lambda texts, size=size: model.predict(list(texts), batch_size=size) for size in SIZES}


def mlflow_pyfunc(bundle: Bundle) -> dict[int, Label]:
    """The model as this project logs it to MLflow; it batches inside."""
    import mlflow

    from narrashift.training.tracking import pyfunc_model
    from narrashift.training.tracking.packaging import package_copy

    with tempfile.TemporaryDirectory() as temporary, package_copy() as package:
        target = Path(temporary) / "model"
        artifacts = {"bundle": str(bundle.path), "package": str(package)}
        mlflow.pyfunc.save_model(
            str(target), python_model=pyfunc_model.__file__, artifacts=artifacts, pip_requirements=["mlflow"]
        )
        model = mlflow.pyfunc.load_model(str(target))
    return {0: lambda texts: model.predict(list(texts))}


def onnx_loops(bundle: Bundle, network: PassageClassifier, folder: Path) -> Iterator[tuple[str, dict[int, Label]]]:
    """What one writes by hand: `torch.onnx.export`, `quantize_dynamic`, and batches in the order of the texts."""
    import onnx
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return torch.cat([*self.network(input_ids, attention_mask).values()], 1)

    ids = torch.randint(5, 1_000, (3, 17))
    dims = {0: torch.export.Dim("passages"), 1: torch.export.Dim("tokens")}
    program = torch.onnx.export(
        Flat().eval(), (ids, torch.ones_like(ids)), dynamo=True, dynamic_shapes=(dims, dims), verbose=False,
        input_names=["input_ids", "attention_mask"], external_data=False,
    )  # fmt: skip
    program.save(str(folder / "plain.onnx"))
    model = onnx.load(folder / "plain.onnx")
    del model.graph.value_info[:]
    onnx.save(model, folder / "plain.onnx")
    quantize_dynamic(folder / "plain.onnx", folder / "plain-int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
    tokenizer = read_tokenizer(bundle.path / "tokenizer.json")
    tokenizer.enable_truncation(network.config.max_tokens)
    for name, file in (("onnx-fp32-unsorted", "plain.onnx"), ("onnx-int8-unsorted", "plain-int8.onnx")):
        session = onnxruntime.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])

        def label(texts: Sequence[str], size: int, session: onnxruntime.InferenceSession = session) -> list[np.ndarray]:
            found = []
            for start in range(0, len(texts), size):
                rows = [np.array(e.ids) for e in tokenizer.encode_batch(list(texts[start : start + size]))]
                padded, mask = pad(rows, pad_id=0)
                found.append(session.run(None, {"input_ids": padded, "attention_mask": mask})[0])
            return found

        yield name, {size: lambda texts, size=size, label=label: label(texts, size) for size in SIZES}


def _tokenizer(bundle: Bundle):  # type: ignore[no-untyped-def]  # transformers' types say little
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(bundle.path)
