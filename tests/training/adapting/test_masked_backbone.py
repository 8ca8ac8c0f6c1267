"""The head that predicts masked words: tied, over the wanted positions alone, and there or refused in a line."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from narrashift import UserError
from narrashift.training.adapting.backbone import load_masked, masking_token

SIZE = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture
def copied(tiny_backbone, tmp_path):
    return shutil.copytree(tiny_backbone, tmp_path / "backbone")


def loaded(folder, **changes):
    return load_masked(str(folder), **{"max_tokens": 32, "seed": 0} | changes)


def save_network(kind, folder):
    """A small network of this kind in the folder of a tokenizer."""
    from transformers import (
        DistilBertConfig,
        DistilBertModel,
        ModernBertConfig,
        ModernBertModel,
        XLMRobertaConfig,
        XLMRobertaModel,
    )

    network = {
        "xlm-roberta": lambda: XLMRobertaModel(XLMRobertaConfig(vocab_size=700, pad_token_id=0, **SIZE)),
        "distilbert": lambda: DistilBertModel(
            DistilBertConfig(vocab_size=700, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
        ),
        "modernbert": lambda: ModernBertModel(
            ModernBertConfig(vocab_size=700, pad_token_id=0, cls_token_id=2, sep_token_id=3, **SIZE)
        ),
    }[kind]()
    network.save_pretrained(folder)


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "distilbert", "modernbert"])
def test_logits_of_the_wanted_positions_are_those_of_the_whole_passage(kind, copied):
    if kind != "bert":
        save_network(kind, copied)
    backbone = loaded(copied)
    backbone.model.eval()
    ids = torch.randint(5, 500, (3, 9))
    mask = torch.ones_like(ids)
    wanted = torch.rand(3, 9) < 0.3
    wanted[1, 4] = True
    with torch.inference_mode():
        few, vectors = backbone.predict(ids, mask, wanted=wanted)
        whole = backbone.model(input_ids=ids, attention_mask=mask).logits
        hidden = backbone.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(few, whole[wanted], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(vectors, torch.nn.functional.normalize(hidden.mean(1)), atol=1e-5, rtol=1e-4)
    assert backbone.is_fresh


def test_a_fresh_head_shares_the_pretrained_embeddings_and_depends_on_the_seed(tiny_backbone):
    one, again, other = (loaded(tiny_backbone, seed=seed).model for seed in (0, 0, 1))
    assert one.get_output_embeddings().weight is one.get_input_embeddings().weight
    weights = [model.cls.predictions.transform.dense.weight for model in (one, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_head_that_is_there_is_used(tiny_backbone, tmp_path):
    first = loaded(tiny_backbone)
    first.save(tmp_path / "with head")
    second = loaded(tmp_path / "with head", seed=5)
    assert not second.is_fresh
    for name, value in first.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[name], value), name


def test_an_architecture_that_predicts_no_masked_words(copied):
    from transformers import GPT2Config, GPT2Model

    GPT2Model(GPT2Config(vocab_size=700, n_embd=16, n_layer=1, n_head=2)).save_pretrained(copied)
    with pytest.raises(UserError, match="gpt2 predicts no masked words. Name an encoder"):
        loaded(copied)


def test_without_a_mask_token_the_unknown_one_serves_and_without_both_nothing_can_be_masked(copied):
    def without(*tokens):
        told = json.loads(settings) | {"tokenizer_class": "PreTrainedTokenizerFast"} | dict.fromkeys(tokens)
        (copied / "tokenizer_config.json").write_text(json.dumps(told))

    settings = (copied / "tokenizer_config.json").read_text()
    without("mask_token")
    assert masking_token(loaded(copied).tokenizer) == "[UNK]"
    without("mask_token", "unk_token")
    with pytest.raises(UserError, match="no token to mask a word with"):
        loaded(copied)


@pytest.mark.parametrize("name", ["no/such-backbone", "/no/such/folder"])
def test_a_backbone_that_cannot_be_loaded(name):
    with pytest.raises(UserError, match=r"--backbone .*cannot be loaded .*local folder or a hub id"):
        loaded(name)


def test_more_tokens_than_the_backbone_reads(tiny_backbone):
    with pytest.raises(UserError, match="at most 512"):
        loaded(tiny_backbone, max_tokens=513)
