"""Which articles repeat an earlier one, found among sketches in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .sketches import HASHES, Sketched, similarity

ALIKE = 0.8
"""Estimated Jaccard similarity of shingles from which an article is a copy."""
BAND = 6
"""Hashes that must agree for two articles to be compared: so 99.8 % of the pairs of similarity 0.8 are, 1 % of 0.3."""
BANDS = HASHES // BAND
KEYS = 2**23
"""Keys of bands that are held at a time, 64 MB: of a long run the hashes are read several times."""
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
    join what differs. About 80 bytes an article, and 280 more for one that shares a band with another.
    """
    _, first, inverse = np.unique(sketched.digests, return_index=True, return_inverse=True)
    original = first[inverse]
    distinct = original == np.arange(len(original))
    of, alike = original.copy(), np.ones(len(original), dtype=np.float32)
    candidates = _share_a_band(sketched.hashes, distinct)
    hashes = _rows(sketched.hashes, candidates)
    articles = np.flatnonzero(candidates)
    for copy, leader, value in _near(hashes, _groups(hashes)):
        of[articles[copy]], alike[articles[copy]] = articles[leader], value
    exact = (original != np.arange(len(original))) & (of[original] == original)
    of, alike = of[original], alike[original]
    article = np.flatnonzero(of != np.arange(len(of)))
    return Copies(article=article, of=of[article], similarity=alike[article], exact=exact[article])


def _share_a_band(blocks: Iterable[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """Which articles share a band with another chosen one: ``(articles,)`` bool, like `chosen`."""
    shared = np.zeros(int(chosen.sum()), dtype=bool)
    at_once = max(KEYS // max(len(shared), 1), 1)
    for start in range(0, BANDS, at_once):
        bands = range(start, min(start + at_once, BANDS))
        keys = np.empty((len(bands), len(shared)), dtype=np.uint64)
        done = 0
        for block in _blocks_of(blocks, chosen):
            for row, band in enumerate(bands):
                keys[row, done : done + len(block)] = _keys(block, band)
            done += len(block)
        for own in keys:
            shared |= _several(own)
    found = chosen.copy()
    found[chosen] = shared
    return found


def _blocks_of(blocks: Iterable[np.ndarray], chosen: np.ndarray) -> Iterator[np.ndarray]:
    """The chosen articles' hashes, block after block."""
    start = 0
    for block in blocks:
        yield block[chosen[start : start + len(block)]]
        start += len(block)


def _rows(blocks: Iterable[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """The chosen articles' hashes in one array."""
    return np.concatenate([np.zeros((0, HASHES), dtype=np.uint8), *_blocks_of(blocks, chosen)])


def _keys(hashes: np.ndarray, band: int) -> np.ndarray:
    """A band's hashes as one number each."""
    keys = np.zeros(len(hashes), dtype=np.uint64)
    for column in range(band * BAND, (band + 1) * BAND):
        keys <<= np.uint64(8)
        keys |= hashes[:, column]
    return keys


def _several(keys: np.ndarray) -> np.ndarray:
    """Whose key another one has, too."""
    rising = np.sort(keys)
    twice = rising[1:][rising[1:] == rising[:-1]]
    if not len(twice):
        return np.zeros(len(keys), dtype=bool)
    return twice[np.searchsorted(twice, keys).clip(max=len(twice) - 1)] == keys


def _groups(hashes: np.ndarray) -> np.ndarray:
    """``(candidates, bands)`` int32: the group of each in every band, or -1 where nobody shares it."""
    groups, total = np.full((len(hashes), BANDS), -1, dtype=np.int32), 0
    for band in range(BANDS):
        _, inverse, counts = np.unique(_keys(hashes, band), return_inverse=True, return_counts=True)
        several = counts > 1
        numbers = np.where(several, np.cumsum(several) - 1 + total, -1)
        groups[:, band] = numbers[inverse]
        total += int(several.sum())
    return groups


def _near(hashes: np.ndarray, groups: np.ndarray) -> list[tuple[int, int, float]]:
    """(copy, original, similarity): each candidate against the originals before it that share a group.

    Groups are chains: `latest[group]` is their last original, `before[original, band]` the one before it.
    """
    latest = np.full(int(groups.max(initial=-1)) + 1, -1, dtype=np.int32)
    before = np.full(groups.shape, -1, dtype=np.int32)
    found = []
    for number, own in enumerate(groups):
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
            values = similarity(hashes[earlier], hashes[number])
            best = int(values.argmax())
            if values[best] >= ALIKE:
                found.append((number, int(earlier[best]), float(values[best])))
                continue
        before[number, bands] = links
        latest[own[bands]] = number
    return found
