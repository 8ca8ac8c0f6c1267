"""Coverage-guided fuzzing of what reads labelled data, with atheris (libFuzzer).

    python benchmarks/fuzz_labels.py import --seconds 120
    python benchmarks/fuzz_labels.py corpus --seconds 120

`import` is what `narrashift data import` does with the files of any layout, `corpus` what `narrashift data check`
does with a corpus. Neither may raise anything but a `UserError` or stay half-written; what an import writes must be
read again as the same corpus, and every line of a refusal must have words. A finding is written to the current
folder as `crash-…` and ends the run with a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["narrashift.rows", "narrashift.training.data", "json", "csv"]):
    import json.decoder
    import json.scanner

    from narrashift.model.codebook import read_codebook
    from narrashift.model.errors import UserError
    from narrashift.rows import bounds
    from narrashift.training.data.checking.check import check_material
    from narrashift.training.data.checking.material import of_corpus
    from narrashift.training.data.corpus import read_corpus
    from narrashift.training.data.layouts import LAYOUTS, import_labels

SCRATCH = Path(tempfile.mkdtemp(prefix="fuzz-labels-"))
BOOK = read_codebook()
ENCODINGS = ("utf-8", "auto", "utf-16", "cp1251")
NAMES = {
    "label-studio": ("export.json", "export.csv"),
    "doccano": ("all.jsonl",),
    "columns": ("labels.csv", "labels.tsv"),
    "datasets": ("train.jsonl",),
    "semeval2020-task11": ("train-task2-TC.labels", "train-articles/article7.txt", "article7.task1-SI.labels"),
    "semeval2021-task6": ("training_set_task2.txt",),
    "semeval2023-task3": ("en/train-labels-subtask-3.txt", "en/train-articles-subtask-3/article7.txt"),
    "semeval2025-task10": ("EN/subtask-2-annotations.txt", "EN/EN_UA_7.txt"),
    "unlp2025": ("train.csv", "train.json"),
}
BESIDE = {
    "semeval2020-task11": {
        "train-articles/article7.txt": "One line\nAnd two\n",
        "train-task2-TC.labels": "7\tDoubt\t0\t3\n",
    },
    "semeval2023-task3": {
        "en/train-articles-subtask-3/article7.txt": "One line\nAnd two\n",
        "en/train-labels-subtask-3.txt": "7\t1\tDoubt\n",
    },
    "semeval2025-task10": {"EN/EN_UA_7.txt": "One line", "EN/subtask-2-annotations.txt": "EN_UA_7.txt\tA\tA: b\n"},
}
UNITS = (None, None, "line", "sentence", "paragraph", "article")


def main() -> None:
    """Fuzz for some time from small valid files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=("import", "corpus"))
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    bounds.LONGEST_LINE = 2_000
    os.fsync = lambda descriptor: None  # waiting for the disk finds nothing
    corpus = SCRATCH / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number:03d}").write_bytes(seed)
    limits = ["-max_len=2048", "-rss_limit_mb=2048", "-timeout=20", "-print_final_stats=1"]
    arguments = [sys.argv[0], str(corpus), f"-max_total_time={options.seconds}", f"-seed={options.seed}", *limits]
    atheris.Setup(arguments, import_files if options.target == "import" else check_corpus)
    atheris.Fuzz()


def import_files(data: bytes) -> None:
    """Import a file. The first four bytes choose layout, file, encoding and options."""
    if len(data) < 4:
        return
    layout = list(LAYOUTS)[data[0] % len(LAYOUTS)]
    name, encoding = NAMES[layout][data[1] % len(NAMES[layout])], ENCODINGS[data[2] % len(ENCODINGS)]
    folder, out, book = SCRATCH / "in", SCRATCH / "out.jsonl", SCRATCH / "made.toml"
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in ({name: ""} | BESIDE.get(layout, {})).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, "utf-8")
    (folder / name).write_bytes(data[4:])
    made = bool(data[3] & 1)
    try:
        done = import_labels(
            [folder], out=out, layout=None if data[3] & 2 else layout, codebook=None if made else BOOK,
            new_codebook=book if made else None, unit=UNITS[data[3] // 16 % len(UNITS)], unfinished=bool(data[3] & 4),
            one_row="majority" if data[3] & 8 else None, encoding=encoding,
        )  # fmt: skip
    except UserError as error:
        assert all(problem.strip() for problem in error.problems), "a refusal without words"
        assert not out.exists() and not book.exists(), "half-written"
        return
    again = read_corpus([out], codebook=done.corpus.codebook)
    assert again.digest == done.corpus.digest, "what was written is another corpus"
    out.unlink()
    book.unlink(missing_ok=True)


def check_corpus(data: bytes) -> None:
    """Read and audit a corpus. The first two bytes choose ending and encoding."""
    if len(data) < 2:
        return
    endings = ("jsonl", "csv", "tsv", "json", "parquet", "jsonl.gz")
    path = SCRATCH / f"corpus.{endings[data[0] % len(endings)]}"
    path.write_bytes(data[2:])
    try:
        corpus = read_corpus([path], codebook=BOOK, encoding=ENCODINGS[data[1] % len(ENCODINGS)])
    except UserError as error:
        assert all(path.name in problem for problem in error.problems), "a refusal without its place"
    else:
        assert check_material(of_corpus(corpus)).passages == len(corpus)
    finally:
        path.unlink()


def seeds() -> list[bytes]:
    """A small valid file of each kind, with the bytes that choose it; for both targets."""
    result = {"from_name": "stance", "type": "choices", "value": {"choices": ["neutral"]}}
    task = {"id": 1, "data": {"text": "Kyiv"}, "annotations": [{"result": [result], "completed_by": 1}]}
    flat = {"text": "Kyiv", "id": 1, "stance": "neutral", "annotator": 1, "annotation_id": 2}
    span = {"start": 0, "end": 2, "technique": "Doubt"}
    contents: dict[str, list[object]] = {
        "label-studio": [[task], "text,id,stance,annotator,annotation_id\nKyiv,1,neutral,1,2\n", [flat]],
        "doccano": [{"text": "Kyiv", "label": ["neutral", "frame.gains_russia"], "labelled": "stance|frame"}],
        "columns": ["text,neutral,frame.gains_russia\nKyiv,1,0\n", "text\tneutral\nKyiv\t1\n"],
        "datasets": [{"text": "Kyiv", "label": "neutral"}],
        "semeval2020-task11": ["7\tDoubt\t0\t3\n", "One line\n", "7\t0\t3\n"],
        "semeval2021-task6": [[{"id": "1", "text": "Kyiv", "labels": [span]}]],
        "semeval2023-task3": ["7\t1\tDoubt,Slogans\n7\t2\n", "One line\nAnd two\n"],
        "semeval2025-task10": ["EN_UA_7.txt\tA;Other\tA: b;Other\n", "One line"],
        "unlp2025": [
            "content,manipulative,techniques,trigger_words\nKyiv,True,\"['fud' 'cliche']\",\"[[0 2]\n [1 3]]\"\n"
        ],
    }
    found = []
    for number, layout in enumerate(LAYOUTS):
        for place, content in enumerate(contents[layout]):
            text = content if isinstance(content, str) else json.dumps(content)
            found += [bytes([number, place, 0, options]) + text.encode() for options in (0, 1, 13)]
    row = {"text": "Kyiv", "stance": "neutral", "frame": ["gains_russia"], "date": "2022-02-24", "split": "train"}
    found += [b"\x00\x00" + (json.dumps(row) + "\n").encode() * 2, b"\x01\x00text,stance,frame\nKyiv,neutral,?\n"]
    return found


if __name__ == "__main__":
    main()
