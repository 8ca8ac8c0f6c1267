"""Find stories that no label knows: draw unexplained passages, cluster them, test which clusters grew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from ....model.bundle import open_bundle
from ....model.errors import UserError
from ....model.pretrained import PretrainedEncoder
from ....model.progress import Progress, silent
from ....model.reference import PROBE, Reference, read_reference
from ...near_copies import find_copies
from ...sketches import DIGEST, Sketched, sketch
from ..periods import first_day
from ..scores import Scores, open_scores
from ..settings import ShiftSettings
from ..showing.typical import Passage
from ..showing.words import Word
from .clusters import NEAR, centroids, find_clusters
from .describe import Carrier, carriers, cluster_words, shown_passages
from .growth import Growth, find_growth
from .sample import Sample, draw_sample, need_text, story_task

FAR = 0.5
"""A cluster's topic is unknown if its passages lie, on average, beyond this share of held-out passages."""
TIMES = 3.0
"""What it must have grown by: less is a story that was there before."""
LEAST_ARTICLES = 5
"""Articles in the stretch that it grew in; near-copies count once."""


MOST_STORIES = 50
Kind = Literal["unknown topic", "familiar topic"]


@dataclass(frozen=True)
class Story:
    """A cluster of unexplained passages that grew.

    Attributes:
        id: names it within its run.
        kind: whether the bundle learned from passages about anything near it.
        distance: mean share of held-out passages that are nearer to what the bundle learned, 0..1.
        articles: without near-copies; `copies` are those.
        lasts: whether the stretch goes on to the end of the run.
        series: `period` (its first day), `articles`, `of`, `share`, `low`, `high`.
    """

    id: str
    kind: Kind
    words: tuple[Word, ...]
    passages: tuple[Passage, ...]
    sources: tuple[Carrier, ...]
    first_seen: date
    begins: date
    ends: date
    lasts: bool
    distance: float
    articles: int
    copies: int
    growth: Growth
    series: pl.DataFrame


@dataclass(frozen=True)
class Emerging:
    """What was looked at, and the stories found in it: unknown topics first, of each kind the surest first.

    Attributes:
        unexplained, looked_at: passages without a label of the task, and those of them that were drawn.
        clusters: all of them; `unknown`: those far from what the bundle learned; `grown`: those that are stories, of
            which 50 are kept.
    """

    task: str
    encoder: str
    unexplained: int
    looked_at: int
    clusters: int
    unknown: int
    grown: int
    stories: tuple[Story, ...]


@dataclass(frozen=True)
class Search:
    """A search that can be done: text, reference and backbone are there and fit together."""

    scores: Scores
    settings: ShiftSettings
    reference: Reference
    encoder: PretrainedEncoder

    def stories(self, *, progress: Progress = silent) -> Emerging:
        """Stories that grew among the passages that the codebook does not explain."""
        return _search(self, progress=progress)


def open_search(folders: Sequence[Path], *, bundle: Path | str, settings: ShiftSettings) -> Search:
    """Look whether stories without a label can be looked for, before anything else is done.

    Args:
        bundle: the one that scored, for what it learned.

    Raises:
        UserError: no scores, scores without text or of another bundle, a bundle without a reference, another backbone.
    """
    scores, opened = open_scores(folders), open_bundle(bundle)
    need_text(scores)
    story_task(scores.codebook, named=settings.story)
    if opened.digest != scores.model["bundle"]:
        raise UserError(
            f"{bundle}: is bundle {opened.digest}, the scores are of {scores.model['bundle']}. Name that one"
        )
    reference = read_reference(opened.path, bundle=opened.digest)
    encoder = PretrainedEncoder(settings.backbone or reference.encoder)
    if not reference.made_by(encoder.vectors([PROBE])[0]):
        raise UserError(
            f"backbone {settings.backbone or reference.encoder}: not the one that {bundle} was trained from. "
            "Name its folder with --set backbone=FOLDER"
        )
    return Search(scores, settings, reference, encoder)


def _search(search: Search, *, progress: Progress) -> Emerging:
    progress("reading unexplained passages", 0, 0)
    sample = draw_sample(search.scores, settings=search.settings)
    rows = sample.rows.with_columns(pl.Series("copy", passage_copies(sample.rows["text"].to_list()), dtype=pl.Boolean))
    done = 0

    def tick(many: int) -> None:
        nonlocal done
        done += many
        progress("placing unexplained passages", done, len(rows))

    vectors = search.encoder.vectors(rows["text"].to_list(), tick=tick)
    progress("clustering", 0, 0)
    return find_stories(
        sample, rows=rows, vectors=vectors, percentiles=search.reference.percentiles(vectors),
        settings=search.settings, encoder=search.reference.encoder,
    )  # fmt: skip


def find_stories(
    sample: Sample,
    *,
    rows: pl.DataFrame,
    vectors: np.ndarray,
    percentiles: np.ndarray,
    settings: ShiftSettings,
    encoder: str,
) -> Emerging:
    """Cluster passages and keep the clusters that are unknown and grew.

    Args:
        rows: the sample's, with `copy`.
        vectors: ``(passages, dimensions)`` of length 1.
        percentiles: ``(passages,)``, how far each is from what the bundle learned, among held-out passages.
    """
    cluster = np.full(len(rows), -1)
    own = ~rows["copy"].to_numpy()
    cluster[own] = find_clusters(vectors[own])
    middles = centroids(vectors, cluster)
    closeness = np.zeros(len(rows))
    if len(middles):
        alike = vectors @ middles.T
        nearest = alike.argmax(axis=1)
        cluster = np.where(~own & (alike.max(axis=1) >= NEAR), nearest, cluster)
        closeness = np.where(cluster >= 0, alike[np.arange(len(rows)), np.maximum(cluster, 0)], 0.0)
    rows = rows.with_columns(
        pl.Series("cluster", cluster), pl.Series("closeness", closeness), pl.Series("distance", percentiles)
    )
    distance = np.array([percentiles[own & (cluster == number)].mean() for number in range(len(middles))])
    counts, expected = _counted(rows, sample=sample, clusters=len(middles))
    found = find_growth(counts, expected, seed=settings.seed)
    grown = [(number, growth) for number, growth in enumerate(found) if growth and _is_story(growth, settings=settings)]
    grown.sort(key=lambda one: (distance[one[0]] < FAR, one[1].q_value, one[1].p_value, one[0]))
    kept = grown[:MOST_STORIES]
    words = cluster_words(rows.filter(~pl.col("copy")), clusters=[number for number, _ in kept], most=settings.words)
    stories = tuple(
        _story(
            f"e{place:03d}", rows=rows.filter(pl.col("cluster") == number), words=words[number], growth=growth,
            counts=counts[number], sample=sample, settings=settings,
        )
        for place, (number, growth) in enumerate(kept, start=1)
    )  # fmt: skip
    return Emerging(
        sample.task, encoder, sample.unexplained, len(rows), len(middles), int((distance >= FAR).sum()), len(grown),
        stories,
    )  # fmt: skip


def _is_story(growth: Growth, *, settings: ShiftSettings) -> bool:
    sure = growth.q_value <= settings.false_discoveries
    return sure and growth.times >= TIMES and growth.within >= LEAST_ARTICLES


def passage_copies(texts: list[str]) -> np.ndarray:
    """Which passages repeat an earlier one, ``(passages,)`` bool."""
    found = np.zeros(len(texts), dtype=bool)
    if texts:
        raw = np.frombuffer(b"".join(map(sketch, texts)), dtype=np.uint8).reshape(len(texts), -1)
        digests = np.ascontiguousarray(raw[:, :DIGEST]).view("<u8")[:, 0]
        found[find_copies(Sketched(digests=digests, hashes=[raw[:, DIGEST:]])).article] = True
    return found


def _counted(rows: pl.DataFrame, *, sample: Sample, clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """Articles of each cluster and period, and those to be expected if each source had told of it always alike."""
    looked_at = sample.articles * sample.kept
    rate = looked_at / np.maximum(looked_at.sum(axis=1, keepdims=True), 1e-9)
    counts = np.zeros((clusters, looked_at.shape[1]))
    expected = np.zeros_like(counts)
    places = {name: row for row, name in enumerate(sample.sources)}
    articles = rows.filter(~pl.col("copy")).unique(["cluster", "article"], maintain_order=True)
    by_cluster = articles.partition_by("cluster", as_dict=True)
    for row in range(clusters):
        own = by_cluster[(row,)]
        np.add.at(counts[row], own["period"].to_numpy(), 1)
        for name, many in own.group_by("by").len().iter_rows():
            expected[row] += many * rate[places[name]]
    return counts, expected


def _story(
    name: str,
    *,
    rows: pl.DataFrame,
    words: tuple[Word, ...],
    growth: Growth,
    counts: np.ndarray,
    sample: Sample,
    settings: ShiftSettings,
) -> Story:
    begins, ends = (first_day(sample.first + period, settings.every) for period in (growth.begins, growth.ends))
    own = rows.filter(~pl.col("copy"))
    distance = float(own["distance"].mean())  # type: ignore[arg-type]
    return Story(
        id=name,
        kind="unknown topic" if distance >= FAR else "familiar topic",
        words=words,
        passages=tuple(shown_passages(own, begins=begins, ends=ends, most=settings.passages)),
        sources=carriers(rows),
        first_seen=rows["day"].min(),  # type: ignore[arg-type]
        begins=begins,
        ends=ends,
        lasts=growth.ends == len(counts),
        distance=distance,
        articles=own["article"].n_unique(),
        copies=rows["article"].n_unique() - own["article"].n_unique(),
        growth=growth,
        series=_series(counts, of=(sample.articles * sample.kept).sum(axis=0), sample=sample, settings=settings),
    )


def _series(counts: np.ndarray, *, of: np.ndarray, sample: Sample, settings: ShiftSettings) -> pl.DataFrame:
    """A row a period with an article: the share of all articles with its 95 % Wilson interval (1927)."""
    held = np.flatnonzero(of > 0)
    number, told, z = of[held], counts[held], 1.96
    number = np.maximum(number, told)
    share = told / number
    middle = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z / (1 + z**2 / number) * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2))
    return pl.DataFrame(
        {
            "period": [first_day(sample.first + int(period), settings.every) for period in held],
            "articles": told.astype(np.int32),
            "of": number.round(1).astype(np.float32),
            "share": share.astype(np.float32),
            "low": np.clip(middle - half, 0, 1).astype(np.float32),
            "high": np.clip(middle + half, 0, 1).astype(np.float32),
        },
        schema_overrides={"period": pl.Date},
    )
