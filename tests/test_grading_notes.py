"""What a submission tries is noted, and told; one that keeps its notes back is told as well."""

import re

import pytest
from test_grading_attacks import RIGHT, contained, graded, written

from minbpe.lab.grading.notebook import SENTENCES

# Where notes go: to the socket that the grader listens on.
FIND_NOTES = """
import os, socket
for notes in range(3, 64):
    try: peer = os.readlink(f"/proc/self/fd/{notes}").startswith("socket:") and socket.socket(fileno=os.dup(notes)).getpeername()
    except OSError: continue
    if isinstance(peer, str) and os.path.basename(peer).startswith("calls-"): break
else: raise LookupError
"""  # noqa: E501
SILENCES = {
    "for good": "os.dup2(os.open(os.devnull, os.O_WRONLY), notes)",
    "for a while": """
kept = os.dup(notes)
os.dup2(os.open(os.devnull, os.O_WRONLY), notes)
try: os.system("ls")
except OSError: pass
os.dup2(kept, notes)
""",
    "closed": "os.close(notes)",
    "shut": "socket.socket(fileno=os.dup(notes)).shutdown(socket.SHUT_WR)",
    "full": """
try:
    while True: os.write(notes, b"\\n" * 9999)
except BlockingIOError: pass
try: os.system("ls")
except OSError: pass
""",
    "read by another, who hands on what is harmless": """
import threading
kept, (ours, theirs) = os.dup(notes), socket.socketpair()
os.dup2(theirs.fileno(), notes)
def hand_on():
    while True:
        for line in os.read(ours.fileno(), 9999).splitlines(True):
            if b"other programs" not in line: os.write(kept, line)
threading.Thread(target=hand_on, daemon=True).start()
try: os.system("ls")
except OSError: pass
""",
}


@contained
@pytest.mark.parametrize("name", SILENCES)
def test_a_submission_that_keeps_back_its_notes_is_told(name):
    result = graded(written(RIGHT, [FIND_NOTES + SILENCES[name]]))
    assert all(result["passed"].values())
    told = ("keeping its notes back", "wiped out the notes")
    assert [said for said in result["said"] if any(each in said for each in told)], result["said"]


@contained
def test_notes_without_end_are_counted_not_told():
    flood = FIND_NOTES + "os.write(notes, b''.join(b'%d\\x1b[2J\\t\\xe2\\x80\\xae\\n' % i for i in range(3000)))"
    said = graded(written(RIGHT, [flood] * 5))["said"]
    assert len(said) == SENTENCES + 1
    assert re.fullmatch(r"… and \d+ more", said[-1])
    assert all(len(each) <= 200 and each.isprintable() for each in said)
