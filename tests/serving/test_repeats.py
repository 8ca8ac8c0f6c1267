from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.classifier import Logits
from narrashift.serving.repeats import Repeats

HEADS = {"stance": 2, "frame": 1}


class Fake:
    """Logits by the words of a text, tasks in another order than the codebook's; notes what it is asked."""

    max_tokens = 9

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def count_tokens(self, texts):
        return np.array([len(text.split()) for text in texts])

    def logits(self, texts, *, tick=None):
        self.asked.append([*texts])
        sums = np.array([zlib.crc32(" ".join(t.split()).encode("utf-8", "surrogatepass")) for t in texts], dtype="<u4")
        parts = sums.view("u1").reshape(-1, 4).astype(np.float32)
        for _ in texts if tick else ():
            tick(1)
        return Logits(tasks={"frame": parts[:, :1], "stance": parts[:, 1:3]}, truncated=parts[:, 3] > 127)

    @property
    def asked_in_all(self) -> list[str]:
        return [text for call in self.asked for text in call]


@pytest.fixture
def both():
    fake = Fake()
    return Repeats(fake, heads=HEADS), fake


def same(one: Logits, other: Logits) -> bool:
    return one.truncated.tolist() == other.truncated.tolist() and all(
        np.array_equal(one.tasks[task], other.tasks[task]) for task in HEADS
    )


WORDS = st.sampled_from(["a", "b", "Kyiv", "Київ", "\ud800", ".", ""])
SPACES = st.sampled_from([" ", "  ", "\n\n", "\t", "\u00a0", "\u2003 "])
TEXTS = st.lists(st.tuples(WORDS, SPACES, WORDS).map("".join), max_size=8)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(calls=st.lists(TEXTS, max_size=8), most=st.integers(1, 12))
def test_answers_are_those_of_the_classifier_in_bounded_memory(calls, most):
    fake = Fake()
    repeats = Repeats(fake, heads=HEADS, most=most)
    for texts in calls:
        ticks: list[int] = []
        reused, asked = repeats.reused, len(fake.asked_in_all)
        assert same(repeats.logits(texts, tick=ticks.append), Fake().logits(texts))
        assert sum(ticks) == len(texts)
        assert (repeats.reused - reused) + (len(fake.asked_in_all) - asked) == len(texts)
        assert len(repeats.young) + len(repeats.old) < 2 * most + max(map(len, calls))
    assert all(len(call) == len({tuple(text.split()) for text in call}) for call in fake.asked)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(calls=st.lists(TEXTS, max_size=8))
def test_within_its_memory_nothing_is_asked_twice(calls):
    fake = Fake()
    repeats = Repeats(fake, heads=HEADS)
    for texts in calls:
        repeats.logits(texts)
    asked = [" ".join(text.split()) for text in fake.asked_in_all]
    assert len(asked) == len(set(asked))
    assert repeats.reused == sum(map(len, calls)) - len(asked)


def test_passages_that_differ_in_white_space_only_are_asked_once(both):
    repeats, fake = both
    repeats.logits(["Kyiv holds.", "Kyiv\n\nholds. ", " Kyiv\u00a0 holds.", "Kyiv holds !", "Kyivholds."])
    assert fake.asked_in_all == ["Kyiv holds.", "Kyiv holds !", "Kyivholds."]
    assert repeats.reused == 2


def test_white_space_counts_where_the_tokenizer_sees_it():
    class Bytes(Fake):
        def count_tokens(self, texts):
            return np.array([len(text.encode()) for text in texts])

    fake = Bytes()
    Repeats(fake, heads=HEADS).logits(["Kyiv holds.", "Kyiv\nholds.", "Kyiv holds."])
    assert fake.asked_in_all == ["Kyiv holds.", "Kyiv\nholds."]


def test_a_form_feed_is_no_space(both):
    repeats, fake = both
    repeats.logits(["Kyiv holds.", "Kyiv\x0cholds."])
    assert len(fake.asked_in_all) == 2


def test_with_nothing_to_remember_each_call_asks_again():
    fake = Fake()
    repeats = Repeats(fake, heads=HEADS, most=0)
    for _ in range(2):
        repeats.logits(["Kyiv holds.", "Kyiv holds."])
    assert fake.asked_in_all == ["Kyiv holds."] * 2
    assert repeats.reused == 2


def test_case_and_signs_tell_passages_apart(both):
    repeats, fake = both
    repeats.logits(["Kyiv holds.", "kyiv holds.", "Kyiv holds"])
    assert len(fake.asked_in_all) == 3


def test_an_answer_in_use_is_remembered_and_one_long_unused_is_forgotten():
    fake = Fake()
    repeats = Repeats(fake, heads=HEADS, most=3)
    for number in range(20):
        repeats.logits(["always", f"new {number}"])
    assert fake.asked_in_all.count("always") == 1
    repeats.logits(["new 0"])
    assert fake.asked_in_all.count("new 0") == 2


def test_when_all_is_known_nobody_is_asked(both):
    repeats, fake = both
    ticks: list[int] = []
    first = repeats.logits(["a", "b"])
    assert same(repeats.logits(["a", "b"], tick=ticks.append), first)
    assert len(fake.asked) == 1
    assert sum(ticks) == 2


def test_no_passages_have_no_logits(both):
    found = both[0].logits([])
    assert {task: values.shape for task, values in found.tasks.items()} == {"stance": (0, 2), "frame": (0, 1)}


def test_the_rest_is_the_classifiers(both):
    repeats, fake = both
    assert repeats.max_tokens == fake.max_tokens
    assert repeats.count_tokens(["a b", "c"]).tolist() == [2, 1]


@pytest.mark.parametrize("engine", ["torch", "onnx-int8"])
def test_a_dump_that_says_everything_three_times_has_the_same_scores_each_time(
    score_dump, exported_bundle, articles, engine
):
    texts = [article["text"] for article in articles[:8]]
    rows = [{"id": n, "text": text.replace(" ", "  ") if n % 3 else text} for n, text in enumerate(texts * 3)]
    outcome = score_dump(rows, model=exported_bundle, engine=engine, cut="none")
    table = outcome.table.drop_columns(["id", "row", "start", "end"])
    first, second, third = (table.slice(start, 8).combine_chunks() for start in (0, 8, 16))
    assert first.equals(second) and first.equals(third)
    assert (outcome.scored.passages_now, outcome.scored.reused) == (24, 16)
    single = score_dump(rows[:8], model=exported_bundle, engine=engine, cut="none", out="single")
    for name in ("stance", "frame", "technique", "truncated"):
        assert single.table[name].to_pylist() == first[name].to_pylist()
    assert single.scored.reused == 0


@pytest.mark.parametrize(("engine", "reused"), [("onnx-int8", 11), ("torch", 9)])
def test_repeats_are_reused_over_the_parts_of_a_run_where_that_is_exact(
    score_dump, exported_bundle, small_parts, engine, reused
):
    rows = [{"id": n, "text": "Kyiv holds."} for n in range(12)]
    outcome = score_dump(rows, model=exported_bundle, engine=engine, part=1)
    assert (outcome.scored.parts, outcome.scored.reused) == (3, reused)
    assert len(set(outcome.table["stance.neutral"].to_pylist())) == 1


class Asked:
    """A classifier whose tasks come in another order than the codebook's, as a network read back from JSON has them."""

    max_tokens = None

    def __init__(self):
        self.texts = []

    def count_tokens(self, texts):
        return np.array([len(text) for text in texts])

    def logits(self, texts, *, tick=None):
        self.texts += texts
        sizes = np.array([len(text) for text in texts], dtype=np.float32)[:, None]
        tasks = {"frame": np.repeat(-sizes, 2, axis=1), "stance": np.repeat(sizes, 3, axis=1)}
        return Logits(tasks=tasks, truncated=sizes[:, 0] > 3, student=sizes[:, 0] < 2)


def test_each_task_and_flag_is_its_own_also_of_repeats():
    asked = Asked()
    repeats = Repeats(asked, heads={"stance": 3, "frame": 2})
    for texts in (["a", "bb", "cccc", "bb"], ["cccc", "a", "ddd"]):
        found, sizes = repeats.logits(texts), np.array([len(text) for text in texts])
        assert found.tasks["stance"].tolist() == [[size] * 3 for size in sizes]
        assert found.tasks["frame"].tolist() == [[-size] * 2 for size in sizes]
        assert found.truncated.tolist() == (sizes > 3).tolist()
        assert found.student.tolist() == (sizes < 2).tolist()
    assert asked.texts == ["a", "bb", "cccc", "ddd"]
    assert repeats.reused == 3
