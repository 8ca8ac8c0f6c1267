"""From passages to a backbone: learnt, resumable to the bit, written whole, and known to the training after it."""

from __future__ import annotations

import json
import shutil
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import narrashift
from narrashift import UserError
from narrashift.model.errors import Interrupted
from narrashift.model.pretrained import PretrainedEncoder
from narrashift.training.adapting import learn as module
from narrashift.training.adapting import losses as passes
from narrashift.training.adapting.adapt import adapt
from narrashift.training.adapting.backbone import load_masked
from narrashift.training.adapting.losses import losses, mask_batch, sentence_vectors
from narrashift.training.adapting.masking import encode_words, masking_of
from narrashift.training.learning import checkpoint
from narrashift.training.origin import adapted_params, backbone_digest, for_similarity
from narrashift.training.settings import TrainSettings


@pytest.fixture(scope="module")
def calm(texts, settings, tmp_path_factory):
    """An adaptation that nobody disturbed."""
    return adapt(texts=texts, out=tmp_path_factory.mktemp("calm") / "adapted", settings=settings)


def test_masked_words_are_predicted_better_than_before(calm):
    held_out = calm.origin["held_out"]
    assert held_out["loss_before"] == pytest.approx(np.log(2_000), abs=1), "a fresh head knows nothing"
    assert held_out["loss_after"] < held_out["loss_before"] - 0.3
    assert [point["epoch"] for point in calm.origin["history"]] == [0, 1, 2]


def test_the_encoder_is_another_and_its_word_embeddings_are_the_same(calm, tiny_backbone):
    before, after = load_file(tiny_backbone / "model.safetensors"), load_file(calm.folder / "model.safetensors")
    for name, value in before.items():
        is_same = torch.equal(after[f"bert.{name}"], value)
        assert is_same == (name == "embeddings.word_embeddings.weight"), name


def test_it_says_where_it_comes_from_and_no_path(calm, settings, texts):
    origin = json.loads((calm.folder / "provenance.json").read_text())
    tiny = Path(settings.backbone)
    assert origin["adapted_from"] == {"backbone": tiny.name, "digest": backbone_digest(tiny), "head": "fresh"}
    assert origin["data"]["passages"] + origin["data"]["held_out"] == len(texts)
    assert origin["tokens_seen"] == 2 * origin["data"]["tokens"]
    assert str(tiny.parent) not in json.dumps(origin)


def test_a_training_takes_it_and_names_its_digest(calm, small_corpus, tiny_settings, tmp_path):
    values = tiny_settings.model_dump() | {"backbone": str(calm.folder), "epochs": 1}
    trained = narrashift.train(corpus=small_corpus, out=tmp_path / "bundle", settings=TrainSettings(**values))
    origin = json.loads((trained.bundle / "provenance.json").read_text())
    assert origin["backbone"]["digest"] == backbone_digest(calm.folder)
    assert origin["backbone"]["adapted_on"] == calm.origin["data"]["digest"]
    assert adapted_params(str(calm.folder)) == {"backbone_digest": origin["backbone"]["digest"]}
    assert narrashift.load(trained.bundle).predict(["The town was liberated."])


def test_similarity_is_left_to_the_installed_backbone(tmp_path, calm):
    (tmp_path / "provenance.json").write_text(json.dumps({"adapted_from": {"backbone": "minilm-l6"}}))
    assert for_similarity(str(tmp_path)) == "minilm-l6"
    assert for_similarity(str(calm.folder)) == str(calm.folder), "made of another one, which may not be here"
    assert for_similarity("some/hub-id") == "some/hub-id"


def test_its_encoder_is_loaded_with_the_learnt_weights(calm, settings):
    masked = load_masked(str(calm.folder), max_tokens=64, seed=0)
    assert not masked.is_fresh
    loaded = PretrainedEncoder(str(calm.folder)).network.state_dict()
    for name, value in masked.model.base_model.state_dict().items():
        assert torch.equal(loaded[name], value), name


@pytest.mark.parametrize("frozen", [True, False])
def test_killed_after_any_checkpoint_it_ends_with_the_same_weights(frozen, texts, settings, tmp_path, monkeypatch):
    settings, texts = settings.model_copy(update={"freeze_embeddings": frozen}), texts[:60]
    undisturbed = adapt(texts=texts, out=tmp_path / "undisturbed", settings=settings)
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0)
    save = checkpoint.save

    def killed_at(step, *arguments, **named):
        save(*arguments, **named)
        if arguments[1].step == step:
            raise SystemExit(137)

    for number, step in enumerate((2, 9)):
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(checkpoint, "save", partial(killed_at, step))
            adapt(texts=texts, out=tmp_path / "killed", settings=settings, resume=number > 0)
        assert not (tmp_path / "killed").exists()
    done = adapt(texts=texts, out=tmp_path / "killed", settings=settings, resume=True)
    assert backbone_digest(done.folder) == backbone_digest(undisturbed.folder)
    assert not (tmp_path / "killed.adapting").exists()

    def told(origin):
        return [{k: v for k, v in point.items() if "per_s" not in k} for point in origin["history"]]

    assert told(done.origin) == told(undisturbed.origin)


def test_ctrl_c_saves_the_step_and_other_text_does_not_go_on_with_it(texts, settings, tmp_path):
    def stop(what, done, total):
        if what.startswith("adapting") and done == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        adapt(texts=texts, out=tmp_path / "out", settings=settings, progress=stop)
    assert json.loads((tmp_path / "out.adapting" / "position.json").read_text())["step"] == 2
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="other data or settings"):
        adapt(texts=texts[1:], out=tmp_path / "out", settings=settings, resume=True)


def test_little_memory_makes_several_passes_of_a_step_and_the_same_gradient(texts, settings, monkeypatch):
    backbone = load_masked(settings.backbone, max_tokens=64, seed=0)
    backbone.model.eval()
    encoded = encode_words(backbone.tokenizer.backend_tokenizer, texts[:24], max_tokens=64)
    masking = masking_of(backbone.tokenizer, token="[MASK]", share=0.15, whole_words=True)
    anchors = sentence_vectors(backbone, encoded, bf16=False)
    batch = mask_batch(encoded, np.arange(24), masking=masking, rng=np.random.default_rng(0), anchors=anchors)

    def gradient():
        backbone.model.zero_grad()
        shares = list(losses(backbone, batch, bf16=False, anchor=10.0))
        sum(shares).backward()
        return len(shares), backbone.model.bert.encoder.layer[0].output.dense.weight.grad.clone()

    whole, one = gradient()
    monkeypatch.setattr(passes, "MOST_LOGITS", {"cpu": 2_000 * 30})
    parts, other = gradient()
    assert parts > whole
    torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-3)


def test_an_anchor_keeps_sentence_vectors_where_they_were(texts, settings, tmp_path):
    found = {}
    before = PretrainedEncoder(settings.backbone).vectors(texts)
    for anchor in (0.0, 10.0):
        chosen = settings.model_copy(update={"anchor": anchor, "epochs": 1})
        done = adapt(texts=texts, out=tmp_path / f"{anchor}", settings=chosen)
        found[anchor] = (PretrainedEncoder(str(done.folder)).vectors(texts) * before).sum(1).mean()
    assert found[10.0] > found[0.0] + 0.05


def test_steps_end_it_in_the_middle_of_a_pass_or_after_many(texts, settings, tmp_path):
    for steps in (3, 70):
        chosen = settings.model_copy(update={"steps": steps})
        done = adapt(texts=texts, out=tmp_path / f"{steps}", settings=chosen)
        assert done.origin["steps"] == steps
    assert done.origin["history"][-1]["epoch"] > 2


@pytest.mark.parametrize(("count", "groups"), [(30, None), (160, [0] * 160), (0, None)])
def test_too_few_to_learn_from_and_to_measure_on(count, groups, texts, settings, tmp_path):
    with pytest.raises(UserError, match=r"to be measured on 20 others.*nothing was adapted"):
        adapt(texts=texts[:count], groups=groups, out=tmp_path / "out", settings=settings)


def test_no_fewer_are_measured_on_than_say_something(texts, settings, tmp_path):
    few = settings.model_copy(update={"held_out": 0.01, "steps": 1})
    done = adapt(texts=texts, out=tmp_path / "out", settings=few)
    assert done.origin["data"]["held_out"] == 20


def test_what_is_no_adapted_backbone_is_never_replaced(tiny_bundle, calm, texts, settings, tmp_path):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    with pytest.raises(UserError, match="no adapted backbone"):
        adapt(texts=texts, out=bundle, settings=settings, overwrite=True)
    older = shutil.copytree(calm.folder, tmp_path / "older")
    with pytest.raises(UserError, match="exists already"):
        adapt(texts=texts, out=older, settings=settings)
    other = settings.model_copy(update={"seed": 1, "steps": 1})
    done = adapt(texts=texts, out=older, settings=other, overwrite=True)
    assert backbone_digest(done.folder) != backbone_digest(calm.folder)
