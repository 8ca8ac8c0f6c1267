"""The layouts of the field's shared tasks, in small files of our own."""

from __future__ import annotations

import pytest

ARTICLE = "Kyiv holds\n\nThey fled like rats. Nobody knows.\nThe end\n"
PARTS_2020 = {
    "train-articles/article111.txt": ARTICLE,
    "train-articles/article222.txt": "Quiet news\n",
    "dev-articles/article333.txt": "Nobody labelled this\n",
    "train-labels-task1-SI/article111.task1-SI.labels": "111\t0\t4\n",
}


def test_semeval_2020_spans_label_the_lines_that_they_overlap(imported):
    labels = "111\tLoaded_Language\t12\t31\n111\tDoubt\t33\t50\n111\tLoaded_Language\t22\t31\n"
    read = imported({**PARTS_2020, "train-task2-TC.labels": labels}, made=True)
    assert read.imported.layout == "semeval2020-task11"
    assert [(row["text"], row["technique"]) for row in read.rows] == [
        ("Kyiv holds", []),
        ("They fled like rats. Nobody knows.", ["loaded_language", "doubt"]),
        ("The end", ["doubt"]),
        ("Quiet news", []),
    ]
    assert {row["group"] for row in read.rows} == {"111", "222"}
    assert read.imported.passed_over == {"articles of validation without label files": 1}
    assert ARTICLE[read.rows[1]["start"] : read.rows[1]["end"]] == read.rows[1]["text"]


def test_semeval_2020_one_file_an_article_and_cut_by_sentence(imported):
    files = {"article111.txt": ARTICLE, "article111.task-flc-tc.labels": "111\tDoubt\t33\t40\n"}
    rows = imported(files, made=True, unit="sentence").rows
    assert [(row["text"], row["technique"]) for row in rows][1:3] == [
        ("They fled like rats.", []), ("Nobody knows.", ["doubt"]),
    ]  # fmt: skip


def test_semeval_2020_spans_alone_are_propaganda(imported):
    rows = imported(PARTS_2020, made=True).rows
    assert [row["technique"] for row in rows] == [["propaganda"], [], [], []]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("111\tDoubt\t3\t900\n", "line 1: article 111: characters 3 to 900 do not lie in the text of 55"),
        ("111\tDoubt\t-3\t9\n", "line 1: article 111: characters -3 to 9 do not lie"),
        ("999\tDoubt\t3\t9\n", "line 1: there is no article '999' in train"),
        ("111\tDoubt\t3\n\n111 Doubt 3 4\n", "line 3: id, technique, start and end with tabs between are expected"),
        ("111\tDoubt\tx\t9\n", "line 1: article 111: two whole numbers are expected, here are 'x' and '9'"),
        ("Щось".encode("cp1251"), "not UTF-8 at byte 0"),
    ],
)
def test_semeval_2020_faults(labels, message, problems):
    found = problems({**PARTS_2020, "train-task2-TC.labels": labels}, made=True)
    assert found[-1].startswith("train-task2-TC.labels") and message in found[-1]


def test_semeval_2021_labels_and_spans(imported):
    subtask1 = [
        {"id": "1", "text": "SO BAD\n", "labels": ["Name calling/Labeling", "Smears"]},
        {"id": "2", "text": "b", "labels": []},
    ]
    subtask2 = [
        {"id": "3", "text": "one line\nand two", "labels": [
            {"start": 0, "end": 3, "technique": "Smears", "text_fragment": "one"},
            {"start": 13, "end": 16, "technique": "Doubt", "text_fragment": "two"}]}
    ]  # fmt: skip
    read = imported({"training_set_task1.txt": subtask1, "training_set_task2.txt": subtask2}, made=True)
    assert read.imported.layout == "semeval2021-task6"
    assert [row["technique"] for row in read.rows] == [["name_calling_labeling", "smears"], [], ["smears", "doubt"]]


def test_semeval_2021_cut_into_lines_by_its_spans(imported):
    spans = [{"start": 0, "end": 3, "label": "Smears"}]
    item = {"id": "3", "text": "one line\nand two", "techniques": ["Smears"], "spans": spans}
    rows = imported({"a.json": [item]}, made=True, unit="line").rows
    assert [(row["text"], row["technique"], row["group"]) for row in rows] == [
        ("one line", ["smears"], "3"), ("and two", [], "3"),
    ]  # fmt: skip


DATA_2023 = {
    "data/en/train-articles-subtask-3/article7.txt": "Title\n\nThey lie. Always.\nCalm.\n",
    "data/en/train-labels-subtask-3.txt": "7\t1\t\n7\t3\tDoubt,Loaded_Language\n7\t4\n",
    "data/ge/dev-articles-subtask-2/article8.txt": "Titel\n\nMehr Text\n",
    "data/ge/dev-labels-subtask-2.txt": "8\tEconomic,Morality\n",
    "data/ge/dev-articles-subtask-1/article8.txt": "Titel\n\nMehr Text\n",
    "data/ge/dev-labels-subtask-1.txt": "8\tsatire\n",
    "data/ge/train-articles-subtask-1/article9.txt": "Noch einer\n",
    "data/ge/train-labels-subtask-1.txt": "9\topinion\n",
    "data/fr/train-articles-subtask-2/article10.txt": "Encore\n",
    "data/fr/train-labels-subtask-2.txt": "10\tMorality\n",
    "scorers/techniques_subtask3.txt": "Doubt\n",
}


def test_semeval_2023_by_line_and_by_article(imported):
    read = imported(DATA_2023, made=True, unit="line")
    assert read.imported.layout == "semeval2023-task3"
    assert [(row["text"], row["technique"], row["language"]) for row in read.rows] == [
        ("Title", [], "en"), ("They lie. Always.", ["doubt", "loaded_language"], "en"), ("Calm.", [], "en"),
    ]  # fmt: skip
    read = imported(DATA_2023, made=True, unit="article", overwrite=True)
    rows = sorted(read.rows, key=lambda row: int(row["id"]))
    assert read.imported.corpus.codebook.tasks["genre"].kind == "single"
    assert [(row["id"], row["split"], row["genre"], row["frame"], row["language"]) for row in rows] == [
        ("8", "validation", "satire", ["economic", "morality"], "de"), ("9", "train", "opinion", [], "de"),
        ("10", "train", None, ["morality"], "fr"),
    ]  # fmt: skip


def test_semeval_2023_faults(problems):
    assert "Choose with --unit article or --unit line" in problems(DATA_2023, made=True)[0]
    broken = "7\t9\tDoubt\n7\t2\tDoubt\n5\t1\tDoubt\n7 1 Doubt\n7\t" + "1" * 30 + "\tDoubt\n"
    found = problems(DATA_2023 | {"data/en/train-labels-subtask-3.txt": broken}, made=True, unit="line")
    assert [problem.partition(": ")[2][:40] for problem in found] == [
        "'9' is no line of article 7: the article",
        "line 2 of article 7 is empty, but has la",
        "there is no article '5' for it",
        "3 fields with tabs between are expected,",
        "'11111111111111111111' is no line of art",
    ]


DATA_2025 = {
    "EN/raw-documents/EN_UA_1.txt": "Title\n\nThe West did it.",
    "EN/raw-documents/EN_CC_2.txt": "Warm winters.",
    "EN/subtask-2-annotations.txt": (
        "EN_UA_1.txt\tURW: Blaming the war on others;URW: Discrediting Ukraine\t"
        "URW: Blaming the war on others: The West are the aggressors;Other\n"
        "EN_CC_2.txt\tOther\tOther\n"
    ),
}


def test_semeval_2025_makes_a_codebook_of_two_levels(imported, tmp_path):
    read = imported(DATA_2025, made=True)
    assert read.imported.layout == "semeval2025-task10"
    assert [row["narrative"] for row in read.rows] == [
        ["the_west_are_the_aggressors", "urw_discrediting_ukraine_other"], [],
    ]  # fmt: skip
    assert [row["language"] for row in read.rows] == ["en", "en"]
    assert read.imported.corpus.codebook.tasks["narrative"].parents == {
        "urw_blaming_the_war_on_others": ("the_west_are_the_aggressors",),
        "urw_discrediting_ukraine": ("urw_discrediting_ukraine_other",),
    }
    again = imported(
        {"EN/subtask-2-annotations.txt": DATA_2025["EN/subtask-2-annotations.txt"].partition("\n")[0]},
        codebook=read.imported.corpus.codebook, overwrite=True,
    )  # fmt: skip
    assert again.rows == read.rows[:1], "the codebook that was made takes further files"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("EN_UA_1.txt\tA;B\tA: x", "2 narratives, but 1 sub-narratives: one for each is expected"),
        ("EN_UA_9.txt\tA\tA: x", "there is no document 'EN_UA_9.txt'"),
        ("EN_UA_1.txt\tA", "name, narratives and sub-narratives with tabs between are expected"),
        ("EN_UA_1.txt\tOther\tA: x", "'A: x' stands below no narrative ('Other')"),
    ],
)
def test_semeval_2025_faults(line, message, problems):
    [problem, *_] = problems(DATA_2025 | {"EN/subtask-2-annotations.txt": line}, made=True)
    assert problem.startswith("subtask-2-annotations.txt, line 1: ") and message in problem


def test_unlp_as_its_csv_prints_lists(imported):
    table = (
        "id,content,lang,manipulative,techniques,trigger_words\n"
        "a1,Це погано і дуже,uk,True,\"['euphoria' 'loaded_language']\",\"[[0 2]\n [3 99]]\"\n"
        "a2,Спокій,uk,False,,\n"
        "a3,Ні,ru,True,\"['fud', 'cliche']\",\"[(0, 1)]\"\n"
    )
    read = imported({"train.csv": table}, made=True)
    assert read.imported.layout == "unlp2025"
    assert [(row["technique"], row["trigger_words"]) for row in read.rows] == [
        (["euphoria", "loaded_language"], [[0, 2], [3, 16]]), ([], []), (["fud", "cliche"], [[0, 1]]),
    ]  # fmt: skip
    assert read.imported.passed_over == {"spans that end behind the text, cut at its end": 1}
    assert [row["language"] for row in read.rows] == ["uk", "uk", "ru"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("abc,True,fud,", "techniques: a printed list like ['euphoria', 'fud'] is expected, here is 'fud'"),
        ("abc,True,['fud'],nonsense", "trigger_words: a printed list like [[27, 63]] is expected"),
        ("abc,True,['fud'],[[2 1]]", "trigger_words, 1: characters 2 to 1 do not lie in the text of 3"),
        ("abc,False,['fud'],", "manipulative is False, but it has techniques (fud)"),
        (",True,['fud'],", "the text is empty"),
    ],
)
def test_unlp_faults(cells, message, problems):
    [problem] = problems({"t.csv": f"content,manipulative,techniques,trigger_words\n{cells}\n"}, made=True)
    assert problem.startswith("t.csv, row 2") and message in problem
