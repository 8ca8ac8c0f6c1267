"""Repeated passages get the answer of the first, every task its own and every flag with it."""

from __future__ import annotations

import numpy as np

from narrashift.model.classifier import Logits
from narrashift.serving.repeats import Repeats


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
