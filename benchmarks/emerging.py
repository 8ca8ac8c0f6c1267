"""Which distance tells unknown topics, and how soon a planted story is seen.

    narrashift score ../shared/data/ruwa_headlines/ruwa.jsonl.gz --model BUNDLE --out SCORES --keep-text …
    python benchmarks/emerging.py BUNDLE SCORES

`tell`: of pairs of an unknown passage (news on climate, memes, press releases on the pandemic and on sport) and a known
one (labelled passages on the war; the starter corpus's test part), in how many the unknown one lies farther from what
the bundle learned: by the pretrained encoder, by the bundle's own, by words (TF-IDF and latent directions), and by how
improbable every label of the story's task is.

`plant`: passages without a frame of real sources in an order drawn anew, so that nothing in them emerges, a year of 40
a week; passages of a story that is kept out of them take a growing share from a week on (a quarter of it in the first
week, half in the second, all in the fourth). Searched again with every week that comes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from narrashift.model.bundle import Bundle, open_bundle
from narrashift.model.decision import all_probabilities
from narrashift.model.pretrained import PretrainedEncoder
from narrashift.model.reference import Reference, distances, read_reference
from narrashift.serving.shifts.emerging.find import Emerging, find_stories, passage_copies
from narrashift.serving.shifts.emerging.sample import Sample, draw_sample, story_task
from narrashift.serving.shifts.periods import period_of
from narrashift.serving.shifts.scores import open_scores
from narrashift.serving.shifts.settings import ShiftSettings

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
WEEKS, BEGINS, EACH = 52, 30, 40
LEARNED = 500
"""Training passages that distances are taken to."""
LOOKS = 10
"""Weeks after the first in which a planted story is looked for."""
SHARES = (0.05, 0.1, 0.2)
STORIES = {
    "grain exports": r"(?i)\bgrain\b",
    "IAEA mission": r"IAEA|Grossi",
    "annexation": r"(?i)\bannex|referendum",
}
"""Real stories of the headlines, by a word that is in each of them."""
PANDEMIC, SPORT = r"(?i)coronavirus|covid|vaccin|pandemic", r"(?i)olympi|athlet|championship"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def lines(path: Path) -> list[dict]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.splitlines()]


def windows(text: str, *, sentences: int = 4) -> list[str]:
    """Runs of sentences as passages, roughly cut."""
    found = [part for part in re.split(r"\n+|(?<=[.!?])\s+(?=[A-Z])", text) if part.strip()]
    return [" ".join(found[i : i + sentences]) for i in range(0, len(found), sentences)]


def topics(data: Path, *, each: int, rng: np.random.Generator) -> dict[str, list[str]]:
    """Passages on things that the starter corpus does not know, by what they are about."""
    press = [part for row in lines(data / "press_releases" / "press.jsonl.gz") for part in windows(row["text"])]
    climate = [p for r in lines(data / "climate_frames" / "folds.jsonl.gz") for p in windows(r["text"])[1:4]]
    memes = [row["text"].replace("\n", " ") for row in lines(data / "semeval2021_task6" / "train.jsonl.gz")]
    found = {
        "climate": climate,
        "memes": memes,
        "pandemic": [text for text in press if re.search(PANDEMIC, text)],
        "sport": [text for text in press if re.search(SPORT, text)],
    }
    return {name: [texts[i] for i in rng.permutation(len(texts))[:each]] for name, texts in found.items()}


def tell(bundle: Bundle, *, data: Path, each: int, encoder: PretrainedEncoder) -> None:
    """Print the areas under the curve of each distance."""
    rng = np.random.default_rng(0)
    corpus = lines(ROOT / "seeds" / "corpus.jsonl")
    learned = [row["text"] for row in corpus if row["split"] == "train"]
    held = [row["text"] for row in corpus if row["split"] == "test"]
    known = {"war, real": [row["text"] for row in lines(data / "realwar" / "dev.jsonl")], "test part": held}
    known = {name: [texts[i] for i in rng.permutation(len(texts))[:each]] for name, texts in known.items()}
    unknown = topics(data, each=each, rng=rng)
    learned = [learned[i] for i in rng.permutation(len(learned))[:LEARNED]]
    parts = {"learned": learned, **known, **unknown}
    texts = [text for part in parts.values() for text in part]
    ends = np.cumsum([len(part) for part in parts.values()])
    vectors = {
        "pretrained": encoder.vectors(texts),
        "bundle's own": own_vectors(bundle, texts),
        "words": word_vectors(texts),
    }
    told = {name: np.split(distances(found, found[: ends[0]]), ends[:-1])[1:] for name, found in vectors.items()}
    told["improbable"] = np.split(improbable(bundle, texts), ends[:-1])[1:]
    for name, values in told.items():
        of = dict(zip([*known, *unknown], values, strict=True))
        say(f"{name:13s}" + "".join(
            f"  {u} | {k}: {roc_auc_score([0] * len(of[k]) + [1] * len(of[u]), np.concatenate([of[k], of[u]])):.2f}"
            for k in known for u in unknown
        ))  # fmt: skip


def own_vectors(bundle: Bundle, texts: list[str]) -> np.ndarray:
    """By the bundle's fine-tuned encoder."""
    encoder = PretrainedEncoder("minilm-l6")
    encoder.network.load_state_dict(bundle.network().encoder.state_dict(), strict=False)
    return encoder.vectors(texts)


def word_vectors(texts: list[str]) -> np.ndarray:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=r"(?u)\b[^\W\d_]{3,}\b").fit_transform(texts)
    found = TruncatedSVD(200, random_state=0).fit_transform(words)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def improbable(bundle: Bundle, texts: list[str]) -> np.ndarray:
    """1 - the probability of the likeliest label of the story's task."""
    logits = bundle.classifier(device="cpu").logits(texts).tasks
    probs = all_probabilities(logits, codebook=bundle.codebook, decision=bundle.decision)
    task = story_task(bundle.codebook, named=None)
    return 1 - probs[task][:, : len(bundle.codebook.tasks[task].leaves)].max(axis=1)


def drawn_year(
    rows: pl.DataFrame,
    vectors: np.ndarray,
    *,
    story: np.ndarray,
    others: np.ndarray,
    share: float,
    rng: np.random.Generator,
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """A year of the other passages in a new order with the story's in it: rows, vectors, ``(passages,)`` planted.

    Args:
        story, others: ``(passages,)`` bool, which of `rows` are the story's, and which its background's.
    """
    weeks = np.repeat(np.arange(WEEKS), EACH)
    grown = np.clip((weeks - BEGINS + 1) / 4, 0, 1) * share
    planted = rng.random(len(weeks)) < grown
    chosen = np.empty(len(weeks), dtype=int)
    inside, outside = rng.permutation(np.flatnonzero(story)), rng.permutation(np.flatnonzero(others))
    chosen[planted] = inside[np.arange(int(planted.sum())) % len(inside)]
    chosen[~planted] = outside[np.arange(int((~planted).sum())) % len(outside)]
    first = pl.lit("2022-01-03").str.to_date()
    year = rows[chosen].with_columns(
        pl.Series("article", np.arange(len(weeks))), pl.Series("period", weeks.astype(np.int32)),
        (first + pl.duration(days=pl.Series(7 * weeks))).alias("day"),
    )  # fmt: skip
    return year, vectors[chosen], planted


def search(year: pl.DataFrame, vectors: np.ndarray, *, weeks: int, reference: Reference) -> Emerging:
    """What is found in the first weeks of a year."""
    here = (year["period"] < weeks).to_numpy()
    rows = year.filter(pl.Series(here)).with_columns(pl.Series("copy", np.zeros(int(here.sum()), dtype=bool)))
    sources = tuple(sorted(rows["by"].unique()))
    articles = np.zeros((len(sources), weeks), dtype=np.int64)
    np.add.at(articles, (np.searchsorted(sources, rows["by"].to_numpy()), rows["period"].to_numpy()), 1)
    first = int(rows.select(period_of(pl.col("day"), "week").min()).item())
    sample = Sample("frame", rows, sources, articles, np.ones(weeks), len(rows), first)
    return find_stories(
        sample, rows=rows, vectors=vectors[here], percentiles=reference.percentiles(vectors[here]),
        settings=ShiftSettings(passages=200), encoder="",
    )  # fmt: skip


def seen(found: Emerging, planted_ids: set[str]) -> tuple[list[str], int]:
    """Kinds of the stories that are mostly planted, and the number of the others."""
    kinds, false = [], 0
    for story in found.stories:
        if np.mean([passage.id in planted_ids for passage in story.passages]) > 0.5:
            kinds.append(story.kind)
        else:
            false += 1
    return kinds, false


def plant(
    rows: pl.DataFrame, vectors: np.ndarray, stories: dict[str, np.ndarray], *, reference: Reference, years: int
) -> None:
    """Print when each story is seen, and how many are that are none."""
    others = ~np.any(list(stories.values()), axis=0)
    counts = []
    for y in range(2 * years):
        rng = np.random.default_rng([9, y])
        year, own, _ = drawn_year(rows, vectors, story=~others, others=others, share=0.0, rng=rng)
        counts.append(len(search(year, own, weeks=WEEKS, reference=reference).stories))
    sources = rows["by"].n_unique()
    say(f"nothing planted: {counts} stories in years of {sources} sources, {np.mean(counts) / sources:.3f} each")
    for name, story in stories.items():
        for share in SHARES:
            waits, kinds = [], []
            for y in range(years):
                rng = np.random.default_rng([len(name), round(1000 * share), y])
                year, own, planted = drawn_year(rows, vectors, story=story, others=others, share=share, rng=rng)
                ids = set(year.filter(pl.Series(planted))["id"])
                for week in range(BEGINS + 1, BEGINS + LOOKS + 1):
                    told, _ = seen(search(year, own, weeks=week, reference=reference), ids)
                    if told:
                        waits.append(week - BEGINS)
                        kinds += told[:1]
                        break
            unknown = sum(kind == "unknown topic" for kind in kinds)
            say(
                f"{name:12s} {share:6.1%} of passages: seen in {len(waits)} of {years}, in week {sorted(waits)}; "
                f"as an unknown topic in {unknown}"
            )


def main() -> None:
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("bundle", type=Path, help="with reference.parquet")
    own.add_argument("scores", type=Path, help="of ruwa_headlines, with text")
    own.add_argument("--data", type=Path, default=DATA)
    own.add_argument("--each", type=int, default=200, help="passages of each kind in `tell`, and of a story")
    own.add_argument("--years", type=int, default=3, help="of each story and share")
    own.add_argument("--most", type=int, default=4_000, help="passages of the background that are looked at")
    own.add_argument("--only", choices=("tell", "plant"))
    arguments = own.parse_args()
    bundle = open_bundle(arguments.bundle)
    reference = read_reference(bundle.path, bundle=bundle.digest)
    encoder = PretrainedEncoder(reference.encoder)
    if arguments.only != "plant":
        tell(bundle, data=arguments.data, each=arguments.each, encoder=encoder)
    if arguments.only == "tell":
        return
    scores = open_scores([arguments.scores])
    began = time.process_time()
    sample = draw_sample(scores, settings=ShiftSettings(), most=arguments.most)
    sample = replace(sample, rows=sample.rows.filter(~pl.Series(passage_copies(sample.rows["text"].to_list()))))
    foreign = topics(arguments.data, each=arguments.each, rng=np.random.default_rng(1))
    foreign = {"pandemic": foreign["pandemic"]}
    vectors = encoder.vectors([*sample.rows["text"], *(text for texts in foreign.values() for text in texts)])
    cost = (time.process_time() - began) / len(vectors) * 1e5
    say(f"{len(vectors)} passages placed, {cost:,.0f} s of processor time for 100,000")
    rows, stories = with_stories(sample.rows, foreign)
    plant(rows, vectors, stories, reference=reference, years=arguments.years)


def with_stories(rows: pl.DataFrame, foreign: dict[str, list[str]]) -> tuple[pl.DataFrame, dict[str, np.ndarray]]:
    """The background's rows and those of foreign stories behind them; for each story which rows are its own."""
    sources = rows["by"].to_list()
    rng = np.random.default_rng(2)
    more = [
        {**rows.row(0, named=True), "id": f"{name}-{i}", "by": sources[rng.integers(len(sources))], "text": text}
        for name, texts in foreign.items() for i, text in enumerate(texts)
    ]  # fmt: skip
    ids = pl.concat([rows["id"], pl.Series([r["id"] for r in more])])
    stories = {name: ids.str.starts_with(f"{name}-").to_numpy() for name in foreign}
    rest = np.zeros(len(more), dtype=bool)
    known = {name: np.concatenate([rows["text"].str.contains(word).to_numpy(), rest]) for name, word in STORIES.items()}
    return pl.concat([rows, pl.DataFrame(more, schema=rows.schema)]), {**known, **stories}


if __name__ == "__main__":
    main()
