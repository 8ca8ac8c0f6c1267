"""A bundle's answers on passages whose labels are known: what is kept, and what is refused."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.model.decision import Decision
from narrashift.model.held_out import FILE, HeldOut, read_held_out, write_held_out


@pytest.fixture
def answers(codebook) -> HeldOut:
    """Five passages: the second without a frame, the fourth without a stance."""
    rng = np.random.default_rng(0)
    frame = (rng.random((5, 5)) < 0.4).astype(float)
    frame[1] = np.nan
    return HeldOut(
        bundle="0123456789abcdef",
        codebook=codebook,
        decision=Decision.default(codebook),
        probabilities={n: rng.random((5, len(t.leaves)), dtype=np.float32) for n, t in codebook.tasks.items()},
        targets={"stance": np.array([0, 1, 2, -1, 1]), "frame": frame, "technique": np.zeros((5, 6))},
        weights=np.array([1, 0.5, 2, 1, 0.25]),
        groups=np.array([0, 0, 1, 2, 3]),
        parts=np.array(["test", "test", "test", "validation", "test"]),
    )


def same(a: HeldOut, b: HeldOut) -> bool:
    arrays = [(getattr(a, name), getattr(b, name)) for name in ("weights", "groups", "parts")]
    for task in a.codebook.tasks:
        arrays += [(getattr(a, name)[task], getattr(b, name)[task]) for name in ("probabilities", "targets")]
    return a.bundle == b.bundle and a.codebook == b.codebook and all(np.array_equiv(x, y) or (
        x.dtype == float and np.array_equal(x, y, equal_nan=True)) for x, y in arrays)  # fmt: skip


def test_what_is_written_is_read_again(answers, tmp_path):
    write_held_out(tmp_path, answers)
    assert same(read_held_out(tmp_path, bundle=answers.bundle), answers)


def test_the_columns_are_those_of_a_score_table_and_unlabelled_is_null(answers, tmp_path):
    write_held_out(tmp_path, answers)
    table = pq.read_table(tmp_path / FILE)
    assert table["stance"].to_pylist() == ["pro_ukraine", "pro_russia", "neutral", None, "pro_russia"]
    assert table["frame"].to_pylist()[1] is None and table["technique"].to_pylist() == [[]] * 5
    assert table["frame.losses_russia"].to_numpy() == pytest.approx(answers.probabilities["frame"][:, 3])


def test_no_file_is_no_answers(tmp_path):
    assert read_held_out(tmp_path, bundle="0123456789abcdef") is None


def test_answers_of_another_bundle_are_refused(answers, tmp_path):
    write_held_out(tmp_path, answers)
    with pytest.raises(narrashift.UserError, match=r"of bundle 0123456789abcdef, but this is fedc"):
        read_held_out(tmp_path, bundle="fedcba9876543210")


@pytest.mark.parametrize("damage", ["bytes", "metadata", "column", "label"])
def test_a_broken_file_is_refused_by_name(answers, tmp_path, damage):
    write_held_out(tmp_path, answers)
    table = pq.read_table(tmp_path / FILE)
    if damage == "bytes":
        (tmp_path / FILE).write_bytes(b"PAR1 no")
    elif damage == "metadata":
        pq.write_table(table.replace_schema_metadata({}), tmp_path / FILE)
    elif damage == "column":
        pq.write_table(table.drop_columns("frame.gains_russia"), tmp_path / FILE)
    else:
        at = table.column_names.index("stance")
        pq.write_table(table.set_column(at, "stance", pa.array(["nobody"] * 5)), tmp_path / FILE)
    with pytest.raises(narrashift.UserError, match=f"{FILE}: not what a training writes"):
        read_held_out(tmp_path, bundle=answers.bundle)


def test_joined_answers_keep_groups_apart(answers):
    joined = answers.joined(answers)
    assert joined.groups.tolist() == [0, 0, 1, 2, 3, 4, 4, 5, 6, 7]
    assert len(joined) == 10 and joined.labelled("frame").sum() == 8
    with pytest.raises(ValueError, match="another|do not go"):
        answers.joined(dataclasses.replace(answers, bundle="f" * 16))


def test_two_thousand_passages_take_less_than_200_kilobytes(answers, codebook, tmp_path):
    rng = np.random.default_rng(0)
    many = dataclasses.replace(
        answers,
        probabilities={n: rng.random((2_000, len(t.leaves)), dtype=np.float32) for n, t in codebook.tasks.items()},
        targets={name: np.resize(values, (2_000, *values.shape[1:])) for name, values in answers.targets.items()},
        weights=rng.random(2_000),
        groups=np.arange(2_000),
        parts=np.full(2_000, "test"),
    )
    write_held_out(tmp_path, many)
    assert (tmp_path / FILE).stat().st_size < 200_000


def test_a_bundle_has_its_answers_on_the_test_passages(tiny_bundle, small_corpus):
    bundle = open_bundle(tiny_bundle)
    kept = read_held_out(tiny_bundle, bundle=bundle.digest)
    test = small_corpus.select([i for i, split in enumerate(small_corpus.column("split")) if split == "test"])
    assert set(kept.parts) == {"test"} and kept.decision == bundle.decision
    assert kept.targets["stance"].tolist() == test.targets["stance"].tolist()
    assert kept.weights == pytest.approx(test.weights, rel=1e-6)
    for i, prediction in enumerate(narrashift.load(tiny_bundle).predict(test.texts)):
        for name, task in bundle.codebook.tasks.items():
            expected = [prediction.probabilities[name][leaf] for leaf in task.leaves]
            assert kept.probabilities[name][i] == pytest.approx(expected, abs=1e-5), (i, name)


def test_the_yardstick_has_its_own(tiny_bundle):
    bundle = open_bundle(tiny_bundle / "tfidf")
    assert len(read_held_out(bundle.path, bundle=bundle.digest)) == 30


def test_a_copied_bundle_keeps_them_and_another_one_refuses_them(tiny_bundle, tmp_path):
    other = shutil.copytree(tiny_bundle / "tfidf", tmp_path / "other")
    shutil.copy(tiny_bundle / FILE, other / FILE)
    with pytest.raises(narrashift.UserError, match="of bundle"):
        read_held_out(other, bundle=open_bundle(other).digest)
