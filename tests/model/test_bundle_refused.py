"""A bundle that was planted, swapped, cut off or edited is refused with one line; nothing in it is run."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from narrashift.model.bundle import DECIDING_FILES, open_bundle
from narrashift.model.prediction import load

EVERY_FILE = [(kind, name) for kind, names in DECIDING_FILES.items() for name in names]


def folder_of(bundle: Path, kind: str) -> Path:
    return bundle if kind == "transformer" else bundle / "tfidf"


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


@pytest.mark.parametrize(("kind", "name"), EVERY_FILE)
def test_a_missing_file_is_refused_by_name(damaged, refusal, kind, name):
    folder = folder_of(damaged, kind)
    (folder / name).unlink()
    refusal(lambda: load(folder), str(folder), name)


@pytest.mark.parametrize(("kind", "name"), EVERY_FILE)
@pytest.mark.parametrize("kept", ["the first byte", "all but the end"])
def test_a_file_that_is_cut_off_is_refused_by_name(damaged, refusal, kind, name, kept):
    path = folder_of(damaged, kind) / name
    path.write_bytes(path.read_bytes()[:1] if kept == "the first byte" else path.read_bytes().rstrip()[:-1])
    refusal(lambda: load(path.parent), str(path))


@pytest.mark.parametrize(("kind", "name"), EVERY_FILE)
def test_a_pickle_in_the_place_of_a_file_is_refused_and_not_run(damaged, tmp_path, refusal, kind, name):
    path = folder_of(damaged, kind) / name
    path.write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    refusal(lambda: load(path.parent), str(path))
    assert not (tmp_path / "touched").exists()


def test_a_pickle_beside_the_weights_is_not_run(damaged, tmp_path, tiny_bundle):
    (damaged / "pytorch_model.bin").write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    assert load(damaged).predict(["a"]) == load(tiny_bundle).predict(["a"])
    assert not (tmp_path / "touched").exists()


def test_code_beside_the_weights_is_not_run(damaged, tmp_path, tiny_bundle, edit_json):
    (damaged / "evil.py").write_text(f"open({str(tmp_path / 'touched')!r}, 'w')\nclass Evil: ...\n")
    remote = dict.fromkeys(("AutoConfig", "AutoModel", "AutoTokenizer"), "evil.Evil")
    edit_json(damaged / "config.json", lambda c: (c.update(auto_map=remote), c["encoder"].update(auto_map=remote)))
    assert load(damaged).predict(["a"]) == load(tiny_bundle).predict(["a"])
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("missing", ["stance.bias", "frame.", "layer.1."])
def test_weights_that_lack_a_part_are_refused_and_not_made_up(damaged, refusal, missing):
    path = damaged / "model.safetensors"
    whole = load_file(path)
    weights = {name: values for name, values in whole.items() if missing not in name}
    assert 0 < len(weights) < len(whole)
    save_file(weights, path, metadata={"format": "pt"})
    refusal(lambda: load(damaged), "model.safetensors")


def test_the_weights_of_a_plain_backbone_are_refused(damaged, tiny_backbone, refusal):
    (damaged / "model.safetensors").write_bytes((tiny_backbone / "model.safetensors").read_bytes())
    refusal(lambda: load(damaged), "model.safetensors")


def test_weights_of_another_shape_are_refused(damaged, refusal):
    path = damaged / "model.safetensors"
    weights = load_file(path)
    (stance,) = (name for name in weights if name.endswith("stance.weight"))
    weights[stance] = np.zeros((4, 32), dtype=np.float32)
    save_file(weights, path, metadata={"format": "pt"})
    refusal(lambda: load(damaged), "model.safetensors")


@pytest.mark.parametrize("kind", DECIDING_FILES)
def test_the_codebook_of_other_tasks_is_refused(damaged, mood, refusal, kind):
    folder = folder_of(damaged, kind)
    (folder / "codebook.toml").write_text(mood.to_toml(), "utf-8")
    refusal(lambda: load(folder), str(folder))
    (folder / "decision.json").write_text('{"tasks": {"mood": {}}}')
    refusal(lambda: load(folder), str(folder), "codebook")


@pytest.mark.parametrize("kind", DECIDING_FILES)
@pytest.mark.parametrize("change", ["renamed", "in another order"])
def test_the_codebook_of_other_labels_is_refused(damaged, refusal, kind, change):
    path = folder_of(damaged, kind) / "codebook.toml"
    names = "labels.pro_ukraine]", "labels.pro_russia]"
    text = path.read_text("utf-8")
    if change == "renamed":
        text = text.replace(names[0], "labels.on_our_side]")
    else:
        text = text.replace(names[0], "labels.X]").replace(names[1], names[0]).replace("labels.X]", names[1])
    path.write_text(text, "utf-8")
    refusal(lambda: load(path.parent), str(path.parent), "codebook")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "3", '{"model_type": ["narrashift_passage"]}', '{"model_type": 3}', "[" * 100_000],
    ids=lambda content: content[:40] or "empty",
)
def test_a_configuration_that_is_none_is_refused(damaged, refusal, content):
    (damaged / "config.json").write_text(content)
    refusal(lambda: open_bundle(damaged), "config.json")


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": 100_000},
        {"max_tokens": 0},
        {"max_tokens": "many"},
        {"max_tokens": None},
        {"windows": 0},
        {"windows": 65},
        {"windows": "all"},
        {"layers": 7},
        {"layers": ["top"]},
        {"layers": [1]},
        {"layers": [2, 1]},
        {"layers": [2, 3]},
        {"pooling": "most"},
        {"pooling": None},
        {"heads": {}},
        {"heads": 7},
        {"heads": {"stance": -1}},
        {"encoder": {"model_type": "no such encoder"}},
        {"encoder": {}},
        {"encoder": 7},
        {"dropout": "some"},
    ],
    ids=str,
)
def test_a_configuration_edited_by_hand_is_refused_when_it_is_loaded(damaged, refusal, edit_json, change):
    edit_json(damaged / "config.json", lambda config: config.update(change))
    refusal(lambda: load(damaged), str(damaged))
