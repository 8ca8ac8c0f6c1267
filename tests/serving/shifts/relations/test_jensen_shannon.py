"""How far apart two distributions are: known values, and what few articles do to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from narrashift.serving.shifts.relations.jensen_shannon import distances, divergence_parts, jensen_shannon


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        ([[0.2, 0.3, 0.5]], [[0.2, 0.3, 0.5]], 0.0),
        ([[1, 0, 0]], [[0, 0.5, 0.5]], 1.0),
        ([[1, 0]], [[0.5, 0.5]], 0.311278),  # h(0.75) − h(0.5) / 2
        ([[1, 0], [0.4, 0.6]], [[0, 1], [0.4, 0.6]], 0.5),  # of two labels one tells all, the other nothing
    ],
)
def test_known_divergences(one, other, bits):
    assert jensen_shannon(np.array(one, float), np.array(other, float)) == pytest.approx(bits, abs=1e-6)


shares = arrays(float, (2, 3), elements=st.floats(0, 1)).filter(lambda a: (a.sum(axis=1) > 0.01).all())


@given(one=shares, other=shares)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_it_is_symmetric_bounded_and_the_sum_of_its_parts(one, other):
    one, other = (each / each.sum(axis=1, keepdims=True) for each in (one, other))
    parts = divergence_parts(one, other)
    assert (parts >= 0).all() and parts.sum() == pytest.approx(jensen_shannon(one, other))
    assert jensen_shannon(one, other) == pytest.approx(jensen_shannon(other, one), abs=1e-12)
    assert 0 <= jensen_shannon(one, other) <= 1 + 1e-9


def drawn(true, articles, *, cells, rng, replicates=200):
    """Estimates and errors of cells of so many articles, each with one label."""
    counts = rng.multinomial(articles, true, size=cells)
    estimates = counts / articles
    smoothed = (counts + 1) / (articles + len(true))
    errors = np.stack([rng.multinomial(articles, own, size=replicates) / articles - own for own in smoothed], axis=1)
    return estimates[:, None], errors[:, :, None]


@pytest.mark.parametrize("articles", [(20, 20), (200, 200), (20, 200)])
@pytest.mark.parametrize("other", [(0.2, 0.3, 0.5), (0.4, 0.3, 0.3)])
def test_intervals_hold_the_truth_and_alike_camps_are_not_apart(articles, other):
    rng = np.random.default_rng(0)
    true = np.array([0.2, 0.3, 0.5]), np.array(other)
    cells = [drawn(shares, number, cells=150, rng=rng) for shares, number in zip(true, articles, strict=True)]
    (one, errors_one), (two, errors_two) = cells
    sizes = tuple(np.full(150, float(n)) for n in articles)
    found = distances(one, two, errors=(errors_one, errors_two), articles=sizes)
    bits = float(jensen_shannon(*(t[None] for t in true)))
    covered = ((found.low <= bits + 1e-9) & (bits <= found.high)).mean()
    assert 0.91 <= covered <= 0.995, covered
    assert (found.low <= found.value).all() and (found.value <= found.high).all()
    plain = jensen_shannon(one, two)
    assert plain.mean() > bits + 0.002  # what the correction is for
    if bits == 0:
        assert np.median(found.value) < 0.15 * plain.mean() and (found.low > 0).mean() < 0.1
    else:
        assert abs(np.median(found.value) - bits) < abs(np.median(plain) - bits) + 0.003
    assert found.parts.sum(axis=(1, 2)) == pytest.approx(found.value, abs=1e-6)
