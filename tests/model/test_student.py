"""The student in a bundle: what it answers, without torch, and which ones are refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from narrashift.model.bundle import open_bundle
from narrashift.model.student import CascadePoint, Student, read_student, student_digest

TEXTS = ["Kyiv holds.", "", "Russian forces took the town. " * 40, "The army liberated two villages near Kherson."] * 40
WITHOUT_TORCH = """
import sys
sys.modules["torch"] = sys.modules["transformers"] = sys.modules["sklearn"] = None
from narrashift.model.bundle import open_bundle
from narrashift.model.student import read_student
student = read_student(open_bundle(sys.argv[1]))
logits = student.logits(["Kyiv holds."])
print(len(student.confidences(logits.tasks)), *sorted(logits.tasks))
"""


@pytest.fixture(scope="module")
def student(taught_bundle: Path) -> Student:
    return read_student(open_bundle(taught_bundle))


@pytest.fixture
def changed(taught_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle with a student; what a test breaks in it stays in the test."""
    shutil.copytree(taught_bundle, tmp_path / "changed")
    return tmp_path / "changed"


def test_a_passage_has_the_same_logits_alone_and_in_company(student):
    together = student.logits(TEXTS)
    for i in (0, 1, 2, 3, 130, len(TEXTS) - 1):
        alone = student.logits([TEXTS[i]])
        for task, values in alone.tasks.items():
            np.testing.assert_allclose(together.tasks[task][i], values[0], atol=1e-4)
        assert together.truncated[i] == alone.truncated[0]
    assert together.truncated.tolist()[:4] == [False, False, True, False]


def test_no_texts_have_no_logits(student):
    empty = student.logits([])
    assert {task: values.shape for task, values in empty.tasks.items()} == {
        "stance": (0, 3), "frame": (0, 5), "technique": (0, 6),
    }  # fmt: skip
    assert student.confidences(empty.tasks).shape == (0,)


def test_it_counts_tokens_and_progress_as_the_network_does(student, taught_bundle):
    network = open_bundle(taught_bundle).classifier(device="cpu")
    assert student.count_tokens(TEXTS).tolist() == network.count_tokens(TEXTS).tolist()
    assert student.max_tokens == network.max_tokens
    done = []
    student.logits(TEXTS, tick=done.append)
    assert sum(done) == len(TEXTS)


def test_it_says_more_often_what_its_network_says_than_a_guess_would(student, taught_bundle, small_rows):
    texts = [row["text"] for row in small_rows]  # in words that the network counts
    mine, its = student.logits(texts).tasks, open_bundle(taught_bundle).classifier(device="cpu").logits(texts).tasks
    for task, values in mine.items():
        assert np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(values.T, its[task].T, strict=True)]) > 0.5


def test_it_works_where_torch_cannot_be_imported(taught_bundle):
    ran = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, str(taught_bundle)], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.split()) == (0, ["1", "frame", "stance", "technique"]), ran.stderr[-2_000:]


def test_the_least_confidence_is_that_of_the_largest_share_within_the_bound(student):
    points = tuple(
        CascadePoint(confidence=c, changed=r, answered=a) for c, r, a in ((0.9, 0.01, 0.2), (0.8, 0.02, 0.4))
    )
    some = Student(
        student.description.model_copy(update={"points": {"": points, "stance": points[:1]}}),
        student.network, bundle=student.bundle, tokenizer=student.tokenizer,
    )  # fmt: skip
    assert [some.least_confidence(bound) for bound in (0.005, 0.01, 0.02, 0.5)] == [float("inf"), 0.9, 0.8, 0.8]
    assert [some.least_confidence(bound, task="stance") for bound in (0.005, 0.5)] == [float("inf"), 0.9]


def test_the_confidence_in_one_task_is_never_less_than_in_all(student):
    logits = student.logits(TEXTS[:4]).tasks
    each = [student.confidences(logits, task=task) for task in logits]
    np.testing.assert_allclose(np.prod(each, axis=0), student.confidences(logits))


def test_a_student_leaves_the_bundle_as_it_was_and_has_a_digest_of_its_own(taught_bundle, tiny_bundle, changed):
    assert open_bundle(taught_bundle).digest == open_bundle(tiny_bundle).digest
    before = student_digest(open_bundle(changed))
    assert before == student_digest(open_bundle(taught_bundle))
    with (changed / "student" / "student.json").open("a") as file:
        file.write("\n")
    assert student_digest(open_bundle(changed)) != before


def test_a_bundle_without_a_student_says_how_to_make_one(tiny_bundle, refusal):
    for look in (read_student, student_digest):
        refusal(lambda look=look: look(open_bundle(tiny_bundle)), "no student", "narrashift distill")


def test_the_student_of_another_bundle_is_refused(changed, edit_json, refusal):
    edit_json(changed / "decision.json", lambda d: d["tasks"]["stance"].update(temperature=3.0))
    for look in (read_student, student_digest):
        refusal(lambda look=look: look(open_bundle(changed)), "student of another bundle", "distill", "--overwrite")


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"null"])
def test_a_broken_description_is_refused(changed, content, refusal):
    (changed / "student" / "student.json").write_bytes(content)
    refusal(lambda: read_student(open_bundle(changed)), "student.json")


def test_broken_weights_are_refused(changed, refusal):
    (changed / "student" / "student.safetensors").write_bytes(b"\0" * 20)
    refusal(lambda: read_student(open_bundle(changed)), "student.safetensors", "distill")


@pytest.mark.parametrize(
    "lose", [lambda d: d["heads"].pop("frame"), lambda d: d["coefficients"].pop(), lambda d: d["points"].pop("stance")]
)
def test_a_student_that_lost_a_task_or_a_decision_is_refused(changed, edit_json, refusal, lose):
    edit_json(changed / "student" / "student.json", lose)
    refusal(lambda: read_student(open_bundle(changed)), "does not fit", "distill")


def test_its_description_tells_what_it_was_made_from(taught_bundle):
    about = json.loads((taught_bundle / "student" / "student.json").read_text("utf-8"))
    assert (about["trained_on"], about["calibrated_on"]) == (300, 300)
    assert about["settings"]["filters"] == 8
    assert len(about["coefficients"]) == 1 + 5 + 6
