"""Whatever the files hold, they are imported or refused in words, and what is refused leaves nothing behind."""

from __future__ import annotations

import json

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.data.layouts import LAYOUTS, import_labels

BOOK = narrashift.read_codebook()
QUICK = (Phase.explicit, Phase.generate)  # without shrinking, which takes minutes where files are written
quick = settings(max_examples=25, deadline=None, derandomize=True, phases=QUICK)
leaf = st.none() | st.booleans() | st.integers(-3, 99) | st.floats() | st.text(max_size=4)
leaf |= st.sampled_from(["neutral", "gains_russia", "frame.losses", "choices", "[[0 3]]", "['fud']"])
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
KEYS = (
    "id", "data", "annotations", "text", "label", "labels", "entities", "labelled", "techniques", "spans", "content",
    "trigger_words", "manipulative", "stance", "annotator", "annotation_id", "split", "date",
)  # fmt: skip
result = st.fixed_dictionaries(
    {}, optional={"type": st.just("choices") | anything, "from_name": st.just("stance") | anything,
                  "value": st.fixed_dictionaries({"choices": anything}) | anything, "meta": anything}
)  # fmt: skip
annotation = st.fixed_dictionaries(
    {}, optional={"result": st.lists(result, max_size=2) | anything, "completed_by": anything}
)
record = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(KEYS, anything)
    | {
        "text": st.just("a text") | anything,
        "data": st.fixed_dictionaries({"text": st.just("a text") | anything}) | anything,
        "annotations": st.lists(annotation, max_size=2) | anything,
        "label": st.lists(st.tuples(leaf, leaf, leaf).map(list), max_size=2) | anything,
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def import_or_refuse(folder, name, content, *, layout, made, **options):
    """Import a file; a refusal has words in each line, and leaves the folder as it was."""
    (folder / "in").mkdir(exist_ok=True)
    path = folder / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    out, book = folder / "out.jsonl", folder / "made.toml"
    given = {"codebook": None, "new_codebook": book} if made else {"codebook": BOOK}
    try:
        done = import_labels([folder / "in"], out=out, layout=layout, **given, **options)
    except narrashift.UserError as error:
        assert all(problem.strip() for problem in error.problems)
        "\n".join(error.lines()).encode("utf-8", "backslashreplace")
        assert sorted(p.name for p in folder.iterdir()) == ["in"]
    else:
        again = narrashift.read_corpus([out], codebook=done.corpus.codebook)
        assert again.digest == done.corpus.digest
        out.unlink()
        book.unlink(missing_ok=True)
    path.unlink()


RECORDS = ("label-studio", "doccano", "columns", "semeval2021-task6", "unlp2025")


@pytest.mark.parametrize("layout", [*RECORDS, None])
@quick
@given(records=st.lists(record, min_size=1, max_size=3), made=st.booleans())
def test_any_values_in_records(layout, folder, records, made):
    name = "a.jsonl" if layout in ("doccano", "columns", None) else "a.json"
    lines = [json.dumps(one) for one in records]
    content = "\n".join(lines) if name == "a.jsonl" else f"[{','.join(lines)}]"
    import_or_refuse(folder, name, content.encode(), layout=layout, made=made)


fields = st.lists(
    st.sampled_from(["7", "article7", "1", "2", "99", "-1", "Doubt", "A: b", "Other", ";", "", "é"]), max_size=5
)
TABLES = {
    "semeval2020-task11": ("train-articles/article7.txt", "train-task2-TC.labels"),
    "semeval2023-task3": ("en/train-articles-subtask-3/article7.txt", "en/train-labels-subtask-3.txt"),
    "semeval2025-task10": ("EN/7", "EN/subtask-2-annotations.txt"),
}


@pytest.mark.parametrize("layout", TABLES)
@quick
@given(lines=st.lists(fields.map("\t".join), max_size=3), raw=st.just(b"") | st.binary(max_size=5))
def test_any_lines_in_label_files(layout, folder, lines, raw):
    article, table = TABLES[layout]
    (folder / "in" / article).parent.mkdir(parents=True, exist_ok=True)
    (folder / "in" / article).write_text("One line\nAnd two\n", "utf-8")
    import_or_refuse(folder, table, "\n".join(lines).encode() + raw, layout=layout, made=True)
    (folder / "in" / article).unlink()


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=10, deadline=None, derandomize=True, phases=QUICK)
@given(content=st.binary(max_size=60), start=st.sampled_from([b"", b"[{", b"text,neutral\n", b"\xff\xfe"]))
def test_any_bytes(layout, folder, content, start):
    for encoding in ("utf-8", "auto", "utf-16"):
        import_or_refuse(folder, "a.csv", start + content, layout=layout, made=False, encoding=encoding)
