from __future__ import annotations

import json
import shutil

import pytest

from narrashift.model.bundle import open_bundle
from narrashift.model.exported import ExportedFile, exported_for, read_exported
from narrashift.model.onnx_classifier import OnnxClassifier, open_onnx

AGAIN = "narrashift export"


@pytest.fixture
def exported(exported_bundle, tmp_path):
    """A copy of the exported bundle, to damage."""
    return shutil.copytree(exported_bundle, tmp_path / "exported")


def test_a_bundle_that_was_never_exported_has_no_record(tiny_bundle):
    assert read_exported(open_bundle(tiny_bundle)) is None


def test_a_record_names_both_engines_and_the_bundle(exported):
    record = read_exported(open_bundle(exported))
    assert record.bundle == open_bundle(exported).digest
    assert record.engines.keys() == {"onnx", "onnx-int8"}
    assert exported_for(open_bundle(exported), "onnx").engines["onnx"].file == "fp32.onnx"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"bundle": 3}', "[" * 100_000, b"\xff", '{"bundle": "x", "engines": 1}']
)
def test_a_broken_record_is_refused_with_the_way_out(exported, refusal, content):
    path = exported / "onnx" / "export.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refusal(lambda: read_exported(open_bundle(exported)), "export.json", AGAIN, "--overwrite")


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["engines"].clear(),
        lambda record: record["engines"].pop("onnx-int8"),
        lambda record: record["engines"].update(tensorrt=record["engines"].pop("onnx")),
        lambda record: record.update(more=1),
        lambda record: record.update(passages="many"),
        lambda record: record["engines"]["onnx"].pop("sha256"),
        lambda record: record["engines"]["onnx"].update(changed={}),
    ],
)
def test_a_record_that_lacks_something_is_refused_when_it_is_needed(exported, refusal, edit_json, change):
    from narrashift.serving.engines import choose_engine, open_engine
    from narrashift.serving.settings import ScoreSettings

    edit_json(exported / "onnx" / "export.json", change)
    bundle, settings = open_bundle(exported), ScoreSettings(device="cpu")
    refusal(lambda: open_engine(bundle, engine=choose_engine(bundle, settings=settings), settings=settings), AGAIN)


def test_a_record_of_another_state_of_the_bundle_is_refused(exported, refusal, edit_json):
    edit_json(exported / "decision.json", lambda decision: decision["tasks"]["stance"].update(temperature=3.5))
    for engine in ("onnx", "onnx-int8"):
        refusal(lambda engine=engine: open_onnx(open_bundle(exported), engine), "export.json", AGAIN, "--overwrite")


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_an_engine_that_was_not_exported_is_refused(tiny_bundle, refusal, engine):
    refusal(lambda: open_onnx(open_bundle(tiny_bundle), engine), f"not exported for {engine}", AGAIN)


@pytest.mark.parametrize("name", ["fp32.onnx", "int8.onnx"])
def test_a_missing_file_is_refused_by_its_name(exported, refusal, name):
    (exported / "onnx" / name).unlink()
    refusal(lambda: open_onnx(open_bundle(exported), "onnx-int8"), name, "missing", AGAIN, "--overwrite")


@pytest.mark.parametrize("name", ["fp32.onnx", "int8.onnx"])
@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_a_damaged_file_is_refused_by_its_name(exported, refusal, name, content):
    path = exported / "onnx" / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if content is None else content)
    refusal(lambda: open_onnx(open_bundle(exported), "onnx-int8"), name, "damaged", AGAIN, "--overwrite")


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_what_is_no_model_is_refused_by_its_name(exported, refusal, tmp_path, content):
    from narrashift.model.tokens import read_tokenizer

    (tmp_path / "own.onnx").write_bytes(content)
    tokenizer = read_tokenizer(exported / "tokenizer.json")
    refusal(lambda: OnnxClassifier(tmp_path / "own.onnx", tokenizer, heads={"a": 2}, max_tokens=9), "own.onnx")


@pytest.mark.parametrize(
    ("changed", "moved", "faithful"),
    [
        ({"a": 0.0}, {"a": 0.0}, True),
        ({"a": 0.01}, {"a": 0.003, "b": -0.003}, True),
        ({"a": 0.0, "b": 0.011}, {"a": 0.0}, False),
        ({"a": 0.0}, {"a": -0.0031}, False),
        ({"a": 0.0}, {"a": 0.0031}, False),
        ({"a": 0.0}, {}, True),
    ],
)
def test_a_file_is_faithful_that_changes_little_in_every_task(changed, moved, faithful):
    assert ExportedFile(file="x", sha256="", changed=changed, moved=moved).faithful is faithful


def test_a_record_is_read_back_as_it_was_written(exported):
    path = exported / "onnx" / "export.json"
    record = read_exported(open_bundle(exported))
    assert json.loads(record.model_dump_json()) == json.loads(path.read_text("utf-8"))
