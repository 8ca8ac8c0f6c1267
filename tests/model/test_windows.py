from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from narrashift.model.onnx_classifier import OnnxClassifier
from narrashift.model.tokens import encode, read_tokenizer
from narrashift.model.transformer import TransformerClassifier
from narrashift.model.windows import encode_windows, enough_windows

LONG = "Ministers met. " * 10 + "Troops retook the village near the river. " * 8
TEXTS = ["War.", LONG, "Troops retook the village near the river.", LONG * 3, "Rain."]


@pytest.fixture(scope="module")
def tokenizer(tiny_backbone: Path) -> Tokenizer:
    return read_tokenizer(tiny_backbone / "tokenizer.json")


@pytest.fixture(scope="module")
def network(tiny_backbone, codebook):
    import torch

    from narrashift.model.lexical import LexicalHead
    from narrashift.model.network import from_backbone

    torch.manual_seed(0)
    network = from_backbone(str(tiny_backbone), codebook=codebook, max_tokens=32, dropout=0.1).eval()
    for head in network.heads.values():
        torch.nn.init.normal_(head.weight, std=1.0)
    words = LexicalHead(buckets=512, heads=network.config.heads)
    words.table.copy_(torch.rand(words.table.shape))
    network.add_lexical(words)
    network.config.windows = 12
    return network


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    texts=st.lists(st.text(alphabet="ab [SEP].é战", max_size=120), max_size=4),
    most=st.integers(3, 20),
    windows=st.integers(1, 6),
)
def test_windows_hold_the_text_from_its_beginning_in_even_parts(tokenizer, texts, most, windows):
    encoded = encode_windows(tokenizer, texts, max_tokens=most, windows=windows)
    whole = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    assert encoded.begun(np.arange(len(encoded.ids))) == len(texts)
    for index, ids in enumerate(whole):
        own = [encoded.ids[i] for i in np.flatnonzero(encoded.text == index)]
        assert 1 <= len(own) <= windows
        assert all(row[0] == ids[0] and row[-1] == ids[-1] and len(row) <= most for row in own)
        assert max(map(len, own)) - min(map(len, own)) <= 1
        read = np.concatenate([row[1:-1] for row in own]).tolist()
        assert read == ids[1:-1][: windows * (most - 2)]
        assert encoded.truncated[index] == (len(read) < len(ids) - 2)
        assert encoded.shares[encoded.text == index].sum() == pytest.approx(1)


def test_one_window_is_the_text_as_it_was_always_cut(tokenizer):
    encoded = encode_windows(tokenizer, TEXTS, max_tokens=20, windows=1)
    ids, truncated = encode(tokenizer, TEXTS, max_tokens=20)
    assert [row.tolist() for row in encoded.ids] == [row.tolist() for row in ids]
    assert encoded.truncated.tolist() == truncated.tolist()
    logits = np.arange(10.0).reshape(5, 2)
    assert encoded.averaged(logits) is logits


def test_windows_too_narrow_for_any_word_are_one(tokenizer):
    encoded = encode_windows(tokenizer, TEXTS, max_tokens=2, windows=3)
    assert encoded.text.tolist() == [0, 1, 2, 3, 4]
    assert encoded.truncated.all()


def test_a_text_has_the_mean_of_its_windows_by_their_length(tokenizer, network):
    import torch

    classifier = TransformerClassifier(network, tokenizer, device="cpu", precision="fp32")
    found = classifier.logits(TEXTS)
    encoded = encode_windows(tokenizer, [LONG], max_tokens=32, windows=12)
    assert len(encoded.ids) > 3
    with torch.inference_mode():
        each = [network(torch.from_numpy(row)[None], torch.ones(1, len(row))) for row in encoded.ids]
    for task, values in found.tasks.items():
        expected = sum((len(row) - 2) * own[task][0].numpy() for row, own in zip(encoded.ids, each, strict=True))
        np.testing.assert_allclose(values[1], expected / sum(len(row) - 2 for row in encoded.ids), atol=1e-4)
        assert np.abs(values[1] - each[0][task][0].numpy()).max() > 0.01
    assert found.truncated.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("batch_tokens", [1, 100, 100_000])
def test_the_exported_network_reads_windows_as_the_network_does(tokenizer, network, batch_tokens):
    from narrashift.training.exporting.network import build_network

    graph, _ = build_network(network)
    config, ticks = network.config, []
    exported = OnnxClassifier(
        graph.SerializeToString(), tokenizer, heads=config.heads, max_tokens=config.max_tokens,
        windows=config.windows, batch_tokens=batch_tokens,
    )  # fmt: skip
    classifier = TransformerClassifier(network, tokenizer, device="cpu", precision="fp32", batch_tokens=batch_tokens)
    expected, found = classifier.logits(TEXTS), exported.logits(TEXTS, tick=ticks.append)
    for task, values in expected.tasks.items():
        np.testing.assert_allclose(found.tasks[task], values, atol=1e-4, rtol=0)
    assert found.truncated.tolist() == expected.truncated.tolist()
    assert sum(ticks) == len(TEXTS)


@pytest.mark.parametrize(
    ("lengths", "windows"), [([100, 200], 1), ([250] * 99 + [300], 1), ([256, 900], 4), ([50, 5_000], 8), ([], 1)]
)
def test_windows_are_enough_for_nearly_all_tokens(lengths, windows):
    assert enough_windows(np.array(lengths, dtype=np.int64), max_tokens=256) == windows
