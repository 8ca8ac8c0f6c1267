"""Which labels of the starter corpus are likely wrong: confident learning on cross-validated probabilities.

    python benchmarks/corpus_label_errors.py [CORPUS] [--top 40] [--json]

Every passage is judged by a linear model that has not seen its group: TF-IDF beside the frozen default backbone's
embedding, five folds. What stands out is ranked by the model's confidence in the label that was given (Northcutt et al.
2021, "Confident Learning", through cleanlab). It is a list to read, not a correction.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from cleanlab.filter import find_label_issues
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.preprocessing import normalize

from narrashift.model.codebook import Codebook, read_codebook
from narrashift.model.pretrained import resolve_backbone
from narrashift.model.tokens import budget_batches, encode, pad, read_tokenizer
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.settings import TrainSettings

SEEDS = Path(__file__).parent.parent / "seeds"
FOLDS = 5


def embed(texts: list[str], *, codebook: Codebook) -> np.ndarray:
    """Mean-pooled embeddings of the untrained default backbone: ``(passages, hidden)``, unit length."""
    settings = TrainSettings()
    network, _ = load_backbone(settings, codebook=codebook)
    tokenizer = read_tokenizer(Path(resolve_backbone(settings.backbone)) / "tokenizer.json")
    ids, _ = encode(tokenizer, texts, max_tokens=settings.max_tokens)
    out = np.empty((len(ids), network.config.encoder["hidden_size"]), dtype=np.float32)
    with torch.inference_mode():
        for batch in budget_batches(np.array([len(row) for row in ids]), tokens=1_024):
            padded, mask = pad([ids[i] for i in batch], pad_id=0)
            out[batch] = network.eval().pool(torch.from_numpy(padded), torch.from_numpy(mask)).numpy()
    return normalize(out)


def suspicious(corpus: Corpus, *, top: int) -> list[dict]:
    """The `top` findings of every task: id, the label given, the label expected, the confidence in the given one."""
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, dtype=np.float32)
    features = csr_matrix(
        hstack([words.fit_transform(corpus.texts), csr_matrix(embed(corpus.texts, codebook=corpus.codebook) * 2)])
    )
    groups = np.unique(corpus.column("group"), return_inverse=True)[1]

    def probabilities(labels: np.ndarray) -> np.ndarray:
        model = LogisticRegression(C=10, max_iter=2_000)
        return cross_val_predict(
            model, features, labels, groups=groups, cv=GroupKFold(FOLDS), method="predict_proba", n_jobs=1
        )

    findings = []
    for name, task in corpus.codebook.tasks.items():
        found = []
        columns = [(name, corpus.targets[name], list(task.leaves))] if task.kind == "single" else [
            (f"{name}/{leaf}", corpus.targets[name][:, i].astype(int), [f"not {leaf}", leaf])
            for i, leaf in enumerate(task.leaves)
        ]  # fmt: skip
        for label, truth, names in columns:
            probs = probabilities(truth)
            for i in find_label_issues(truth, probs, return_indices_ranked_by="self_confidence", n_jobs=1):
                given, expected = names[truth[i]], names[probs[i].argmax()]
                confidence = float(probs[i, truth[i]])
                found.append((confidence, {"row": int(i), "label": label, "given": given, "expected": expected}))
        findings += [{**row, "confidence": value} for value, row in sorted(found, key=lambda pair: pair[0])[:top]]
    return findings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="?", default=str(SEEDS / "corpus.jsonl"))
    parser.add_argument("--top", type=int, default=40, help="findings a task")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    corpus = read_corpus([arguments.corpus], codebook=read_codebook())
    for finding in suspicious(corpus, top=arguments.top):
        row = finding.pop("row")
        finding = {"id": corpus.column("id")[row], **finding, "text": corpus.texts[row]}
        if arguments.json:
            print(json.dumps(finding, ensure_ascii=False))
            continue
        doubt = "{label}: {given} (expected {expected}, confidence {confidence:.2f})".format(**finding)
        print(f"{finding['id']}  {doubt}  {finding['text']:.120}")


if __name__ == "__main__":
    main()
