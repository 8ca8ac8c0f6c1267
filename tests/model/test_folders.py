from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from narrashift.model.errors import UserError
from narrashift.model.folders import check_free, new_folder, write_whole


def fill(path: Path, **files: str) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_text(content)
    return path


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_folder_takes_its_name_when_the_block_ends(tmp_path):
    out = tmp_path / "deep" / "out"
    with new_folder(out) as folder:
        (folder / "a").write_text("new")
        assert not out.exists()
    assert (out / "a").read_text() == "new"
    assert hidden(out.parent) == []


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_leaves_nothing(tmp_path, failure):
    with pytest.raises(failure), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("half")
        raise failure
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_fails_keeps_the_old_folder(tmp_path, failure):
    old = fill(tmp_path / "out", a="old")
    with pytest.raises(failure), new_folder(old, overwrite=True) as folder:
        (folder / "a").write_text("half")
        raise failure
    assert (old / "a").read_text() == "old"
    assert hidden(tmp_path) == []


def test_overwriting_replaces_the_old_folder_whole(tmp_path):
    out = fill(tmp_path / "out", a="old", left_over="old")
    with new_folder(out, overwrite=True) as folder:
        (folder / "a").write_text("new")
    assert [path.name for path in out.iterdir()] == ["a"]
    assert (out / "a").read_text() == "new"
    assert hidden(tmp_path) == []


def test_an_existing_folder_is_refused_before_the_block(tmp_path, refusal):
    out = fill(tmp_path / "out", a="old")

    def write() -> None:
        with new_folder(out):
            pytest.fail("the block ran")

    refusal(write, str(out), "--overwrite")
    refusal(lambda: check_free(out, overwrite=False), "--overwrite")


def test_an_existing_empty_folder_may_be_filled(tmp_path):
    out = fill(tmp_path / "out")
    check_free(out, overwrite=False)
    with new_folder(out) as folder:
        (folder / "a").write_text("new")
    assert (out / "a").read_text() == "new"


def test_the_new_folder_can_be_read_by_others(tmp_path):
    with new_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def test_a_parent_that_is_a_file_is_refused_in_one_line(tmp_path, refusal):
    (tmp_path / "file").write_text("x")

    def write() -> None:
        with new_folder(tmp_path / "file" / "out"):
            pytest.fail("the block ran")

    refusal(write, "file")


def test_a_folder_that_appeared_meanwhile_is_not_deleted(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(UserError, match="out"), new_folder(out) as folder:
        (folder / "mine").write_text("mine")
        fill(out, theirs="theirs")
    assert (out / "theirs").read_text() == "theirs"


def test_the_old_folder_comes_back_when_the_new_one_cannot_take_its_name(tmp_path):
    out = fill(tmp_path / "out", a="old")
    with pytest.raises(OSError), new_folder(out, overwrite=True) as folder:
        shutil.rmtree(folder)  # as a cleaner of temporary files may
    assert (out / "a").read_text() == "old"


def test_the_current_folder_is_refused_before_the_block(tmp_path, monkeypatch, refusal):
    monkeypatch.chdir(fill(tmp_path / "empty"))

    def write() -> None:
        with new_folder(Path()):
            pytest.fail("the block ran")

    refusal(write)


def test_a_link_that_leads_nowhere_is_refused_before_the_block(tmp_path, refusal):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    def write() -> None:
        with new_folder(tmp_path / "link"):
            pytest.fail("the block ran")

    refusal(write, "link")


@pytest.mark.parametrize(("content", "read"), [("Львів\n", "Львів\n".encode()), (b"\x00\xff", b"\x00\xff")])
def test_a_file_is_written_whole(tmp_path, content, read):
    path = tmp_path / "a.json"
    path.write_text("old")
    write_whole(path, content)
    assert path.read_bytes() == read
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_file_that_cannot_be_written_keeps_its_old_content(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half a character \ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_content_is_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    """Else a loss of power may leave a file of its full size, full of zeros, under the final name."""
    seen: list[tuple[str, bool]] = []

    def fsync(descriptor: int) -> None:
        seen.append((Path(f"/proc/self/fd/{descriptor}").resolve().name, (tmp_path / "a.json").exists()))

    monkeypatch.setattr("os.fsync", fsync)
    write_whole(tmp_path / "a.json", "new")
    assert seen == [("a.json.tmp", False), (tmp_path.name, True)]
