from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import narrashift
from narrashift import UserError
from narrashift.model.bundle import open_bundle
from narrashift.model.close_calls import CloseCalls
from narrashift.model.decision import all_probabilities, decide
from narrashift.model.exported import read_exported
from narrashift.model.onnx_classifier import OnnxClassifier, open_onnx
from narrashift.training.data.splits import split_corpus
from narrashift.training.exporting import export as exporting
from narrashift.training.exporting.export import export


@pytest.fixture(scope="module")
def lively_bundle(lively, codebook, small_corpus, tmp_path_factory):
    """An exported bundle that int8 decides otherwise than the network, now and then."""
    bundle = lively(tmp_path_factory.mktemp("lively") / "bundle", codebook=codebook)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "MARGINS", (2.0,))  # so wide that some of a few passages are settled
        export(bundle=bundle, corpus=small_corpus)
    return bundle


@pytest.fixture(scope="module", params=["trained", "without a lexical head"])
def either(request, exported_bundle, lively_bundle):
    return open_bundle(exported_bundle if request.param == "trained" else lively_bundle)


@pytest.fixture
def copy(tiny_bundle, tmp_path):
    """The tiny bundle, to export."""
    return shutil.copytree(tiny_bundle, tmp_path / "copy")


def on_cpu(bundle):
    return bundle.classifier(device="cpu", precision="fp32")


def decided(bundle, logits):
    probs = all_probabilities(logits, codebook=bundle.codebook, decision=bundle.decision)
    tasks = bundle.codebook.tasks.items()
    return {name: decide(probs[name], task=task, decision=bundle.decision.tasks[name]) for name, task in tasks}


def quick_int8(bundle) -> OnnxClassifier:
    """The int8 graph as it is, without fp32 for its close calls."""
    opened = open_onnx(bundle, "onnx-int8")
    return opened.quick if isinstance(opened, CloseCalls) else opened


def test_fp32_has_the_logits_of_the_network(either, texts):
    expected, found = on_cpu(either).logits(texts), open_onnx(either, "onnx").logits(texts)
    assert found.truncated.tolist() == expected.truncated.tolist()
    assert expected.truncated.any() and not expected.truncated.all()
    assert found.tasks.keys() == expected.tasks.keys()
    for task, values in expected.tasks.items():
        assert found.tasks[task].dtype == np.float32
        np.testing.assert_allclose(found.tasks[task], values, atol=1e-4, rtol=0)


def test_int8_is_near_fp32_and_not_the_same(lively_bundle, texts):
    opened = open_bundle(lively_bundle)
    exact, rounded = open_onnx(opened, "onnx").logits(texts).tasks, quick_int8(opened).logits(texts).tasks
    for task, values in exact.items():
        error = rounded[task] - values
        assert 0 < np.sqrt(np.square(error).mean()) < 0.1 * values.std()


@pytest.mark.parametrize("order", ["alone", "shuffled", "small batches", "doubled"])
def test_int8_logits_of_a_passage_do_not_depend_on_the_others(either, texts, order):
    classifier = quick_int8(either)
    usual = classifier.logits(texts).tasks
    if order == "alone":
        ones = [classifier.logits([text]).tasks for text in texts]
        found = {task: np.concatenate([one[task] for one in ones]) for task in usual}
    elif order == "shuffled":
        places = np.random.default_rng(0).permutation(len(texts))
        shuffled = classifier.logits([texts[i] for i in places]).tasks
        found = {task: values[np.argsort(places)] for task, values in shuffled.items()}
    elif order == "doubled":
        found = {
            task: values[1::2] for task, values in classifier.logits([t for t in texts for _ in "12"]).tasks.items()
        }
    else:
        classifier.batch_tokens = 100
        found = classifier.logits(texts).tasks
    for task, values in usual.items():
        np.testing.assert_array_equal(found[task], values)


def test_fp32_logits_of_a_passage_hardly_depend_on_the_others(either, texts):
    classifier = open_onnx(either, "onnx")
    whole = classifier.logits(texts).tasks
    ones = [classifier.logits([text]).tasks for text in texts]
    for task, values in whole.items():
        np.testing.assert_allclose(np.concatenate([one[task] for one in ones]), values, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_labels_change_on_the_share_of_the_test_passages_that_is_recorded(either, small_corpus, engine):
    record = read_exported(either)
    test = split_corpus(small_corpus).test
    assert record.passages == len(test)
    before = decided(either, on_cpu(either).logits(test.texts).tasks)
    after = decided(either, open_onnx(either, engine).logits(test.texts).tasks)
    for task, share in record.engines[engine].changed.items():
        assert (before[task] != after[task]).any(axis=1).mean() == pytest.approx(share, abs=1e-6)
        assert share <= 0.01 or engine == "onnx-int8"


def test_settling_close_calls_undoes_most_of_what_int8_changes(lively_bundle, early_rows):
    bundle = open_bundle(lively_bundle)
    texts = [row["text"] for row in early_rows[:400]]
    exact = decided(bundle, open_onnx(bundle, "onnx").logits(texts).tasks)
    shares = []
    for classifier in (quick_int8(bundle), open_onnx(bundle, "onnx-int8")):
        found = decided(bundle, classifier.logits(texts).tasks)
        shares.append(np.mean([(found[task] != exact[task]).any(axis=1).mean() for task in exact]))
    raw, settled = shares
    assert raw > 0
    assert settled < raw / 2


@pytest.mark.parametrize("times", [4.0, 12.0, 1e6])
def test_the_record_says_how_many_passages_fp32_settles(lively_bundle, small_corpus, tmp_path, monkeypatch, times):
    """Within so many of int8's errors of a border: a few passages, some, all of them."""
    copy = shutil.copytree(lively_bundle, tmp_path / "copy")
    monkeypatch.setattr(exporting, "MARGINS", (times,))
    export(bundle=copy, corpus=small_corpus, overwrite=True)
    bundle = open_bundle(copy)
    int8, fp32 = (read_exported(bundle).engines[engine] for engine in ("onnx-int8", "onnx"))
    assert fp32.margins == {} and fp32.settled == 0
    assert int8.margins.keys() == bundle.codebook.tasks.keys()
    asked = []
    classifier = open_onnx(bundle, "onnx-int8")
    exact = classifier.exact.logits
    classifier.exact.logits = lambda texts, **options: (asked.extend(texts), exact(texts, **options))[1]
    test = split_corpus(small_corpus).test
    classifier.logits(test.texts)
    assert len(asked) == round(int8.settled * len(test)) <= len(test)
    assert (len(asked) == len(test)) == (times == 1e6) and (asked or times < 12)


@pytest.mark.parametrize(("enough", "times"), [(0.0, 0), (1.0, 2)])
def test_fp32_settles_no_more_than_it_takes_to_decide_as_the_network_does(
    copy, small_corpus, monkeypatch, enough, times
):
    monkeypatch.setattr(exporting, "MARGINS", (1.0, 2.0, 1e6))
    monkeypatch.setattr(exporting.ExportedFile, "faithful", property(lambda self: self.settled >= enough))
    first = export(bundle=copy, corpus=small_corpus).engines["onnx-int8"]
    monkeypatch.setattr(exporting, "MARGINS", (exporting.MARGINS[times],))
    again = export(bundle=copy, corpus=small_corpus, overwrite=True).engines["onnx-int8"]
    assert first == again
    assert first.settled >= enough and (enough or first.settled < 1)


def test_exporting_again_gives_the_same_files(exported_bundle, copy, small_corpus):
    again = export(bundle=copy, corpus=small_corpus)
    assert again == read_exported(open_bundle(exported_bundle))


def test_an_export_leaves_the_bundle_as_it_was_beside_its_folder(exported_bundle, tiny_bundle):
    files = {path.relative_to(tiny_bundle): path.read_bytes() for path in tiny_bundle.rglob("*") if path.is_file()}
    for name, content in files.items():
        assert (exported_bundle / name).read_bytes() == content
    more = {p.relative_to(exported_bundle) for p in exported_bundle.rglob("*") if p.is_file()} - files.keys()
    assert {path.as_posix() for path in more} == {"onnx/fp32.onnx", "onnx/int8.onnx", "onnx/export.json"}
    assert open_bundle(exported_bundle).digest == open_bundle(tiny_bundle).digest


def test_int8_is_smaller_than_fp32_by_its_linear_layers(exported_bundle):
    sizes = [(exported_bundle / "onnx" / name).stat().st_size for name in ("fp32.onnx", "int8.onnx")]
    layers = 2 * (4 * 32 * 32 + 2 * 32 * 64)
    assert sizes[0] - sizes[1] > 2 * layers


def test_a_tfidf_bundle_is_not_exported(tiny_bundle, small_corpus):
    with pytest.raises(UserError, match="TF-IDF needs no export"):
        export(bundle=tiny_bundle / "tfidf", corpus=small_corpus)
    assert not (tiny_bundle / "tfidf" / "onnx").exists()


def test_passages_labelled_by_another_codebook_are_refused(copy, own_rows, own_codebook):
    with pytest.raises(UserError, match=r"codebook.*--codebook"):
        export(bundle=copy, corpus=narrashift.from_dataset(own_rows, codebook=own_codebook))
    assert not (copy / "onnx").exists()


def test_an_export_that_is_there_is_replaced_only_when_asked(copy, small_corpus):
    (copy / "onnx").mkdir()
    (copy / "onnx" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="--overwrite"):
        export(bundle=copy, corpus=small_corpus)
    assert (copy / "onnx" / "mine.txt").exists()
    export(bundle=copy, corpus=small_corpus, overwrite=True)
    assert not (copy / "onnx" / "mine.txt").exists()
    assert open_onnx(open_bundle(copy), "onnx").logits(["war"]).truncated.tolist() == [False]


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("broken", ["input_ranges", "_macro_f1", "file_sha256"])
def test_an_interrupted_export_leaves_what_was_there(copy, small_corpus, monkeypatch, broken, before):
    if before:
        (copy / "onnx").mkdir()
        (copy / "onnx" / "export.json").write_text(json.dumps("before"))
    names = sorted(path.name for path in copy.rglob("*"))

    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, broken, interrupt)
    with pytest.raises(KeyboardInterrupt):
        export(bundle=copy, corpus=small_corpus, overwrite=True)
    assert sorted(path.name for path in copy.rglob("*")) == names
    assert not before or json.loads((copy / "onnx" / "export.json").read_text()) == "before"


def test_progress_tells_the_stages(copy, small_corpus):
    told: list[str] = []
    export(bundle=copy, corpus=small_corpus, progress=lambda what, done, total: told.append(what))
    assert [what.split(":")[0] for what in told] == ["fp32", "int8"]


def test_a_task_without_labels_is_measured_by_its_labels_only(lively, own_codebook, own_rows, tmp_path):
    bundle = lively(tmp_path / "own", codebook=own_codebook)
    rows = [{key: value for key, value in row.items() if key != "mood"} for row in own_rows]
    exported = export(bundle=bundle, corpus=narrashift.from_dataset(rows, codebook=own_codebook))
    assert exported.engines["onnx"].changed.keys() == {"topic", "mood"}
    assert exported.engines["onnx"].moved.keys() == {"topic"}
