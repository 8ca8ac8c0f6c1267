"""What a planted bundle may try, beside pickles: code and weights from elsewhere, and files without end."""

from __future__ import annotations

import json
import shutil
import struct
import time
import zipfile

import numpy as np
import pytest

from narrashift.model.bundle import open_bundle
from narrashift.model.codebook import read_codebook
from narrashift.model.exported import file_sha256
from narrashift.model.onnx_classifier import open_onnx
from narrashift.model.prediction import load
from narrashift.model.student import read_student
from narrashift.model.tfidf import FILE, MOST_BYTES


@pytest.fixture
def exported(exported_bundle, tmp_path):
    """A copy of the exported bundle, to plant something in."""
    return shutil.copytree(exported_bundle, tmp_path / "exported")


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation_internal", "experts_implementation"])
@pytest.mark.parametrize("inside", [False, True])
def test_kernels_from_the_hub_are_refused(damaged, edit_json, refusal, key, inside):
    edit_json(damaged / "config.json", lambda c: (c["encoder"] if inside else c).update({key: "someone/kernel"}))
    refusal(lambda: open_bundle(damaged), "config.json", key, "not opened")


@pytest.mark.parametrize("key", ["quantization_config", "transformers_weights"])
def test_other_weights_than_the_bundles_are_refused(damaged, edit_json, refusal, key):
    edit_json(damaged / "config.json", lambda c: c.update({key: {"quant_method": "gptq"}}))
    refusal(lambda: open_bundle(damaged), "config.json", key)


def test_an_adapter_beside_the_weights_is_refused(damaged, refusal):
    (damaged / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/else"}')
    refusal(lambda: load(damaged), "adapter_config.json")


def test_transformers_is_told_no_before_it_asks_whether_to_run_code(damaged, edit_json, monkeypatch, refusal):
    """An encoder that transformers does not have, with code beside it: the question at a terminal is never put."""

    def run(*args: object, **options: object) -> None:
        pytest.fail("code was asked for")

    monkeypatch.setattr("transformers.dynamic_module_utils.get_class_from_dynamic_module", run)
    monkeypatch.setattr("builtins.input", run)
    (damaged / "evil.py").write_text("raise SystemExit")
    remote = dict.fromkeys(("AutoConfig", "AutoModel"), "evil.Evil")
    edit_json(damaged / "config.json", lambda c: c.update(encoder={"model_type": "evil", "auto_map": remote}))
    refusal(lambda: load(damaged), str(damaged))


@pytest.mark.parametrize("name", ["tokenizer_config.json", "special_tokens_map.json", "generation_config.json"])
def test_files_that_may_name_code_are_never_opened(damaged, tiny_bundle, name):
    (damaged / name).write_text("{ broken")
    assert load(damaged).predict(["a"]) == load(tiny_bundle).predict(["a"])


def test_a_backbone_whose_weights_are_a_pickle_is_refused(tiny_backbone, tmp_path, codebook):
    import torch

    from narrashift.model.network import from_backbone

    folder = shutil.copytree(tiny_backbone, tmp_path / "backbone")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(OSError, match=r"model\.safetensors"):
        from_backbone(str(folder), codebook=codebook, max_tokens=32, dropout=0.1)


@pytest.mark.parametrize("name", ["config.json", "codebook.toml", "decision.json"])
def test_a_description_without_end_is_refused_before_it_is_read(damaged, refusal, name):
    with (damaged / name).open("r+b") as file:
        file.truncate(2**36)  # a sparse file: it takes no room, but would not fit into memory
    refusal(lambda: open_bundle(damaged), name, "larger than", "not opened")


@pytest.mark.parametrize("text", ["a=" + "[" * 100_000, "a=" + "{a=" * 20_000, "a" + ".a" * 60_000 + "=1"])
def test_a_codebook_that_a_reader_chokes_on_is_refused_at_once(tmp_path, refusal, text):
    (tmp_path / "codebook.toml").write_text(text)
    began = time.process_time()
    refusal(lambda: read_codebook(tmp_path / "codebook.toml"), "codebook.toml")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4 << 40]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [1 << 62, 4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "PYOBJECT", "shape": [4], "data_offsets": [0, 16]}},
    ],
    ids=["larger than the file", "shorter than its shape", "a shape that overflows", "no number"],
)
@pytest.mark.parametrize("name", ["model.safetensors", "student/student.safetensors"])
def test_weights_whose_header_lies_are_refused(taught_bundle, tmp_path, refusal, header, name):
    folder = shutil.copytree(taught_bundle, tmp_path / "bundle")
    content = json.dumps(header).encode()
    (folder / name).write_bytes(struct.pack("<Q", len(content)) + content + bytes(16))
    if name.startswith("student"):
        refusal(lambda: read_student(open_bundle(folder)), name)
    else:
        refusal(lambda: load(folder), name)


def test_weights_whose_header_has_no_end_are_refused(damaged, refusal):
    (damaged / "model.safetensors").write_bytes(struct.pack("<Q", 2**62) + b"{}")
    refusal(lambda: load(damaged), "model.safetensors")


def plant(exported, model) -> None:
    """Put a graph in the place of the fp32 one, with a record that says it belongs there."""
    path = exported / "onnx" / "fp32.onnx"
    path.write_bytes(model.SerializeToString())
    record = json.loads((exported / "onnx" / "export.json").read_text("utf-8"))
    record["engines"]["onnx"]["sha256"] = file_sha256(path)
    (exported / "onnx" / "export.json").write_text(json.dumps(record), "utf-8")


def graph(*, location: str = "", domain: str = ""):
    """`y = x + w`, with `w` in a file of that name, by an operator of that domain."""
    from onnx import TensorProto, helper

    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], raw_data=bytes(16))
    if location:
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        weights.external_data.add(key="location", value=location)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("input_ids", "y")]
    node = helper.make_node("Add", ["input_ids", "w"], ["y"], domain=domain)
    imports = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(
        helper.make_graph([node], "g", values[:1], values[1:], [weights]), opset_imports=imports, ir_version=9
    )


@pytest.mark.parametrize("location", ["../../secret.bin", "ABSOLUTE", "link.bin"])
def test_a_graph_that_takes_weights_from_outside_its_folder_is_refused(exported, refusal, tmp_path, location):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.arange(4, dtype=np.float32).tobytes())
    (exported / "onnx" / "link.bin").symlink_to(secret)
    plant(exported, graph(location=str(secret) if location == "ABSOLUTE" else location))
    refusal(lambda: open_onnx(open_bundle(exported), "onnx"), "fp32.onnx", "External data path")


def test_a_graph_with_operators_of_somebody_elses_is_refused(exported, refusal):
    plant(exported, graph(domain="com.evil"))
    refusal(lambda: open_onnx(open_bundle(exported), "onnx"), "fp32.onnx", "com.evil")


@pytest.mark.parametrize("name", ["../fp32.onnx", "/etc/passwd", "onnx/fp32.onnx", ""])
def test_a_record_that_names_a_file_elsewhere_is_refused(exported, refusal, edit_json, name):
    edit_json(exported / "onnx" / "export.json", lambda record: record["engines"]["onnx"].update(file=name))
    refusal(lambda: open_onnx(open_bundle(exported), "onnx"), "export.json")


def planted_node(module: str, name: str, loader: str) -> dict:
    return {"__module__": module, "__class__": name, "__loader__": loader, "__id__": 9_999_999, "content": {}}


@pytest.mark.parametrize(
    "node",
    [
        planted_node("os", "system", "FunctionNode"),
        planted_node("builtins", "eval", "TypeNode"),
        planted_node("sklearn.ensemble._forest", "RandomForestClassifier", "ObjectNode"),
        planted_node("builtins", "dict", "OperatorFuncNode"),
        planted_node("builtins", "str", "MethodNode"),
    ],
    ids=lambda node: f"{node['__class__']} by {node['__loader__']}",
)
def test_a_planted_node_is_refused_by_the_allow_list_before_anything_is_made(damaged, refusal, monkeypatch, node):
    """Whatever skops itself would say: it trusts the classes of scikit-learn, and had holes in its own list."""
    path = damaged / "tfidf" / FILE
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    schema["content"]["features"]["content"]["content"]["verbose"] = node
    members["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    monkeypatch.setattr("skops.io.get_untrusted_types", lambda **_: [])
    monkeypatch.setattr("skops.io.load", lambda *_, **__: pytest.fail("something was made"))
    refusal(lambda: load(damaged / "tfidf"), FILE, "not allowed", "not opened")


def test_a_yardstick_that_unpacks_to_very_much_is_refused(damaged, refusal, monkeypatch):
    monkeypatch.setattr("narrashift.model.tfidf.MOST_BYTES", 1 << 20)
    assert MOST_BYTES > 1 << 20
    with zipfile.ZipFile(damaged / "tfidf" / FILE, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(2 << 20))
    refusal(lambda: load(damaged / "tfidf"), FILE, "unpacks to more than")
