"""Who moves together and who is first: sources whose story is known."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.relations import lead as module
from narrashift.serving.shifts.relations.lead import FEWEST, Told, find_leads


def told(level, *, articles=60, seed=0, **options):
    """A label whose logit sways by this level, ``(sources, weeks)``; and the articles."""
    rng = np.random.default_rng([seed, 1])
    volume = rng.poisson(articles, size=level.shape) + 1
    shares = 1 / (1 + np.exp(1 - 0.7 * level))
    return Told("frame", "gains", rng.binomial(volume, shares).astype(float), np.full(len(level), 0.08)), volume * 1.0


def leads(level, **options):
    one, articles = told(level, **options)
    names = [f"s{k:02d}" for k in range(len(level))]
    return find_leads([one], articles=articles, names=names, every="week", false_discoveries=0.1, seed=0)


def test_a_source_that_repeats_another_two_weeks_later_is_found_and_the_first_is_named():
    level = np.random.default_rng(0).normal(size=(6, 102))
    level[1, 2:] = level[4, :-2]
    best, second = leads(level[:, 2:]).table.head(2).to_dicts()
    assert (best["ahead"], best["behind"], best["lag"], best["first"]) == ("s04", "s01", 2, "s04")
    assert best["q_value"] < 0.001 and best["lag_low"] > 0 and best["association"] > 0.5
    assert second["q_value"] > 0.1 and second["first"] is None


def test_sources_that_move_in_the_same_week_have_no_first():
    level = np.random.default_rng(1).normal(size=(4, 80))
    level[1] = level[0]
    best = leads(level).table.row(0, named=True)
    assert {best["ahead"], best["behind"]} == {"s00", "s01"} and best["lag"] == 0 and best["first"] is None


@pytest.mark.parametrize("kind", ["lasting", "trend", "new level", "volumes"])
def test_sources_on_their_own_are_associated_no_more_often_than_chance_has_it(kind):
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        level = rng.normal(size=(10, 130))
        for week in range(1, 130):
            level[:, week] = 0.5 * level[:, week - 1] + 0.87 * level[:, week]
        level = level[:, 50:]
        if kind == "trend":
            level = level + np.linspace(-2, 2, 80)
        if kind == "new level":
            level = level + 2.0 * (np.arange(80) >= 40)  # the same week in all
        articles = np.where((np.arange(80) > 20) & (np.arange(80) < 35), 600, 20) if kind == "volumes" else 60
        found.append(leads(level, articles=articles, seed=seed).table["p_value"].to_numpy())
    p_values = np.concatenate(found)
    assert 0.01 <= (p_values <= 0.05).mean() <= 0.11 and (p_values <= 0.001).sum() <= 3


def test_pairs_without_data_enough_are_told_apart_and_not_tested():
    level = np.random.default_rng(0).normal(size=(4, FEWEST + 10))
    one, articles = told(level)
    articles[3, : FEWEST // 2 + 5] = one.sums[3, : FEWEST // 2 + 5] = 0
    never = Told("frame", "rare", np.zeros_like(one.sums), one.spread)
    found = find_leads([one, never], articles=articles, names="abcd", every="week", false_discoveries=0.1, seed=0)
    assert (found.tests, found.short) == (3, 9) and "d" not in set(found.table["ahead"]) | set(found.table["behind"])


def test_of_too_many_pairs_those_with_the_most_evidence_are_tested_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 5)
    monkeypatch.setattr(module, "MOST_SOURCES", 8)
    level = np.random.default_rng(0).normal(size=(9, 60))
    level[7] = level[2]
    found = leads(level)
    assert (len(found.table), found.tests, found.sources, found.left_out) == (5, 28, 8, 1)
    assert {found.table["ahead"][0], found.table["behind"][0]} == {"s02", "s07"}
    assert found.table["q_value"][0] == pytest.approx(28 * found.table["p_value"][0])
