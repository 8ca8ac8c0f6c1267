"""`narrashift data agreement`: alpha, pairs, disputes and a consensus that is a corpus, or what is wrong."""

from __future__ import annotations

import csv
import json

import pytest

import narrashift

TEXTS = {f"p{i}": f"passage number {i}, which tells of a thing" for i in range(20)}


def said(who, i):
    """`a` and `b` agree but for p0 and p1; `c`, who saw p0 to p9 only, sides with `a` at p0 and with nobody at p1."""
    stance = ("neutral", "pro_russia", "pro_ukraine")[i % 3]
    if (who, i) in (("b", 0), ("b", 1)):
        stance = "pro_ukraine"
    if (who, i) == ("c", 1):
        stance = "neutral"
    return {"stance": stance, "frame": ["gains_russia"] if i % 2 and (who, i) != ("b", 3) else [], "technique": None}


@pytest.fixture
def rows():
    return [
        {"id": name, "text": text, "annotator": who, "source": "s", "url": "u"} | said(who, i)
        for who in "abc"
        for i, (name, text) in enumerate(TEXTS.items())
        if who != "c" or i < 10
    ]


@pytest.fixture
def write(tmp_path):
    def written(rows, name="labels.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path

    return written


def test_alphas_pairs_and_disputes(command, rows, write, tmp_path):
    found, disputes = tmp_path / "a.json", tmp_path / "d.csv"
    ended = command("data", "agreement", write(rows), "--json", found, "--disputes", disputes)
    assert ended.code == 0, ended.err
    assert ended.lines[-1] == "3 annotators, 20 passages, 20 labelled by several; 3 labels in dispute"
    report = json.loads(found.read_text("utf-8"))
    alphas = {(one["task"], one["label"]): one["alpha"] for one in report["alpha"]}
    assert {task for task, _ in alphas} == {"stance", "frame"}, "nobody labelled techniques"
    assert 0.8 < alphas["stance", ""] < 0.95
    assert alphas["frame", "gains_ukraine"] is None, "nobody gave it"
    assert alphas["frame", "gains_russia"] == pytest.approx(alphas["frame", "(set of labels)"])
    pairs = {tuple(row[:3]): row[3:] for row in report["tables"][1]["rows"]}
    assert pairs["a", "b", "stance"][:2] == [20, 0.9]
    assert pairs["b", "c", "stance"][:2] == [10, 0.8]
    with disputes.open(newline="", encoding="utf-8") as file:
        listed = {(row["id"], row["task"]): row for row in csv.DictReader(file)}
    assert list(listed) == [("p0", "stance"), ("p1", "stance"), ("p3", "frame")]
    assert listed["p0", "stance"]["by b"] == "pro_ukraine"
    assert listed["p0", "stance"]["majority"] == "neutral"
    assert listed["p1", "stance"]["majority"] == ""
    assert listed["p3", "frame"]["by b"] == "(none)"


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_the_majority_is_a_corpus_in_which_ties_are_not_labelled(ending, command, rows, write, tmp_path, codebook):
    out = tmp_path / f"consensus{ending}"
    ended = command("data", "agreement", write(rows), "--consensus", "majority", "--out", out)
    assert ended.code == 0, ended.err
    assert "stance: 1 of 20 passages are left open (not labelled)" in ended.lines
    corpus = narrashift.read_corpus([out], codebook=codebook)
    assert corpus.texts == [*TEXTS.values()]
    assert corpus.column("source") == ["s"] * 20 and "annotator" not in corpus.columns
    assert corpus.labelled("stance").tolist() == [i != 1 for i in range(20)]
    assert corpus.labelled("frame").all() and not corpus.labelled("technique").any()
    assert corpus.targets["frame"][:4, 1].tolist() == [0, 1, 0, 1]


def test_the_consensus_tells_how_probable_it_is(command, rows, write, tmp_path):
    out = tmp_path / "consensus.jsonl"
    command("data", "agreement", write(rows), "--consensus", "dawid-skene", "--out", out)
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert found[0]["stance"] == "neutral", "two of three, and the one is wrong more often"
    assert 0.5 < found[0]["stance_probability"] <= 1 < 2 == found[15]["annotators"]
    assert found[5]["technique_probability"] is None


def test_labels_without_texts_are_compared_by_id_and_given_their_texts(command, rows, write, tmp_path, codebook):
    bare = [{key: value for key, value in row.items() if key not in ("text", "source")} for row in rows]
    texts = write([{"id": name, "text": text, "date": "2024-01-02"} for name, text in TEXTS.items()], "texts.jsonl")
    out = tmp_path / "c.jsonl"
    arguments = ("data", "agreement", write(bare), "--consensus", "majority", "--out", out)
    without = command(*arguments)
    assert without.code == 2 and "the rows have no text" in without.err and not out.exists()
    assert command(*arguments, "--texts", texts).code == 0
    corpus = narrashift.read_corpus([out], codebook=codebook)
    assert corpus.texts == [*TEXTS.values()] and corpus.column("date") == ["2024-01-02"] * 20


def changed(index, **values):
    return lambda rows: [row | values if i == index else row for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda rows: [row | {"annotator": None} for row in rows], (), "no column annotator. Name it with --column"),
        (changed(3, annotator=None), (), "labels.jsonl, line 4, annotator: missing; every row names its annotator"),
        (changed(3, stance="neutrl"), (), "labels.jsonl, line 4, stance: 'neutrl' is no label"),
        (
            changed(21, text="another"),
            (),
            "line 22: id 'p1' has another text than in labels.jsonl, line 2",
        ),
        (
            changed(21, annotator="a"),
            (),
            "line 22: a labelled this passage in labels.jsonl, line 2 already",
        ),
        (lambda rows: rows[:20], (), "no passage was labelled by two annotators (rows: a 20)"),
        (lambda rows: rows, ("--by", "colour"), "--by colour: one of id, text is expected"),
        (
            lambda rows: rows,
            ("--consensus", "vote", "--out", "c.jsonl"),
            "--consensus vote: one of majority, ",
        ),
        (lambda rows: rows, ("--out", "c.jsonl"), "--consensus and --out go together"),
        (lambda rows: rows, ("--consensus", "majority", "--out", "c.txt"), "c.txt: .jsonl, .csv or .tsv is expected"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(
    change, arguments, message, command, rows, write, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    ended = command("data", "agreement", write(change(rows)), *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["labels.jsonl"]


def test_the_same_labels_twice_count_once_and_texts_make_passages_where_there_is_no_id(command, rows, write):
    nameless = [{key: value for key, value in row.items() if key != "id"} for row in [*rows, rows[0]]]
    ended = command("data", "agreement", write(nameless))
    assert ended.code == 0, ended.err
    assert ended.lines[-1] == "3 annotators, 20 passages, 20 labelled by several; 3 labels in dispute"
