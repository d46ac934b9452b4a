"""Classes come from Moodle, Canvas and Gradescope, and their points go back there."""

import csv
import os
import sys
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from minbpe.lab.grading.exports import CanvasExport, MoodleExport
from minbpe.lab.grading.imports import import_download, main
from minbpe.lab.grading.results import CannotRun
from minbpe.lab.grading.submissions import time_of

NAME = "02-pairs"


def download(folder, files):
    """A zip with these files: what is in each, and the minute at which it was written."""
    path = folder / "download.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, (text, minute) in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 10, 5, 12, minute, 0)), text)
    return path


def imported(folder):
    return {path.parents[1].name: path.read_text(encoding="utf-8") for path in folder.glob(f"*/{NAME}/{NAME}.ipynb")}


def test_moodle_with_folders_and_without(tmp_path):
    files = {
        "Ann Lee_11_assignsubmission_file_/02-pairs.ipynb": ("ann", 1),
        "Ann Lee_11_assignsubmission_file_/notes.txt": ("", 2),
        "Jörg Ö. Maß_12_assignsubmission_file_02-pairs.ipynb": ("jörg", 3),
        "Ann Lee_13_assignsubmission_file_/pairs.ipynb": ("another ann", 4),
        "Eve_14_assignsubmission_onlinetext_/onlinetext.html": ("", 5),
    }
    done = import_download("moodle", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"Ann Lee_11": "ann", "Jörg Ö. Maß_12": "jörg", "Ann Lee_13": "another ann"}
    assert done.said == []
    path = tmp_path / "in" / "Jörg Ö. Maß_12" / NAME / f"{NAME}.ipynb"
    assert time_of(path) == "2026-10-05T12:03:00+00:00"


def test_no_name_of_a_file_makes_it_another_students(tmp_path):
    files = {
        "Ann Lee_11_assignsubmission_file_/02-pairs.ipynb": ("ann", 1),
        "Mal_66_assignsubmission_file_/Ann Lee_11_assignsubmission_file_02-pairs.ipynb": ("mal", 2),
        "Mal_66_assignsubmission_file_/x/Ann Lee_11_assignsubmission_file_/02-pairs.ipynb": ("mal", 2),
        "Max_67_assignsubmission_file_Ann Lee_11_assignsubmission_file_02-pairs.ipynb": ("max", 3),
        "all/Eve_14_assignsubmission_file_/02-pairs.ipynb": ("eve", 4),
    }
    import_download("moodle", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"Ann Lee_11": "ann", "Mal_66": "mal", "Max_67": "max", "Eve_14": "eve"}
    files = {
        "leeann_101_5001_02-pairs.ipynb": ("ann", 1),
        "mal_666_5002_x/leeann_101_9999_02-pairs-9.ipynb": ("mal", 2),
    }
    import_download("canvas", download(tmp_path, files), NAME, tmp_path / "canvas")
    assert imported(tmp_path / "canvas") == {"leeann_101": "ann"}


def test_a_time_that_a_student_hands_in_is_left_out(tmp_path):
    files = {
        "Ann_11_assignsubmission_file_/02-pairs.ipynb": ("ann", 1),
        "Ann_11_assignsubmission_file_/timestamp.txt": ("1999-01-01", 1),
    }
    import_download("moodle", download(tmp_path, files), NAME, tmp_path / "in")
    assert time_of(tmp_path / "in" / "Ann_11" / NAME / f"{NAME}.ipynb") == "2026-10-05T12:01:00+00:00"


def test_a_file_that_cannot_be_unpacked_costs_nobody_else_anything(tmp_path):
    files = {
        "Ann_11_assignsubmission_file_/02-pairs.ipynb": ("ann", 1),
        "Bob_12_assignsubmission_file_/02-pairs.ipynb": ("damage me", 1),
    }
    path = download(tmp_path, files)
    path.write_bytes(path.read_bytes().replace(b"damage me", b"damaged!!"))
    done = import_download("moodle", path, NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"Ann_11": "ann"}
    assert len(done.said) == 1
    assert done.said[0].startswith("Bob_12: Bob_12_assignsubmission_file_/02-pairs.ipynb cannot be read (Bad CRC-32")


def test_canvas_late_and_repeated_ones(tmp_path):
    files = {
        "leeann_101_5001_02-pairs.ipynb": ("first", 1),
        "leeann_101_5002_02-pairs-1.ipynb": ("second", 1),
        "leeann_101_5003_02-pairs-2.ipynb": ("third", 1),
        "maxbob_LATE_102_5004_02-pairs.ipynb": ("late", 2),
        "eve_103_5005_essay.pdf": ("", 3),
    }
    done = import_download("canvas", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"leeann_101": "third", "maxbob_102": "late"}
    assert done.said == [
        "leeann_101 handed in 3 notebooks: leeann_101_5003_02-pairs-2.ipynb counts",
        "maxbob_102 was late",
    ]


METADATA = """
submission_7:
  :submitters:
  - :name: Ann Lee
    :email: ann@example.edu
  - :name: Bob
    :email: bob@example.edu
  :created_at: 2026-10-05 10:00:00.5 Z
submission_8:
  :submitters:
  - :name: Eve
  :created_at: 2026-10-06 10:00:00 Z
  :lateness: 3600
"""


def test_gradescope_with_groups(tmp_path):
    files = {
        "assignment_9_export/submission_metadata.yml": (METADATA, 0),
        "assignment_9_export/submission_7/02-pairs.ipynb": ("group", 1),
        "assignment_9_export/submission_8/02-pairs.ipynb": ("eve", 1),
    }
    done = import_download("gradescope", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"ann@example.edu": "group", "bob@example.edu": "group", "Eve": "eve"}
    assert done.said == ["Eve was late"]
    assert time_of(tmp_path / "in" / "ann@example.edu" / NAME / f"{NAME}.ipynb") == "2026-10-05T10:00:00+00:00"


def test_what_a_student_puts_into_a_submission_says_nothing_of_others(tmp_path):
    files = {
        "submission_metadata.yml": (METADATA, 0),
        "submission_7/02-pairs.ipynb": ("group", 1),
        "submission_8/02-pairs.ipynb": ("eve", 1),
        "submission_8/submission_metadata.yml": (METADATA.replace("submission_8", "x").replace("_7", "_8"), 1),
        "submission_8/submission_7/02-pairs.ipynb": ("hers?", 1),
    }
    import_download("gradescope", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in")["ann@example.edu"] == "group"


@pytest.mark.parametrize(
    "metadata", ["submission_7: [1]", "submission_7:\n  :submitters: 3", "[1]", "submission_7: {}"]
)
def test_a_download_whose_metadata_say_nothing_goes_by_its_folders(tmp_path, metadata):
    files = {"submission_metadata.yml": (metadata, 0), "submission_7/02-pairs.ipynb": ("x", 1)}
    import_download("gradescope", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"submission_7": "x"}


def test_names_that_no_folder_can_have_stay_apart(tmp_path):
    metadata = "".join(
        f"submission_{number}:\n  :submitters:\n  - :email: {name}\n"
        for number, name in enumerate(["a+nn@x.org", "a_nn@x.org", "02-pairs", "__pycache__"])
    )
    files = {f"submission_{number}/02-pairs.ipynb": (str(number), 1) for number in range(4)}
    files["submission_metadata.yml"] = (metadata, 0)
    done = import_download("gradescope", download(tmp_path, files), NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {
        "a_nn@x.org": "0", "a_nn@x.org (2)": "1", "student 02-pairs": "2", "student __pycache__": "3",
    }  # fmt: skip
    assert done.said == ["a_nn@x.org is a_nn@x.org (2) here: the name without its number was taken"]


def test_names_of_files_decide_which_notebook_counts_not_names_of_students(tmp_path):
    long = "한" * 100
    files = {
        "Team 02-pairs_11_assignsubmission_file_/other.ipynb": ("other", 2),
        "Team 02-pairs_11_assignsubmission_file_/02-pairs.ipynb": ("right", 1),
        f"{long}_12_assignsubmission_file_/02-pairs.ipynb": ("long", 1),
    }
    import_download("moodle", download(tmp_path, files), NAME, tmp_path / "in")
    found = imported(tmp_path / "in")
    assert found.pop("Team 02-pairs_11") == "right"
    assert [*found.values()] == ["long"]
    assert next(iter(found)).endswith("_12") and long.startswith(next(iter(found)).removesuffix("_12"))
    again = {"ann_1_9_02-pairs-2024.ipynb": ("first", 1), "ann_1_10_02-pairs-1.ipynb": ("second", 2)}
    import_download("canvas", download(tmp_path, again), NAME, tmp_path / "canvas")
    assert imported(tmp_path / "canvas") == {"ann_1": "second"}


def test_an_unpacked_folder_is_the_same_as_its_zip_and_nothing_lands_elsewhere(tmp_path):
    files = {
        "leeann_101_5001_02-pairs.ipynb": ("ann", 1),
        "../../evil_102_5002_02-pairs.ipynb": ("evil", 1),
        "x/../.._103_5003_02-pairs.ipynb": ("dots", 1),
    }
    path = download(tmp_path, files)
    import_download("canvas", path, NAME, tmp_path / "in")
    assert imported(tmp_path / "in") == {"leeann_101": "ann", "evil_102": "evil", "_103": "dots"}
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    (unpacked / "leeann_101_5001_02-pairs.ipynb").write_text("ann", encoding="utf-8")
    assert import_download("canvas", unpacked, NAME, tmp_path / "other").students == 1


def test_another_download_is_said(tmp_path, capsys):
    path = download(tmp_path, {"readme.txt": ("", 1)})
    with pytest.raises(CannotRun, match="no notebook in the way that moodle names them"):
        import_download("moodle", path, NAME, tmp_path / "in")
    (tmp_path / "no.zip").write_bytes(b"PK")
    assert main(["canvas", str(tmp_path / "no.zip"), NAME, str(tmp_path / "in")]) == 2
    assert "neither a folder nor a zip that can be read" in capsys.readouterr().err


@pytest.fixture
def gradebook(tmp_path, monkeypatch):
    # nbgrader calls the program `alembic`, which stands beside this Python.
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "minbpe") as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        book.add_grade_cell("check-get-stats", NAME, NAME, max_score=5, cell_type="code")
        for student in ("Ann Lee_101", "bob"):
            book.add_student(student)
        submission = book.add_submission(NAME, "Ann Lee_101")
        (grade,) = submission.notebooks[0].grades
        grade.auto_score = 4
        submission.notebooks[0].late_submission_penalty = 1.5
        book.db.commit()
        yield book


def lines(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_points_for_canvas_and_moodle(tmp_path, gradebook):
    CanvasExport(to=str(tmp_path / "canvas.csv")).export(gradebook)
    assert lines(tmp_path / "canvas.csv") == [
        ["Student", "ID", "SIS Login ID", "Section", NAME],
        ["    Points Possible", "", "", "", "5"],
        ["Ann Lee", "101", "", "", "2.5"],
        ["bob", "", "bob", "", ""],
    ]
    MoodleExport(to=str(tmp_path / "moodle.csv")).export(gradebook)
    assert lines(tmp_path / "moodle.csv") == [
        ["Identifier", "Full name", NAME],
        ["Participant 101", "Ann Lee", "2.5"],
        ["bob", "bob", ""],
    ]
