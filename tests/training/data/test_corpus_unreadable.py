"""Files of passages that are empty, broken, of another encoding or of another kind."""

from __future__ import annotations

import gzip

import pytest

import narrashift

GOOD = '{"text": "a", "stance": "neutral"}\n'


@pytest.mark.parametrize(
    "files",
    [{"c.jsonl": ""}, {"c.jsonl": "\n\n"}, {"c.csv": ""}, {"c.csv": "text,stance\n"}, {"c.csv.gz": gzip.compress(b"")}],
)
def test_an_empty_file(files, refused):
    [problem] = refused(files)
    [name] = files
    assert problem.startswith(f"{name}: empty")


def test_one_broken_line_names_its_column(refused):
    [problem] = refused({"c.jsonl": GOOD + '{"text": "b", "stance": neutral}\n' + GOOD})
    assert problem.startswith("c.jsonl, line 2: broken JSON at column 25: ")


@pytest.mark.parametrize("line", ["[]", '"text"', "5", "null"])
def test_a_line_that_is_no_object(line, refused):
    [problem] = refused({"c.jsonl": GOOD + line + "\n"})
    assert problem.startswith("c.jsonl, line 2: a JSON object is expected")


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("c.jsonl", GOOD + '{"text": "Щось", "stance": "neutral"}\n', "c.jsonl, line 2: not UTF-8 at byte 10"),
        ("c.csv", "text,stance\nЩось,neutral\n", "c.csv, row 2: column text: not UTF-8"),
    ],
)
def test_a_wrong_encoding_names_the_option(name, content, place, refused):
    [problem] = refused({name: content.encode("cp1251")})
    assert problem.startswith(place)
    assert "--encoding cp1251" in problem


@pytest.mark.parametrize("name", ["c.csv", "c.jsonl"])
@pytest.mark.parametrize("encoding", ["utf-16", "hex", "no-such-encoding"])
def test_an_encoding_that_does_not_fit_is_a_user_error(name, encoding, refused):
    content = GOOD if name == "c.jsonl" else "text,stance\na,neutral\n"
    assert refused({name: content}, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("c.csv", "text,stance\na,neutral,more\n", "c.csv, row 2: has 3 fields, the header has 2"),
        ("c.csv", "text,stance,text\na,neutral,b\n", "c.csv: the header names column 'text' twice"),
        ("c.csv.gz", "text,stance\na,neutral\n", "c.csv.gz: unreadable after row 0"),
        ("c.parquet", "PAR1", "c.parquet: not a readable Parquet file"),
        ("c.txt", "text", "plain text has no labels"),
        ("c.docx", "text", "unknown file type '.docx' (readable: .jsonl"),
    ],
)
def test_a_file_that_cannot_be_read(name, content, expected, refused):
    [problem] = refused({name: content})
    assert expected in problem


def test_gzip_data_that_end_early(refused):
    packed = gzip.compress(GOOD.encode() * 1_000, mtime=0)
    [problem] = refused({"c.jsonl.gz": packed[: len(packed) // 2]})
    assert "the gzip data end early" in problem


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(refused):
    assert refused({"c.csv": 'stance,text\nneutral,"abc\nneutral,one more\nneutral,and another\n'})


def test_a_missing_file_does_not_hide_the_errors_of_the_others(tmp_path, codebook):
    (tmp_path / "a.csv").write_text("text,stance\na,wrong\n")
    with pytest.raises(narrashift.UserError) as caught:
        narrashift.read_corpus([tmp_path / "a.csv", tmp_path / "nope.csv"], codebook=codebook)
    assert "'wrong' is no label" in str(caught.value)
    assert "nope.csv: no such file" in str(caught.value)


def test_no_data_at_all(codebook, tmp_path):
    with pytest.raises(narrashift.UserError, match="no file to read in this folder"):
        narrashift.read_corpus([tmp_path], codebook=codebook)
    with pytest.raises(narrashift.UserError, match="no passage"):
        narrashift.from_dataset([], codebook=codebook)


def test_a_path_instead_of_a_list_of_paths_is_explained_or_read(tmp_path, codebook):
    (tmp_path / "a.csv").write_text("text,stance\na,neutral\n")
    try:
        assert len(narrashift.read_corpus(str(tmp_path / "a.csv"), codebook=codebook)) == 1
    except narrashift.UserError as error:
        assert "list" in str(error)  # not "/: no such file", letter by letter


def test_a_dataset_dict_in_memory_is_read_or_explained(codebook):
    import datasets

    part = datasets.Dataset.from_list([{"text": "a", "stance": "neutral"}])
    try:
        corpus = narrashift.from_dataset(datasets.DatasetDict({"train": part, "test": part}), codebook=codebook)
        assert corpus.column("split") == ["train", "test"]
    except narrashift.UserError as error:
        assert "DatasetDict" in str(error)


def test_a_saved_dataset_that_is_broken(tmp_path, codebook):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "dataset_info.json").write_text("{}")
    with pytest.raises(narrashift.UserError, match="saved"):
        narrashift.read_corpus([tmp_path / "saved"], codebook=codebook)
