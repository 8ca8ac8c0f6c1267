"""The lexical head: what it counts, and that padding and company change nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from narrashift.model.lexical import LexicalHead
from narrashift.model.tokens import pad

HEADS = {"stance": 3, "frame": 2}


@pytest.fixture(scope="module")
def head():
    made = LexicalHead(buckets=512, heads=HEADS)
    torch.manual_seed(0)
    made.table.copy_(torch.rand(512, 6) + 0.1)
    made.bias.copy_(torch.rand(5))
    return made


def logits(head, rows):
    padded, mask = map(torch.from_numpy, pad([np.array(row) for row in rows], pad_id=0))
    return torch.cat(list(head(padded, mask).values()), dim=1)


def test_the_order_of_the_tasks_does_not_matter(head):
    """A configuration that was read from JSON names them in another order."""
    other = LexicalHead(buckets=512, heads=dict(reversed(HEADS.items())))
    other.load_state_dict(head.state_dict())
    row = torch.tensor([[3, 4, 5]])
    mine, its = head(row, torch.ones_like(row)), other(row, torch.ones_like(row))
    assert all(torch.equal(mine[task], its[task]) for task in HEADS)


def test_every_task_has_its_leaves(head):
    padded, mask = torch.ones(4, 7, dtype=torch.long), torch.ones(4, 7, dtype=torch.long)
    assert {task: tuple(values.shape) for task, values in head(padded, mask).items()} == {
        "stance": (4, 3),
        "frame": (4, 2),
    }


@given(st.lists(st.lists(st.integers(0, 250_000), min_size=1, max_size=12), min_size=1, max_size=5))
def test_a_passage_has_the_same_logits_alone_and_in_company(head, rows):
    together = logits(head, rows)
    alone = torch.cat([logits(head, [row]) for row in rows])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_logits_are_a_normalised_sum_over_tokens_and_pairs(head):
    row = [5, 9, 5]
    buckets, counts = head.features(torch.tensor([row]), torch.ones(1, 3, dtype=torch.long))
    assert counts.tolist() == [[1] * 5]
    table = head.table[buckets[0]]
    expected = (table[:, :1] * table[:, 1:]).sum(0) / table[:, 0].square().sum().sqrt() + head.bias
    assert torch.allclose(logits(head, [row])[0], expected, atol=1e-6)
    assert buckets[0, 0] == buckets[0, 2]


def test_the_order_of_two_words_matters(head):
    assert not torch.allclose(logits(head, [[5, 9]]), logits(head, [[9, 5]]))


def test_buckets_are_spread(head):
    ids = torch.randperm(511, generator=torch.Generator().manual_seed(0)).unsqueeze(0)
    buckets, _ = head.features(ids, torch.ones_like(ids))
    assert len(set(buckets[0, :511].tolist())) == 511, "single tokens below the number of buckets do not collide"
    assert len(set(buckets[0, 511:].tolist())) > 280, "pairs collide no more often than at random (63 % of 512 = 323)"


def test_nothing_in_it_has_a_gradient(head):
    assert not any(parameter.requires_grad for parameter in head.parameters())


def test_it_is_silent_where_the_words_are_not_those_that_it_learnt_from(head):
    """Enough is 0.8: 8 of 10 known tokens are heard in full, 4 not at all, and 6 by half."""
    gated = LexicalHead(buckets=512, heads=HEADS, vocabulary=100)
    gated.table.copy_(head.table)
    gated.bias.copy_(head.bias)
    gated.known[:50] = 1 / 0.8
    gated.silence.copy_(torch.arange(5.0))
    rows = {known: [*range(known), *range(60, 70 - known)] for known in (10, 8, 6, 4, 0)}
    for known, voice in ((10, 1), (8, 1), (6, 0.5), (4, 0), (0, 0)):
        expected = voice * logits(head, [rows[known]]) + (1 - voice) * gated.silence
        torch.testing.assert_close(logits(gated, [rows[known]]), expected)
    together = logits(gated, [*rows.values(), list(range(30))])[: len(rows)]
    torch.testing.assert_close(together, torch.cat([logits(gated, [row]) for row in rows.values()]))


def test_shares_are_those_of_the_voice(head):
    gated = LexicalHead(buckets=512, heads=HEADS, vocabulary=100)
    gated.table.copy_(head.table)
    gated.bias.copy_(head.bias)
    gated.known[:50] = 1 / 0.8
    row = torch.tensor([*range(6), *range(60, 64)])
    whole = torch.cat([own.sum(0) for own in gated.shares(row).values()]) + 0.5 * head.bias
    torch.testing.assert_close(whole, logits(gated, [row.tolist()])[0])
