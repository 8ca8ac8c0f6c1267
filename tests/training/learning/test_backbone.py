"""Finding a backbone, and saying what is wrong with one that cannot be used."""

from __future__ import annotations

import json
import shutil

import pytest

import narrashift
from narrashift.model.codebook import parse_codebook
from narrashift.model.pretrained import resolve_backbone
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.settings import TrainSettings


@pytest.fixture
def copied_backbone(tiny_backbone, tmp_path):
    return shutil.copytree(tiny_backbone, tmp_path / "backbone")


def test_the_installed_backbone_is_a_folder_with_a_fast_tokenizer(tmp_path):
    from pathlib import Path

    folder = Path(resolve_backbone("minilm-l6"))
    assert (folder / "tokenizer.json").is_file()
    assert json.loads((folder / "config.json").read_text())["num_hidden_layers"] == 6


def test_another_name_is_handed_on():
    assert resolve_backbone("intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"


def test_the_encoder_has_the_pretrained_weights_and_a_head_for_each_task(tiny_settings, tiny_backbone, codebook):
    import torch
    from safetensors.torch import load_file

    network, tokenizer = load_backbone(tiny_settings, codebook=codebook)
    weights = network.encoder.state_dict()
    for name, value in load_file(tiny_backbone / "model.safetensors").items():
        assert torch.equal(weights[name], value), name
    assert network.config.heads == {"stance": 3, "frame": 5, "technique": 6}
    assert [head.out_features for head in network.heads.values()] == [3, 5, 6]
    assert tokenizer.is_fast


@pytest.mark.parametrize("name", ["no/such-backbone", "/no/such/folder", "not a name!", ""])
def test_a_backbone_that_cannot_be_loaded(name, codebook):
    with pytest.raises(narrashift.UserError, match=r"--backbone .*cannot be loaded .*local folder or a hub id"):
        load_backbone(TrainSettings(backbone=name), codebook=codebook)


@pytest.mark.parametrize("name", ["./no-such-folder", "/no/such/folder", "models/own/small"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(name, codebook):
    with pytest.raises(narrashift.UserError, match=r"cannot be loaded \(no such folder\)"):
        load_backbone(TrainSettings(backbone=name), codebook=codebook)


def test_a_folder_without_a_model(tmp_path, codebook):
    with pytest.raises(narrashift.UserError, match=r"cannot be loaded \(it has no config\.json\)"):
        load_backbone(TrainSettings(backbone=str(tmp_path)), codebook=codebook)


def test_a_folder_without_a_tokenizer(copied_backbone, codebook):
    """transformers makes an empty tokenizer of it, by which every word is unknown."""
    for path in (copied_backbone / name for name in ("tokenizer.json", "vocab.txt", "tokenizer_config.json")):
        path.unlink(missing_ok=True)
    with pytest.raises(narrashift.UserError, match="its tokenizer has no words"):
        load_backbone(TrainSettings(backbone=str(copied_backbone)), codebook=codebook)


def test_the_tokenizer_of_another_backbone(copied_backbone, codebook):
    path = copied_backbone / "tokenizer.json"
    content = json.loads(path.read_text("utf-8"))
    content["model"]["vocab"]["zelenskyy"] = 5_000
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(narrashift.UserError, match="ids up to 5,000, the encoder 2,000 rows"):
        load_backbone(TrainSettings(backbone=str(copied_backbone)), codebook=codebook)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_backbone_with_a_broken_file(file, copied_backbone, codebook):
    (copied_backbone / file).write_text("broken")
    with pytest.raises(narrashift.UserError, match="cannot be loaded"):
        load_backbone(TrainSettings(backbone=str(copied_backbone)), codebook=codebook)


def test_more_tokens_than_the_backbone_reads(tiny_backbone, codebook):
    with pytest.raises(narrashift.UserError, match="at most 512 tokens") as caught:
        load_backbone(TrainSettings(backbone=str(tiny_backbone), max_tokens=513), codebook=codebook)
    assert "--max-tokens" not in str(caught.value), "there is no such flag; it is --set max_tokens"


def test_positions_that_a_roberta_keeps_for_itself_are_no_room_for_tokens(copied_backbone, tmp_path, codebook):
    """XLM-R has 514 positions and reads 512 tokens."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = XLMRobertaConfig(vocab_size=2_000, max_position_embeddings=34, pad_token_id=1, **size)
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(copied_backbone)
    load_backbone(TrainSettings(backbone=str(copied_backbone), max_tokens=32), codebook=codebook)
    with pytest.raises(narrashift.UserError, match="at most 32 tokens"):
        load_backbone(TrainSettings(backbone=str(copied_backbone), max_tokens=34), codebook=codebook)


@pytest.mark.parametrize("task", ["type", "items"])
def test_a_task_may_have_any_name_that_a_codebook_allows(task, tiny_settings):
    book = parse_codebook(
        f'[codebook]\nname = "n"\nversion = "1"\n[tasks.{task}]\nkind = "single"\n'
        'labels.a = { means = "A." }\nlabels.b = { means = "B." }\n',
        place="own.toml",
    )
    network, _ = load_backbone(tiny_settings, codebook=book)
    assert network.config.heads == {task: 2}


def test_a_backbone_that_is_stored_in_half_precision_is_trained_in_single(copied_backbone, codebook):
    import torch
    from transformers import AutoModel

    AutoModel.from_pretrained(copied_backbone, dtype=torch.float16).save_pretrained(copied_backbone)
    assert json.loads((copied_backbone / "config.json").read_text())["dtype"] == "float16"
    network, _ = load_backbone(TrainSettings(backbone=str(copied_backbone), max_tokens=64), codebook=codebook)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
