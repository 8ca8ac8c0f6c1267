"""The demo's timeline: dated articles of invented sources, one of which changes its story in a known week."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from ...training.data.corpus import Corpus

WEEKS, TURN = 40, 24
"""Weeks of the timeline, and the one from which the source tells the other story, counted from 0."""
EACH, STORY = 8, 5
"""Articles a source publishes a week, and how many of the turning one's tell the story; its others are neutral."""
BEGIN = date(2024, 1, 1)
TURNED = BEGIN + timedelta(weeks=TURN)
TURNING, UKRAINIAN, NEUTRAL = "Herald (simulated)", "Courier (simulated)", "Wire (simulated)"
SAID = (
    "simulated: sources and dates are invented. The articles are held-out passages of the starter corpus, dealt out "
    f"anew once all were used. Of {EACH} articles a week, {STORY} of {TURNING} take Russia's side: until the week of "
    f"{TURNED} they tell of Russian gains, from then on of Russian losses. The other two sources do not change. "
    "Shares are corrected by the model's answers on the same held-out passages; on a real dump the correction is "
    "less exact"
)
"""Stands on the page and in `shifts.json`."""


def write_timeline(corpus: Corpus, path: Path, *, seed: int = 0) -> Path:
    """Write three sources' articles, a passage each, as JSONL: `id`, `source`, `date`, `text`.

    Only passages of the corpus's test part are drawn: the model has not seen them.
    """
    rng = random.Random(seed)
    gains = _dealt(_pool(corpus, "pro_russia", has="gains_russia", lacks="losses_russia"), rng)
    losses = _dealt(_pool(corpus, "pro_russia", has="losses_russia", lacks="gains_russia"), rng)
    plain = _dealt(_pool(corpus, "neutral", unframed=True), rng)
    steady = {
        UKRAINIAN: _dealt(_pool(corpus, "pro_ukraine"), rng),
        NEUTRAL: _dealt(_pool(corpus, "neutral"), rng),
    }
    with path.open("w", encoding="utf-8") as file:
        for week in range(WEEKS):
            story = gains if week < TURN else losses
            told = {TURNING: [next(story if number < STORY else plain) for number in range(EACH)]}
            told |= {source: [next(passages) for _ in range(EACH)] for source, passages in steady.items()}
            for source, texts in told.items():
                for number, text in enumerate(texts, start=1):
                    day = BEGIN + timedelta(weeks=week, days=rng.randrange(7))
                    identity = f"{source.split()[0].lower()}-{week + 1}-{number}"
                    row = {"id": identity, "source": source, "date": day.isoformat(), "text": text}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _pool(
    corpus: Corpus, stance: str, *, has: str | None = None, lacks: str | None = None, unframed: bool = False
) -> list[str]:
    """Test passages of a stance, with one frame and without another, or without any."""
    tasks = corpus.codebook.tasks
    wanted, frames = tasks["stance"].leaves.index(stance), tasks["frame"].leaves
    found = []
    for text, split, side, on in zip(
        corpus.texts, corpus.column("split"), corpus.targets["stance"], corpus.targets["frame"], strict=True
    ):
        told = {name for name, present in zip(frames, on, strict=True) if present > 0}
        fits = (has is None or has in told) and lacks not in told and not (unframed and told)
        if split == "test" and side == wanted and fits:
            found.append(text)
    return found


def _dealt(texts: Sequence[str], rng: random.Random) -> Iterator[str]:
    """All of them in any order, then all again: none comes twice before each came once."""
    while texts:
        yield from rng.sample(texts, len(texts))
