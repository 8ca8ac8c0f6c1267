from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from narrashift.model.codebook import RESERVED, Codebook, Label, Task, parse_codebook, read_codebook

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,12}", fullmatch=True)
PROSE = st.text(min_size=1, max_size=30)


@st.composite
def tasks(draw) -> Task:
    kind = draw(st.sampled_from(["single", "multi"]))
    names = draw(st.lists(NAMES, min_size=3, max_size=6, unique=True))
    parent = names[0] if kind == "multi" and draw(st.booleans()) else None
    children = names[1 : draw(st.integers(2, len(names)))] if parent else []
    labels = {
        name: Label(
            means=draw(PROSE),
            examples=tuple(draw(st.lists(PROSE, max_size=2))),
            parent=parent if name in children else None,
        )
        for name in names
    }
    return Task(kind=kind, means=draw(st.text(max_size=20)), labels=labels)


CODEBOOKS = st.builds(
    Codebook,
    name=PROSE,
    version=PROSE,
    tasks=st.dictionaries(NAMES.filter(lambda n: n not in {*RESERVED, "register"}), tasks(), min_size=1, max_size=3),
)


def of_means(means: str) -> Codebook:
    labels = {"a": Label(means=means, examples=(means,)), "b": Label(means="b")}
    return Codebook(name=means, version=means, tasks={"t": Task(kind="single", means=means, labels=labels)})


@settings(max_examples=50, deadline=None, derandomize=True)
@given(CODEBOOKS)
@example(of_means('a "quoted" \\ back\\slash\nline\r\n\ttab'))
@example(of_means("Україна 🇺🇦 \u2028 \u0085 \ufeff"))
@example(of_means("\x00\x1f"))
@example(of_means("copied from a PDF\x7f"))
def test_a_codebook_written_as_toml_is_read_back_the_same(codebook):
    again = parse_codebook(codebook.to_toml(), place="again.toml")
    assert again == codebook
    assert again.digest == codebook.digest
    assert [*again.tasks] == [*codebook.tasks]
    assert all(again.tasks[name].leaves == task.leaves for name, task in codebook.tasks.items())


def test_the_default_codebook_survives_a_file(tmp_path, codebook):
    path = tmp_path / "codebook.toml"
    path.write_text(codebook.to_toml(), "utf-8")
    assert read_codebook(path) == codebook
