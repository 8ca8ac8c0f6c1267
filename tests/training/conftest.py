"""A command to call, a user's own codebook, and a tiny network to train, for the tests of training."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny tensors: several threads cost ten times what one does

import pytest

import narrashift
from narrashift.training.settings import TrainSettings

OWN_CODEBOOK = """
[codebook]
name = "village-news"
version = "2"

[tasks.topic]
kind = "single"
labels.harvest = { means = "Fields and weather." }
labels.market = { means = "Prices and trade." }
labels.school = { means = "Lessons and pupils." }

[tasks.mood]
kind = "multi"
labels.warm = { means = "Derived." }
labels.proud = { means = "Proud.", parent = "warm" }
labels.hopeful = { means = "Hopeful.", parent = "warm" }
labels.angry = { means = "Angry." }
"""


class Finished(NamedTuple):
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Finished]:
    """`command("evaluate", bundle, file)`: the command line in this process, with its exit code."""
    from narrashift.cli import main

    def run(*arguments: Any) -> Finished:
        monkeypatch.setattr(sys, "argv", ["narrashift", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Finished(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def corpus_of(codebook: narrashift.Codebook) -> Callable[..., narrashift.Corpus]:
    """`corpus_of(rows)`: a corpus of the default codebook from dicts."""
    return lambda rows: narrashift.from_dataset(rows, codebook=codebook)


@pytest.fixture
def refused(tmp_path, codebook):
    """`refused({"a.csv": content})`: the problems of reading these files, which must be user errors."""

    def read(files, **options):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(narrashift.UserError) as caught:
            narrashift.read_corpus([tmp_path / name for name in files], codebook=codebook, **options)
        return caught.value.problems

    return read


@pytest.fixture(scope="session")
def own_codebook_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("codebook") / "village.toml"
    path.write_text(OWN_CODEBOOK, "utf-8")
    return path


@pytest.fixture(scope="session")
def own_codebook(own_codebook_file: Path) -> narrashift.Codebook:
    return narrashift.read_codebook(own_codebook_file)


@pytest.fixture(scope="session")
def own_rows() -> list[dict]:
    """60 passages of the user's own codebook, without a split."""
    words = {"harvest": "wheat and rain", "market": "the price of bread", "school": "the new teacher"}
    moods = [["proud"], [], ["angry"], ["hopeful", "proud"], ["hopeful"]]
    return [
        {"text": f"Village news {i}: {words[topic]}, {' and '.join(moods[i % 5]) or 'nothing'}.", "topic": topic}
        | {"mood": moods[i % 5], "group": f"day-{i // 2}"}
        for i in range(60)
        for topic in [list(words)[i % 3]]
    ]


@pytest.fixture(scope="session")
def own_file(own_rows: list[dict], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "village.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in own_rows), "utf-8")
    return path


@pytest.fixture
def fresh(tiny_settings: TrainSettings, codebook: narrashift.Codebook) -> Callable[..., Any]:
    """`fresh()`: the same untrained network every time, with its tokenizer."""
    import torch

    from narrashift.model.tokens import read_tokenizer
    from narrashift.training.learning.backbone import load_backbone

    def make(settings: TrainSettings = tiny_settings) -> Any:
        torch.manual_seed(0)
        network, _ = load_backbone(settings, codebook=codebook)
        return network, read_tokenizer(Path(settings.backbone) / "tokenizer.json")

    return make
