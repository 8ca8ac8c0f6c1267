from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from narrashift import UserError
from narrashift.model.bundle import open_bundle
from narrashift.model.close_calls import CloseCalls
from narrashift.model.onnx_classifier import OnnxClassifier
from narrashift.serving import engines
from narrashift.serving.engines import choose_engine, open_engine
from narrashift.serving.settings import ScoreSettings


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch, tmp_path):
    """A machine without a GPU, whatever the tests run on."""
    monkeypatch.setattr(engines, "NVIDIA", tmp_path / "none")


@pytest.fixture
def unfaithful(exported_bundle, tmp_path) -> Path:
    """An exported bundle whose int8 file changes too many labels."""
    bundle = shutil.copytree(exported_bundle, tmp_path / "unfaithful")
    record = json.loads((bundle / "onnx" / "export.json").read_text("utf-8"))
    record["engines"]["onnx-int8"]["changed"]["frame"] = 0.02
    (bundle / "onnx" / "export.json").write_text(json.dumps(record), "utf-8")
    return bundle


def chosen(bundle: Path, **settings: object) -> str:
    return choose_engine(open_bundle(bundle), settings=ScoreSettings(**settings))


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_a_tfidf_bundle_is_its_own_engine(tiny_bundle, engine):
    assert chosen(tiny_bundle / "tfidf", engine=engine) == "tfidf"


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_a_tfidf_bundle_has_no_other(tiny_bundle, engine):
    with pytest.raises(UserError, match=f"TF-IDF bundle has no engine '{engine}'. Leave out --engine"):
        chosen(tiny_bundle / "tfidf", engine=engine)


def test_auto_without_an_export_is_torch(tiny_bundle):
    assert chosen(tiny_bundle) == "torch"


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_auto_on_a_cpu_is_int8_where_it_decides_alike_and_else_fp32(exported_bundle, unfaithful, device):
    assert chosen(exported_bundle, device=device) == "onnx-int8"
    assert chosen(unfaithful, device=device) == "onnx"


@pytest.mark.parametrize(
    ("settings", "engine"),
    [
        ({"device": "cuda"}, "torch"),
        ({"device": "cuda:1"}, "torch"),
        ({"precision": "bf16"}, "torch"),
        ({"precision": "fp32"}, "onnx"),
    ],
)
def test_auto_follows_the_device_and_the_precision_that_are_asked_for(exported_bundle, settings, engine):
    assert chosen(exported_bundle, **settings) == engine


@pytest.mark.parametrize(("device", "engine"), [("cuda", "torch"), ("cpu", "onnx-int8")])
def test_auto_is_torch_where_there_is_a_gpu_that_torch_can_use(exported_bundle, monkeypatch, device, engine):
    monkeypatch.setattr(engines, "NVIDIA", Path("/dev/null"))
    monkeypatch.setattr("narrashift.model.device.pick_device", lambda asked: device)
    assert chosen(exported_bundle) == engine


@pytest.mark.parametrize("engine", ["torch", "onnx", "onnx-int8"])
def test_an_engine_that_is_named_is_taken(unfaithful, engine):
    assert chosen(unfaithful, engine=engine) == engine


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_an_onnx_engine_on_another_device_is_refused(exported_bundle, engine, device):
    with pytest.raises(UserError, match=f"'{engine}' runs on the CPU, not on '{device}'. Choose --engine torch"):
        chosen(exported_bundle, engine=engine, device=device)


def test_auto_refuses_an_export_of_another_state_of_the_bundle(exported_bundle, tmp_path):
    bundle = shutil.copytree(exported_bundle, tmp_path / "changed")
    decision = json.loads((bundle / "decision.json").read_text("utf-8"))
    decision["tasks"]["stance"]["temperature"] = 3.5
    (bundle / "decision.json").write_text(json.dumps(decision), "utf-8")
    with pytest.raises(UserError, match="narrashift export .*--overwrite"):
        chosen(bundle)
    assert chosen(bundle, engine="torch") == "torch"


@pytest.mark.parametrize(("engine", "kind"), [("onnx", OnnxClassifier), ("onnx-int8", CloseCalls)])
def test_settings_reach_the_engine(exported_bundle, engine, kind):
    settings = ScoreSettings(threads=3, batch_tokens=77)
    opened = open_engine(open_bundle(exported_bundle), engine=engine, settings=settings)
    assert isinstance(opened, kind)
    for classifier in [opened.quick, opened.exact] if kind is CloseCalls else [opened]:
        assert (classifier.pool._max_workers, classifier.batch_tokens) == (3, 77)


@pytest.fixture
def torch_threads():
    import torch

    before = torch.get_num_threads()
    yield torch.get_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2])
def test_torch_uses_the_cores_that_are_asked_for(tiny_bundle, torch_threads, threads):
    open_engine(open_bundle(tiny_bundle), engine="torch", settings=ScoreSettings(threads=threads, device="cpu"))
    assert torch_threads() == threads


def test_an_onnx_engine_refuses_bf16(exported_bundle):
    with pytest.raises(UserError, match="engine 'onnx' has no bf16"):
        chosen(exported_bundle, engine="onnx", precision="bf16")
