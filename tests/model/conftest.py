"""What the tests of `model` share: codebooks of one's own, bundles that may be damaged, and how a refusal reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from narrashift.model.bundle import write_description, write_transformer
from narrashift.model.codebook import Codebook, parse_codebook
from narrashift.model.decision import Decision
from narrashift.model.errors import UserError

MOOD = """
[codebook]
name = "own"
version = "2"

[tasks.mood]
kind = "single"
[tasks.mood.labels.hopeful]
means = "expects it to end well"
[tasks.mood.labels.bleak]
means = "expects it to end badly"
"""

TOPICS = """
[codebook]
name = "topics"
version = "1"

[tasks.topics]
kind = "multi"
[tasks.topics.labels.violence]
means = "any of the two below"
[tasks.topics.labels.shelling]
means = "artillery"
parent = "violence"
[tasks.topics.labels.raid]
means = "soldiers on foot"
parent = "violence"
[tasks.topics.labels.trade]
means = "goods and money"
"""


@pytest.fixture(scope="session")
def mood() -> Codebook:
    """One single task."""
    return parse_codebook(MOOD, place="mood.toml")


@pytest.fixture(scope="session")
def topics() -> Codebook:
    """One multi task with a parent."""
    return parse_codebook(TOPICS, place="topics.toml")


@pytest.fixture
def damaged(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the trained bundle; what a test breaks in it stays in the test."""
    shutil.copytree(tiny_bundle, tmp_path / "damaged")
    return tmp_path / "damaged"


@pytest.fixture
def edit_json() -> Callable[[Path, Callable[[Any], object]], None]:
    """Change a JSON file in place."""

    def edit(path: Path, change: Callable[[Any], object]) -> None:
        content = json.loads(path.read_text("utf-8"))
        change(content)
        path.write_text(json.dumps(content), "utf-8")

    return edit


@pytest.fixture
def untrained_bundle(tiny_backbone: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a bundle with random heads, wide enough that texts get clearly different logits."""
    import torch
    from transformers import AutoTokenizer

    from narrashift.model.network import from_backbone

    def write(codebook: Codebook, *, max_tokens: int = 64, decision: Decision | None = None) -> Path:
        torch.manual_seed(1)
        network = from_backbone(str(tiny_backbone), codebook=codebook, max_tokens=max_tokens, dropout=0.1)
        for head in network.heads.values():
            torch.nn.init.normal_(head.weight, std=1.0)
        folder = tmp_path / f"{codebook.name}-{max_tokens}"
        folder.mkdir()
        write_transformer(folder, network=network, tokenizer=AutoTokenizer.from_pretrained(tiny_backbone))
        write_description(
            folder,
            codebook=codebook,
            decision=decision or Decision.default(codebook),
            metrics={},
            provenance={},
            card="# Untrained\n",
        )
        return folder

    return write


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Call something that must be refused with one line that has these words; hand on the line."""

    def check(action: Callable[[], object], *words: str) -> str:
        with pytest.raises(UserError) as caught:
            action()
        message = str(caught.value)
        assert "\n" not in message
        for word in words:
            assert word in message
        return message

    return check
