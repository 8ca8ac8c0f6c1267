"""Every command and Python example of the README and its pages runs as it is written there, and every link leads on."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = ("README.md", "docs/training.md", "docs/labels.md", "docs/scoring.md", "docs/shifts.md")
"""In the order in which a reader's commands build on each other."""
TEXTS = {page: (REPOSITORY / page).read_text("utf-8") for page in PAGES}
BLOCKS = [block for text in TEXTS.values() for block in BLOCK.findall(text)]
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]+)?\)")
CODEBOOK = """
[codebook]
name = "topics"
version = "1"
[tasks.topic]
kind = "single"
[tasks.topic.labels.war]
means = "about the war"
[tasks.topic.labels.other]
means = "about anything else"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, small_rows: list[dict], tiny_bundle: Path) -> Path:
    """A user's folder with the files that the pages name."""
    few = small_rows[::2]  # enough to train on: the pages train nine times
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(tiny_bundle, folder / "demo" / "bundle")
    with (folder / "my_labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "body", "stance", "frame", "technique", "group", "split"])
        for row in few:
            labels = [row["stance"], "|".join(row["frame"]), "|".join(row["technique"])]
            writer.writerow([row["id"], row["text"], *labels, row["group"], row["split"]])
    with (folder / "our_labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "body", "annotator", "stance", "frame", "technique"])
        for i, row in enumerate(few):
            for who in ("ann", "ben", "cy"):
                stance = "neutral" if (i % 5, who) == (0, "cy") else row["stance"]
                writer.writerow(
                    [row["id"], row["text"], who, stance, "|".join(row["frame"]), "|".join(row["technique"])]
                )
    write_lines(folder / "more_labels.jsonl", [row for row in small_rows if row["split"] == "test"])
    topics = [{"text": r["text"], "topic": "war" if r["frame"] else "other"} for r in few]
    write_lines(folder / "my_topics.jsonl", topics)
    articles = [
        {"id": r["id"], "source": r["register"], "lang": "en", "date": f"2023-0{1 + i % 9}-05", "text": r["text"]}
        for i, r in enumerate(small_rows)
    ]
    write_lines(folder / "articles.jsonl", articles)
    (folder / "my_codebook.toml").write_text(CODEBOOK, "utf-8")
    return folder


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def environment() -> dict[str, str]:
    """The test's own environment with its `bin` first, as after `source .venv/bin/activate`.

    With the tests' one thread, too: beside other work, threads that wait for each other take three times the time.
    """
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def test_the_pages_have_commands_and_python():
    assert {kind for kind, _ in BLOCKS} == {"bash", "python"}
    assert all(BLOCK.search(text) for text in TEXTS.values())
    assert sorted(page.name for page in (REPOSITORY / "docs").glob("*.md")) == sorted(
        page.removeprefix("docs/") for page in PAGES[1:]
    )


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, "SECURITY.md", "benchmarks/README.md", "seeds/README.md"])
def test_every_link_leads_to_a_file_and_a_heading(page):
    for target, anchor in LINK.findall((REPOSITORY / page).read_text("utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        led = (REPOSITORY / page).parent / target if target else REPOSITORY / page
        assert led.exists(), f"{page}: {target}"
        assert not anchor or anchor[1:] in anchors(led), f"{page}: {target}{anchor}"


@pytest.mark.slow
def test_every_block_runs_in_the_order_of_the_pages(place: Path):
    for kind, block in BLOCKS:
        if kind == "python":
            run([sys.executable, "-c", block], place)
            continue
        for command in block.strip().splitlines():
            if command.startswith("make "):
                run([*command.split(), "--dry-run"], REPOSITORY)
            elif command.startswith("narrashift ui"):
                check_ui(place)
            else:
                run(command.split(), place)
    assert (place / "my_bundle" / "model.safetensors").exists()
    assert (place / "topics_bundle" / "codebook.toml").read_text("utf-8").count("[tasks.topic.labels.") == 2
    assert json.loads((place / "champion_scores" / "progress.json").read_text("utf-8"))["articles"] == 120


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)
    told = (0, 1) if command[1:3] == ["data", "check"] else (0,)  # 15 test passages cannot hold every label
    assert done.returncode in told, f"{' '.join(command)[:200]}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def check_ui(folder: Path) -> None:
    """`narrashift ui` answers on its port, and ends when it is told to."""
    command = ["narrashift", "ui", "--port", "5733"]
    server = subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                with urllib.request.urlopen("http://127.0.0.1:5733/", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert server.poll() is None, "the server ended"
        else:
            raise AssertionError("the MLflow UI did not answer within a minute")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
