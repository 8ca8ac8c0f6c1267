"""Which articles repeat an earlier one, found among sketches in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .sketches import HASHES, Sketched, similarity

ALIKE = 0.8
"""Estimated Jaccard similarity of shingles from which an article is a copy."""
BAND = 6
"""Hashes that must agree for two articles to be compared: so 99.8 % of the pairs of similarity 0.8 are, 1 % of 0.3."""
BANDS = HASHES // BAND
LATEST = 64
"""Originals that share a band with an article and are compared with it, the latest ones, at most."""


@dataclass(frozen=True)
class Copies:
    """Articles that repeat an earlier one, by their number in the run.

    Attributes:
        article: ``(copies,)``, rising.
        of: ``(copies,)``, the first article of the group, which itself is no copy.
        similarity: ``(copies,)`` float32, to that article; 1 where the words are the same.
        exact: ``(copies,)`` bool, the same words in the same order.
    """

    article: np.ndarray
    of: np.ndarray
    similarity: np.ndarray
    exact: np.ndarray


def find_copies(sketched: Sketched) -> Copies:
    """Every copy with its original, in the order of the articles, so that the first is the original.

    Sketches that agree in a band of hashes are compared (locality-sensitive hashing, Indyk & Motwani 1998); an article
    is a near-copy of the most similar original before it, and never of a copy, so that chains of small changes do not
    join what differs. About 250 bytes an article, 130 of them its sketch.
    """
    _, first, inverse = np.unique(sketched.digests, return_index=True, return_inverse=True)
    original = first[inverse]
    distinct = np.sort(first)
    of, alike = original.copy(), np.ones(len(original), dtype=np.float32)
    candidates, groups = _share_a_band(sketched.hashes, distinct)
    for copy, leader, value in _near(sketched.hashes, candidates, groups):
        of[copy], alike[copy] = leader, value
    exact = (original != np.arange(len(original))) & (of[original] == original)
    of, alike = of[original], alike[original]
    article = np.flatnonzero(of != np.arange(len(of)))
    return Copies(article=article, of=of[article], similarity=alike[article], exact=exact[article])


def _share_a_band(hashes: np.ndarray, distinct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Articles that share a band with another, and ``(candidates, bands)`` the group of each in every band, or -1."""
    shared = np.zeros(len(distinct), dtype=bool)
    for band in range(BANDS):
        _, inverse, counts = np.unique(_keys(hashes, distinct, band), return_inverse=True, return_counts=True)
        shared |= counts[inverse] > 1
    candidates = distinct[shared]
    groups, total = np.full((len(candidates), BANDS), -1, dtype=np.int32), 0
    for band in range(BANDS):
        _, inverse, counts = np.unique(_keys(hashes, candidates, band), return_inverse=True, return_counts=True)
        several = counts > 1
        numbers = np.where(several, np.cumsum(several) - 1 + total, -1)
        groups[:, band] = numbers[inverse]
        total += int(several.sum())
    return candidates, groups


def _keys(hashes: np.ndarray, chosen: np.ndarray, band: int) -> np.ndarray:
    """A band's hashes as one number each."""
    keys = np.zeros(len(chosen), dtype=np.uint64)
    for column in range(band * BAND, (band + 1) * BAND):
        keys <<= np.uint64(8)
        keys |= hashes[chosen, column]
    return keys


def _near(hashes: np.ndarray, candidates: np.ndarray, groups: np.ndarray) -> list[tuple[int, int, float]]:
    """(copy, original, similarity): each candidate against the originals before it that share a group.

    Groups are chains: `latest[group]` is their last original, `before[original, band]` the one before it.
    """
    latest = np.full(int(groups.max(initial=-1)) + 1, -1, dtype=np.int32)
    before = np.full(groups.shape, -1, dtype=np.int32)
    found = []
    for number, article in enumerate(candidates):
        own = groups[number]
        bands = np.flatnonzero(own >= 0)
        links = latest[own[bands]]
        alive = links >= 0
        originals: set[int] = set()
        walked, walking = bands[alive], links[alive]
        while len(walking) and len(originals) < LATEST:
            originals.update(walking.tolist())
            walking = before[walking, walked]
            alive = walking >= 0
            walking, walked = walking[alive], walked[alive]
        if originals:
            earlier = np.array(sorted(originals))
            values = similarity(hashes[candidates[earlier]], hashes[article])
            best = int(values.argmax())
            if values[best] >= ALIKE:
                found.append((int(article), int(candidates[earlier[best]]), float(values[best])))
                continue
        before[number, bands] = links
        latest[own[bands]] = number
    return found
