from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift import cli
from narrashift.serving.spreadsheet import CSV_FILE, harmless, write_csv

SIGNS = "=+-@＝＋－＠"
PIECES = [*SIGNS, *";,|'\"\t\r\n ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\x00", "cmd()", "Київ", "1"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=12)


def original(text: str) -> str:
    """What `harmless` was given."""
    space = r"[\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2060\ufeff]"
    in_line = r"(?:(?![\t\r\n\u2028\u2029])" + space + ")"
    text = re.sub(rf"^'('*(?:[\t\r\n]|{space}*[{SIGNS}]))", r"\1", text)
    return re.sub(rf"([;\t\r\n])'('*{in_line}*[{SIGNS}])", r"\1\2", text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_no_text_begins_a_formula_and_each_can_be_had_back(texts):
    safe = harmless(pa.array(texts)).to_pylist()
    assert [original(text) for text in safe] == texts
    for text in safe:
        assert not text or text.strip()[:1] not in (*SIGNS,)
        assert text[:1] not in ("\t", "\r", "\n")
        for piece in re.split("[;\t\r\n]", text):  # a spreadsheet that separates by another sign
            assert not piece or piece.strip("\x00\u200b\ufeff\u00a0\u3000 ")[:1] not in (*SIGNS,)


@pytest.mark.parametrize("text", ["a", "", "a=b", "Kyiv - Lviv", "a;b", "mail@example.org", "'quoted'", "1-2", "a, -b"])
def test_text_that_is_no_formula_stays_as_it_is(text):
    assert harmless(pa.array([text])).to_pylist() == [text]


def test_nothing_stays_nothing():
    assert harmless(pa.array([None, "=1"])).to_pylist() == [None, "'=1"]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(TEXTS, st.integers(-(2**63), 2**63 - 1), st.floats(0, 1, width=32), st.lists(st.sampled_from("ab"))),
        min_size=1,
    )
)
def test_a_table_is_read_back_as_it_was(tmp_path_factory, rows):
    folder = tmp_path_factory.getbasetemp()
    names = ["=id", "number", "p", "labels"]
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = [pa.string(), pa.int64(), pa.float32(), pa.list_(pa.string())]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    half = len(rows) // 2
    parts = [folder / "0.parquet", folder / "1.parquet"]
    table = pa.Table.from_arrays(arrays, names=names)
    pq.write_table(table.slice(0, half), parts[0])
    pq.write_table(table.slice(half), parts[1])
    write_csv(folder / "a.csv", parts=parts)
    content = (folder / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    head, *read = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    assert head == ["'=id", *names[1:]]
    assert [original(row[0]) for row in read] == columns[0]
    assert [int(row[1]) for row in read] == columns[1]
    assert all(abs(float(row[2]) - p) <= 0.00005001 for row, p in zip(read, columns[2], strict=True))
    assert [row[3].split("|") if row[3] else [] for row in read] == columns[3]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, exported_bundle):
    """`narrashift score …` in a folder: exit code, standard output, lines of standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, list[str]]:
        monkeypatch.setattr(sys, "argv", ["narrashift", "score", *map(str, arguments), "--model", str(exported_bundle)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        said = capsys.readouterr()
        return exit_.value.code or 0, said.out, said.err.strip().splitlines()

    return command


ROWS = [{"id": "=1+1", "source": "@outlet", "n": -5, "text": "Kyiv holds. " * 300}, {"id": "b", "text": "Rain."}]


def test_a_finished_folder_gets_its_csv_without_being_scored_again(run, write_dump):
    write_dump(ROWS)
    assert run("dump.jsonl", "--carry", "source", "--carry", "n")[0] == 0
    assert not Path("scores", CSV_FILE).exists()
    code, out, _ = run("dump.jsonl", "--carry", "source", "--carry", "n", "--format", "csv")
    assert (code, out.splitlines()[-1]) == (0, f"for spreadsheets: {Path('scores', CSV_FILE)}")
    assert "passages in" not in out
    with Path("scores", CSV_FILE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    scored = pq.read_table("scores/parts").to_pylist()
    assert len(rows) == len(scored) > 2
    for row, truth in zip(rows, scored, strict=True):
        assert list(row) == list(truth)
        assert (original(row["id"]), row["n"]) == (truth["id"], "" if truth["n"] is None else str(truth["n"]))
        assert (row["stance"], row["frame"]) == (truth["stance"], "|".join(truth["frame"]))
        assert float(row["stance.neutral"]) == pytest.approx(truth["stance.neutral"], abs=5e-5)
    assert (rows[0]["id"], rows[0]["source"], rows[0]["n"]) == ("'=1+1", "'@outlet", "-5")


def test_a_csv_inside_the_dump_is_no_input(run, write_dump):
    Path("dump").mkdir()
    write_dump(ROWS, "dump/a.jsonl")
    for _ in range(2):
        code, out, _ = run("dump", "--out", "dump/scores", "--format", "csv")
        assert (code, out.splitlines()[0].split(":")[0]) == (0, "2 rows")


def test_a_csv_that_does_not_fit_on_the_disk_is_not_there_and_comes_later(run, write_dump, monkeypatch):
    write_dump(ROWS)

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("narrashift.serving.spreadsheet.CSVWriter", full)
        code, _, said = run("dump.jsonl", "--format", "csv")
    assert (code, said[-1].split(";")[0]) == (2, "the disk is full")
    assert [path.name for path in Path("scores").glob("scores.csv*")] == []
    assert run("dump.jsonl", "--format", "csv")[0] == 0
    assert [path.name for path in Path("scores").glob("scores.csv*")] == [CSV_FILE]


def test_another_format_is_refused_by_its_name(run, write_dump):
    write_dump(ROWS)
    code, _, said = run("dump.jsonl", "--format", "xlsx")
    assert (code, len(said)) == (2, 1)
    assert said[0].startswith("--format: 'xlsx'")


def test_a_dump_without_passages_gives_an_empty_file(run, write_dump):
    write_dump([{"id": 1, "text": ""}])
    assert run("dump.jsonl", "--format", "csv")[0] == 0
    assert json.loads(Path("scores/progress.json").read_text("utf-8"))["refused"] == 1
    assert Path("scores", CSV_FILE).read_text("utf-8-sig").count("\n") <= 1
