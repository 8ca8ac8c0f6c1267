"""A folder with every format, packed in every way, and with what is broken or hostile: one run over all of it."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter

import pytest

from narrashift.serving.settings import ScoreSettings

from ..rows.conftest import TEXTS, VALID, packed


@pytest.fixture
def dump(tmp_path):
    folder = tmp_path / "dump"
    for way in ("", ".gz", ".zst", ".zip"):
        inside = folder / f"as{way}"
        inside.mkdir(parents=True)
        for name, content in VALID.items():
            called, whole = packed(name, content, way)
            (inside / (f"{name}.zip" if way == ".zip" else called)).write_bytes(whole)
    return folder


def test_one_run_over_every_format_gives_the_same_texts(score_dump, dump):
    outcome = score_dump(dump, cut="none", carry={})
    ends = Counter(row["end"] for row in outcome.rows)
    both, first = 9 * 4, 2 * 4  # formats and ways; pages and plain text hold the first text alone
    assert ends == Counter({len(TEXTS[0]): both + first, len(TEXTS[1]): both})
    assert outcome.refused == []
    run = json.loads((outcome.folder / "run.json").read_text("utf-8"))
    assert len(run["input"]) == len(VALID) * 4
    assert len({entry["name"] for entry in run["input"]}) == len(VALID) * 4


def test_what_is_broken_or_hostile_ends_in_the_errors_and_stops_nothing(score_dump, dump, monkeypatch):
    monkeypatch.setattr("narrashift.rows.bounds.RATIO_FROM", 1 << 20)
    for path in [p for p in dump.rglob("*") if p.is_file()]:
        content = path.read_bytes()
        (path.parent / f"cut-{path.name}").write_bytes(content[: len(content) // 3])
    (dump / "bomb.csv.gz").write_bytes(gzip.compress(b"text\n" + b"," * (8 << 20)))
    (dump / "zeros.jsonl").write_bytes(bytes(1_000))
    (dump / "surrogate.jsonl").write_bytes(b'{"text": "half \\ud83d"}\n')
    (dump / "deep.jsonl").write_bytes(b'{"text": ' + b"[" * 100_000 + b"\n")
    (dump / "gone.jsonl").symlink_to(dump / "nowhere")
    (dump / "circle").symlink_to(dump)
    with zipfile.ZipFile(dump / "climbs.zip", "w") as archive:
        archive.writestr("../../up.jsonl", '{"text": "Up."}\n')
    outcome = score_dump(dump, cut="none", carry={}, id=None)
    counts = outcome.scored.counts
    assert counts.rows == counts.articles + counts.refused
    assert counts.articles >= 80
    reasons = {row["file"]: row["reason"] for row in outcome.refused}
    for name, reason in {
        "bomb.csv.gz": "a decompression bomb", "zeros.jsonl": "broken JSON", "surrogate.jsonl": "lone surrogate",
        "deep.jsonl": "broken JSON", "gone.jsonl": "No such file", "cut-a.parquet": "not a readable Parquet file",
        "cut-a.jsonl.gz": "the gzip data end early", "cut-a.jsonl.zst": "the zstd data end early",
        "cut-a.csv.zip": "not a readable zip file", "cut-a.warc": "broken WARC",
        "cut-a.json": "broken JSON", "cut-a.arrow": "not a readable Arrow file",
    }.items():  # fmt: skip
        assert reason in reasons[name], name
    assert not (dump.parent / "up.jsonl").exists()


def test_rows_without_text_are_all_set_aside_a_part_at_a_time(score_dump, tmp_path):
    """In small what a million of them would be; part by part, so that memory does not grow."""
    with (tmp_path / "empty.jsonl").open("wb") as file:
        file.write(b'{"id": 0, "text": "Kyiv holds."}\n' + b'{"id": 1, "text": ""}\n' * 20_000)
    outcome = score_dump(tmp_path / "empty.jsonl", part=500)
    assert (outcome.scored.counts.articles, outcome.scored.counts.refused) == (1, 20_000)
    assert outcome.scored.parts == 10


def test_encodings_are_detected_and_recorded(score_dump, tmp_path):
    for page in ("cp1251", "koi8-u", "utf-8", "utf-16"):
        (tmp_path / f"{page}.csv").write_bytes(f"id,text\n{page},{TEXTS[1].replace(',', '')}\n".encode(page))
    outcome = score_dump(*(tmp_path / f"{page}.csv" for page in ("cp1251", "koi8-u", "utf-8", "utf-16")), cut="none")
    assert len({row["end"] for row in outcome.rows}) == 1
    run = json.loads((outcome.folder / "run.json").read_text("utf-8"))
    assert [entry["encoding"] for entry in run["input"]] == ["cp1251", "koi8-u", "utf-8", "utf-16"]
    assert ScoreSettings().encoding == "auto"
