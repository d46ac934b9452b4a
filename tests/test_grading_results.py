"""Whatever happens to a grading or to its folder, nothing that was graded is lost, and the next run goes on."""

import csv
import errno
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import filelock
import pytest

from minbpe.lab.grading import sandbox
from minbpe.lab.grading.__main__ import main
from minbpe.lab.grading.results import Results, Row

NAME = "02-pairs"


def hand_in(folder):
    """A class whose notebooks cannot be opened: all the machinery, and no kernel."""
    for student in ("ann", "bob", "eve"):
        path = folder / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(f"{student}'s homework", encoding="utf-8")
        os.utime(path, (1_791_000_000, 1_791_000_000))
    return folder


@pytest.fixture
def submitted(tmp_path):
    return hand_in(tmp_path / "submitted")


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("once")
    assert grade(hand_in(folder / "submitted"), folder / "graded") == 1
    return folder / "graded"


def lines(graded):
    with (graded / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(row["student"], row["assignment"]): row for row in csv.DictReader(file)}


def without_times(graded):
    return {key: {**row, "graded": ""} for key, row in lines(graded).items()}


def grade(submitted, graded, *options):
    return main([str(submitted), str(graded), *options])


@pytest.fixture
def graded(graded_once, tmp_path):
    shutil.copytree(graded_once, tmp_path / "graded")
    return tmp_path / "graded"


@pytest.fixture
def begun(graded):
    """The folder with the assignments made, and nothing graded."""
    shutil.rmtree(graded / "results")
    return graded


def test_a_damaged_result_is_set_aside_said_and_made_again(submitted, graded, capsys):
    before = without_times(graded)
    path = graded / "results" / "bob" / f"{NAME}.json"
    for damage in (path.read_bytes()[:50], b"", b"[]", b'{"student": 1}', b"\xff\xfe"):
        path.write_bytes(damage)
        capsys.readouterr()
        assert grade(submitted, graded) == 1
        assert f"results/bob/{NAME}.json was damaged" in capsys.readouterr().out
        assert without_times(graded) == before
    assert len(list(path.parent.glob("*.damaged-*"))) == 5


@pytest.mark.parametrize("damage", [b"no database", b"", None], ids=["damaged", "empty", "gone"])
def test_a_gradebook_that_cannot_be_used_is_made_again_with_the_points_given_by_hand(submitted, graded, damage):
    assert grade(submitted, graded, "--give", "ann", "check-top-pairs", "2") == 1
    assert lines(graded)["ann", NAME]["score"] == "2"
    before = without_times(graded)
    book = graded / "gradebook.db"
    if damage is None:
        book.unlink()
    else:
        book.write_bytes(damage)
    assert grade(submitted, graded) == 1
    assert without_times(graded) == before
    assert (graded / "gradebook.db.damaged-1").exists() == (damage is not None)


def test_two_at_once_is_said_and_the_second_grades_nothing(submitted, tmp_path, capsys):
    graded = tmp_path / "graded"
    graded.mkdir()
    with filelock.FileLock(graded / ".lock"):
        assert grade(submitted, graded) == 2
    assert "another grading works in" in capsys.readouterr().err
    assert not (graded / "points.csv").exists()


def test_one_assignment_or_a_student_who_is_gone_takes_nobody_out_of_the_table(submitted, graded):
    before = set(lines(graded))
    other = submitted / "ann" / "03-merges" / "03-merges.ipynb"
    other.parent.mkdir()
    other.write_text("x", encoding="utf-8")
    for path in sorted((submitted / "eve").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (submitted / "eve").rmdir()
    assert grade(submitted, graded, "--assignment", "03-merges") == 1
    assert set(lines(graded)) == before | {("ann", "03-merges"), ("bob", "03-merges")}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Stopped: the disk is full. Make room, and run it again"),
        (KeyboardInterrupt(), "Stopped before the end. Run it again to go on."),
        (RuntimeError("a fault of ours"), "Stopped by a fault of the grading (RuntimeError; see "),
    ],
)
def test_what_ends_a_grading_is_a_sentence_and_the_next_run_goes_on(
    submitted, begun, monkeypatch, capsys, error, sentence
):
    keep, kept = Results.keep, []

    def once(self, row):
        if len(kept) == 1:
            raise error
        kept.append(row)
        keep(self, row)

    monkeypatch.setattr(Results, "keep", once)
    assert grade(submitted, begun) == 2
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert said.count("\n") == 1
    assert sum("not graded yet" in row["look_at"] for row in lines(begun).values()) == 2
    monkeypatch.setattr(Results, "keep", keep)
    assert grade(submitted, begun) == 1
    assert not any("not graded yet" in row["look_at"] for row in lines(begun).values())
    assert len(lines(begun)) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_being_told_to_end_is_like_ctrl_c(submitted, begun, monkeypatch, capsys):
    monkeypatch.setattr(Results, "keep", lambda self, row: signal.raise_signal(signal.SIGTERM))
    assert grade(submitted, begun) == 2
    assert capsys.readouterr().err == "Stopped before the end. Run it again to go on.\n"


def test_a_result_is_whole_or_not_there(tmp_path):
    results = Results(tmp_path)
    row = Row("Jörg Ö.", NAME, 3.5, 6, ["look"], "f", "2026-10-05T10:00:00+00:00", "now", "bwrap", {"check": 1.5})
    results.keep(row)
    assert results.load() == {row.key: row}
    path = tmp_path / "results" / "Jörg Ö." / f"{NAME}.json"
    assert json.loads(path.read_text(encoding="utf-8"))["given"] == {"check": 1.5}
    path.rename(path.with_name("03-merges.json"))  # a copy in another's place is no result
    assert results.load() == {}
    assert "belongs to another place" in results.set_aside[0]


def test_the_table_for_a_spreadsheet_runs_nothing(tmp_path):
    rows = [Row("=cmd|' /C calc'!A1", NAME, 2, 6, graded="now"), Row("bob", "03-merges", graded="now")]
    Results(tmp_path).write_tables(rows)
    with (tmp_path / "points-wide.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["student", NAME, "03-merges", "total"],
            ["'=cmd|' /C calc'!A1", "2", "", "2"],
            ["bob", "", "0", "0"],
        ]


def test_nor_does_a_spreadsheet_that_takes_another_sign_for_the_end_of_a_field(tmp_path):
    notes = ["also there, not graded: ;=cmd|'/C calc'!A0", "a, -b", 'x;"@SUM(1)"', "\t+1", "mine; its own"]
    Results(tmp_path).write_tables([Row("ann", NAME, look_at=[note]) for note in notes])
    with (tmp_path / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        shown = [row["look_at"] for row in csv.DictReader(file)]
    assert shown == [
        "also there, not graded: ;'=cmd|'/C calc'!A0", "a, '-b", "x;\"'@SUM(1)\"", "\\t+1", "mine; its own"
    ]  # fmt: skip


def test_one_file_that_cannot_be_read_costs_its_own_points_alone(submitted, graded, monkeypatch, capsys):
    before = without_times(graded)
    with (submitted / "ann" / NAME / f"{NAME}.ipynb").open("wb") as file:
        file.truncate(1 << 37)
    with (submitted / "eve" / NAME / "timestamp.txt").open("wb") as file:
        file.truncate(1 << 37)
    opened = Path.open

    def closed(path, *mode, **more):
        if path.parts[-3:] == ("bob", NAME, f"{NAME}.ipynb"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *mode, **more)

    monkeypatch.setattr(Path, "open", closed)
    assert grade(submitted, graded) == 1
    after = without_times(graded)
    assert after["ann", NAME]["look_at"] == "the file has over 64 MB: ask for it again"
    assert after["bob", NAME]["look_at"] == "could not be prepared (PermissionError), not graded: look at it"
    assert after["eve", NAME] == before["eve", NAME]
    assert capsys.readouterr().err == ""
    monkeypatch.undo()
    assert grade(submitted, graded) == 1  # it is mended, and graded again
    assert without_times(graded)["bob", NAME] == before["bob", NAME]


def test_a_folder_that_nobody_may_look_into_stops_nobody_elses_grading(submitted, graded, monkeypatch):
    listed = Path.iterdir

    def closed(path):
        if path.parts[-2:] == ("bob", NAME):
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    assert grade(submitted, graded) == 1
    after = lines(graded)
    assert after["bob", NAME]["look_at"] == "cannot be looked at (Permission denied): mend its folder"
    assert "not JSON" in after["eve", NAME]["look_at"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_shown_and_what_was_found_is_kept(submitted, graded, capsys):
    os.close(os.open(os.fsencode(submitted / "ann" / NAME) + b"/\xff\n\x1b[31m.txt", os.O_CREAT))
    for number in range(8):
        (submitted / "bob" / NAME / f"{number}.txt").touch()
    os.makedirs(os.fsencode(submitted) + b"/\xff/" + NAME.encode())
    shown = "also there, not graded: \\udcff\\n\\x1b[31m.txt; the file is not JSON, so no notebook: ask for it again"
    for _ in range(2):
        assert grade(submitted, graded) == 1
        assert lines(graded)["ann", NAME]["look_at"] == shown
        assert "0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 3 more;" in lines(graded)["bob", NAME]["look_at"]
        assert "nbgrader cannot take this folder's name" in lines(graded)["\\udcff", "?"]["look_at"]
        assert "damaged" not in capsys.readouterr().out


def test_a_result_with_half_a_character_is_no_damaged_one(tmp_path):
    results, row = Results(tmp_path), Row("ann", NAME, look_at=["\udcff \ud800"])
    results.keep(row)
    assert results.load() == {row.key: row}
    assert results.set_aside == []


def test_a_class_that_its_own_members_could_read_is_not_graded(submitted, graded, monkeypatch, capsys):
    contained = sandbox.Sandbox("bwrap", "bwrap")
    monkeypatch.setattr(sandbox, "choose", lambda kind: contained)
    for folder in (submitted, graded):
        monkeypatch.setattr(sandbox, "system_folders", lambda folder=folder: (folder.parent / "x", folder.parent))
        assert grade(submitted, graded) == 2
        assert "which every submission can read: name another place" in capsys.readouterr().err


def test_a_sandbox_that_is_not_there_is_said_before_anything_is_graded(submitted, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert grade(submitted, tmp_path / "graded", "--sandbox", "bwrap") == 2
    assert "there is no bwrap: install bubblewrap" in capsys.readouterr().err
