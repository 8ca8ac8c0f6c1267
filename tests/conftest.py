"""Small real things for the tests: a corpus, a backbone that trains in a second, a bundle, a tracking store."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny tensors: several threads cost ten times what one does
os.environ.pop("MLFLOW_TRACKING_URI", None)
os.environ["NARRASHIFT_TRACK"] = "0"  # of scoring and shift runs, where a test does not ask for it

import narrashift
from narrashift.training.settings import TrainSettings

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared"

TINY = {
    "label_smoothing": 0.0,
    "epochs": 2,
    "batch": 8,
    "learning_rate": 1e-3,
    "max_tokens": 64,
    "windows": 1,
    "lexical": 4096,
    "mirror": "none",
    "precision": "fp32",
    "tune": "always",
}

TINY_STUDENT = {
    "dimensions": 16,
    "filters": 8,
    "hidden": 16,
    "epochs": 6,
    "held_out": 0.5,
    "device": "cpu",
    "learning_rate": 0.02,
}


def pytest_configure() -> None:
    """Ctrl-C works in the tests also where a shell started them in the background, with the signal ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("shared") and not SHARED.exists():
            item.add_marker(pytest.mark.skip(reason="../shared is not here"))


@pytest.fixture(scope="session", autouse=True)
def without_waiting_for_the_disk() -> Iterator[None]:
    """Syncing guards against a loss of power, which no test can see, and costs milliseconds a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def codebook() -> narrashift.Codebook:
    return narrashift.read_codebook()


@pytest.fixture(scope="session")
def starter_rows() -> list[dict]:
    """The starter corpus as it lies in seeds/."""
    with (REPOSITORY / "seeds" / "corpus.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="session")
def early_rows(starter_rows: list[dict]) -> list[dict]:
    """The starter corpus's first rows: what the tests train on them stays the same when it grows."""
    return starter_rows[:2_400]


@pytest.fixture(scope="session")
def small_rows(early_rows: list[dict]) -> list[dict]:
    """120 rows of the starter corpus: 60 train, 30 validation, 30 test."""
    rng = random.Random(0)
    return [
        row
        for split, count in (("train", 60), ("validation", 30), ("test", 30))
        for row in rng.sample([r for r in early_rows if r["split"] == split], count)
    ]


@pytest.fixture(scope="session")
def small_file(small_rows: list[dict], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "small.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in small_rows), "utf-8")
    return path


@pytest.fixture(scope="session")
def small_corpus(small_file: Path, codebook: narrashift.Codebook) -> narrashift.Corpus:
    return narrashift.read_corpus([small_file], codebook=codebook)


@pytest.fixture(scope="session")
def tiny_backbone(early_rows: list[dict], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised two-layer BERT with a WordPiece tokenizer of the starter corpus."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("backbone")
    words = Counter(w for row in early_rows for w in re.findall(r"\w+|[^\w\s]", row["text"].lower()))
    frequent = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))]
    pieces = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = list(dict.fromkeys([*special, *pieces, *(f"##{p}" for p in pieces), *frequent]))[:600]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", "utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=2_000, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_settings(tiny_backbone: Path) -> TrainSettings:
    return TrainSettings(backbone=str(tiny_backbone), **TINY)


@pytest.fixture(scope="session")
def tiny_bundle(
    small_corpus: narrashift.Corpus, tiny_settings: TrainSettings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle trained on the small corpus, untracked. Do not change it; copy it first."""
    out = tmp_path_factory.mktemp("bundles") / "tiny"
    return narrashift.train(corpus=small_corpus, out=out, settings=tiny_settings).bundle


@pytest.fixture(scope="session")
def exported_bundle(
    tiny_bundle: Path, small_corpus: narrashift.Corpus, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A copy of the tiny bundle with its ONNX files. Do not change it; copy it first."""
    from narrashift.training.exporting.export import export

    bundle = tmp_path_factory.mktemp("exported") / "tiny"
    shutil.copytree(tiny_bundle, bundle)
    export(bundle=bundle, corpus=small_corpus)
    return bundle


@pytest.fixture
def without_risks(tiny_bundle: Path, tmp_path: Path) -> Path:
    """The tiny bundle as if it had been trained before bundles knew how wrong their answers are."""
    shutil.copytree(tiny_bundle, tmp_path / "older")
    decision = json.loads((tiny_bundle / "decision.json").read_text("utf-8"))
    for task in decision["tasks"].values():
        del task["risks"]
    (tmp_path / "older" / "decision.json").write_text(json.dumps(decision), "utf-8")
    return tmp_path / "older"


@pytest.fixture(scope="session")
def taught_bundle(tiny_bundle: Path, early_rows: list[dict], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tiny bundle with a student, taught by 600 passages. Do not change it; copy it first."""
    from narrashift.training.distilling.distill import distill
    from narrashift.training.distilling.settings import DistillSettings

    folder = tmp_path_factory.mktemp("taught") / "bundle"
    shutil.copytree(tiny_bundle, folder)
    texts = list(dict.fromkeys(row["text"] for row in early_rows))[:600]
    distill(bundle=folder, texts=texts, settings=DistillSettings(**TINY_STUDENT))
    return folder


@pytest.fixture(scope="session")
def store_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty tracking database: copying it saves each test its seconds of migration."""
    from narrashift.training.tracking.store import quiet_mlflow

    quiet_mlflow()
    folder = tmp_path_factory.mktemp("store")
    import mlflow

    uri = f"sqlite:///{folder / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    mlflow.MlflowClient().search_experiments()
    # a copy nobody writes to: MLflow in this process goes on pointing at the first
    return Path(shutil.copy(folder / "mlflow.db", folder / "template.db"))
