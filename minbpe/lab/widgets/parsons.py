"""Parsons problems: the lines of a function are there, and the learner puts them in order.

    Parsons(["return best", "def top_pair(stats):", …], "top_pair")

Lines are given without their indentation; some may be too many. A press on a line puts it into the program, and
buttons or the arrow keys move it. Check runs the assembled program through the check of the exercise, so that any
order that works is right, and a wrong one gets the words that a written answer would get.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from io import StringIO
from random import Random
from typing import Any

from traitlets import Bool, Int, List, TraitError, Unicode, observe, validate

from minbpe.lab.checks import Check, CheckFailed, runner
from minbpe.lab.draw.html import escape, panel
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import counted
from minbpe.lab.widgets.lab import Lab

INDENT = "    "
DEEPEST = 6  # steps to the right at the most
FILE = "<your lines>"  # what a traceback calls the program
# How a line is moved: (event, words, the sign on the button, the key that does the same).
MOVES = [
    ("up", "up", "↑", "ArrowUp"),
    ("down", "down", "↓", "ArrowDown"),
    ("left", "to the left", "←", "ArrowLeft"),
    ("right", "to the right", "→", "ArrowRight"),
    ("out", "out of the program", "✕", "Delete"),
]
KEYS = {key: move for move, _, _, key in MOVES}


class Parsons(Lab):
    """Lines to put in order. `name` is the function that they make, `given` code that is run before them.

    `program` is the state: for each line of the program its place in `lines` and how far it is indented, as
    [[3, 0], [1, 1]]. `arrange` sets it from a text. `check` runs it; then `passed` and `verdict` say what came of it.
    In place of the check of the exercise `name`, `judge` may be any function that takes the learner's function,
    and raises AssertionError, with words, when it is wrong.
    """

    example = 'Parsons(["def f():", "a = 1", "return a + 1"], "f", judge=lambda f: f())'
    redraw_on = ("program", "selected", "verdict", "large")
    program: List[Any] = List(help="[place in lines, steps of indentation] of each line of the program, from the top")
    selected = Int(None, allow_none=True, help="the line of the program that is moved, counted from 0")
    verdict = Unicode(help="what the last check said")
    passed = Bool(False, help="whether the last check was passed, and nothing has changed since")

    def __init__(
        self,
        lines: Iterable[str],
        name: str,
        given: str = "",
        judge: Callable[[Any], object] | None = None,
        **traits: Any,
    ) -> None:
        self.lines = shuffled(lines)
        self.name = name
        self.given = given
        # A Check of its own, that tells nobody: to put lines in order is not yet to have written them.
        self.judge = judge or (lambda answer: Check()(name, answer))
        if not self.lines:
            raise ValueError("a Parsons problem needs lines")
        super().__init__(**traits)
        self.add_class("mb-parsons")
        self.stage.hotkeys = list(KEYS)

    @property
    def code(self) -> str:
        """The program as it stands now."""
        return "\n".join(INDENT * steps + self.lines[place] for place, steps in self.program)

    def arrange(self, source: str) -> None:
        """Set the program from its source. ValueError for a line that is none of the lines."""
        free = list(range(len(self.lines)))
        program = []
        for line in filter(str.strip, source.splitlines()):
            place = next((place for place in free if self.lines[place] == line.strip()), None)
            if place is None:
                raise ValueError(f"this is none of the lines that are left: {line.strip()!r}")
            free.remove(place)
            program.append([place, (len(line) - len(line.lstrip())) // len(INDENT)])
        self.program = program

    # --- the check

    def check(self) -> bool:
        """Run the program through the check of its exercise. Returns whether it passed."""
        passed, verdict = self._examine()
        self.passed, self.verdict = passed, verdict
        return passed

    def _examine(self) -> tuple[bool, str]:
        if not self.program:
            return False, f"✗ {self.name} is not done yet.\n\nPress a line to put it into the program."
        # So that a message can show the line in which something went wrong.
        linecache.cache[FILE] = (len(self.code), None, self.code.splitlines(keepends=True), FILE)
        try:
            program = compile(self.code, FILE, "exec")
        except SyntaxError as error:
            return False, f"✗ {self.name}: not right yet\n\n{in_words(error)}"
        names: dict[str, Any] = {}
        exec(self.given, names)
        outcome = runner.run(lambda: exec(program, names))
        if outcome.stopped or outcome.error is not None:
            came = outcome.error.kind if outcome.error else "no end"
            return False, (
                f"✗ {self.name}: not right yet\n\nA line that belongs inside the function stands outside: it is run "
                f"at once, and gives {came}."
            )
        if self.name not in names:
            return False, f"✗ {self.name} is not there yet.\n\nWhich line begins it?"
        printed = StringIO()
        try:
            with redirect_stdout(printed):
                self.judge(names[self.name])
        except AssertionError as error:
            words = str(error)
            return False, words if isinstance(error, CheckFailed) else f"✗ {self.name}: not right yet\n\n{words}"
        return True, f"{printed.getvalue().strip() or f'✓ {self.name}'}\n\nNow write it into the cell below."

    # --- moving lines

    @validate("program")
    def _known(self, proposal: Any) -> list[list[int]]:
        program = [list(row) for row in proposal["value"]]
        places = [row[0] for row in program]
        if len(set(places)) != len(places) or not set(places) <= set(range(len(self.lines))):
            raise TraitError(f"each line can be used once, and the lines are 0 to {len(self.lines) - 1}: {places}")
        if any(len(row) != 2 or not 0 <= row[1] <= DEEPEST for row in program):
            raise TraitError(f"each row is [line, steps to the right], with 0 to {DEEPEST} steps: {program}")
        return program

    @observe("program")
    def _changed(self, change: Any) -> None:
        self.passed, self.verdict = False, ""
        if self.selected is not None and self.selected >= len(self.program):
            self.selected = len(self.program) - 1 if self.program else None

    def toggle(self, place: int) -> None:
        """Put a line into the program, after the selected one; or take it out if it is there."""
        used = [row[0] for row in self.program]
        if place in used:
            self.selected = used.index(place)
            self.move("out")
            return
        at = len(used) if self.selected is None else self.selected + 1
        steps = 0
        if at:
            before, steps = self.program[at - 1]
            # As an editor does it.
            steps = min(DEEPEST, steps + self.lines[before].endswith(":"))
        self.program = [*self.program[:at], [place, steps], *self.program[at:]]
        self.selected = at

    def move(self, move: str) -> None:
        """Move the selected line "up", "down", "left", "right" or "out". What cannot be done is not done."""
        if not self._can(move):
            return
        program, at = [list(row) for row in self.program], self.selected
        assert at is not None
        if move == "out":
            del program[at]
            to: int | None = min(at, len(program) - 1) if program else None
        elif move in ("left", "right"):
            program[at][1] += 1 if move == "right" else -1
            to = at
        else:
            to = at + (1 if move == "down" else -1)
            program[at], program[to] = program[to], program[at]
        self.program = program
        self.selected = to

    def _can(self, move: str) -> bool:
        if self.selected is None or not self.program:
            return False
        steps = self.program[self.selected][1]
        return {
            "up": self.selected > 0,
            "down": self.selected < len(self.program) - 1,
            "left": steps > 0,
            "right": steps < DEEPEST,
            "out": True,
        }[move]

    def on_event(self, name: str, value: Any) -> None:
        if name == "toggle":
            self.toggle(int(value))
        elif name == "select":
            self.selected = int(value)
        elif name == "move":
            self.move(str(value))
        elif name == "key" and value in KEYS:
            self.move(KEYS[value])
        elif name == "check":
            self.check()
        elif name == "clear":
            self.program = []

    # --- the picture

    def frame(self) -> dict[str, str]:
        given = f" Done already: <code>{escape(self.given)}</code>." if self.given else ""
        task = (
            f"<p><b>Put the lines of <code>{escape(self.name)}</code> in order.</b> Not all of them are "
            f"needed.{given}</p>"
        )
        board = f'<div class="mb-columns">{self._pool()}{self._program()}</div>'
        return {"task": task, "board": board, "tools": self._tools()} | {
            "verdict": f'<div role="status"><pre class="mb-verdict">{escape(self.verdict)}</pre></div>'
        }

    def _pool(self) -> str:
        used = {row[0] for row in self.program}
        rows = "".join(
            f'<li><button type="button" class="mb-button mb-line" data-event="toggle" data-value="{place}" '
            f'aria-pressed="{"true" if place in used else "false"}">'
            f'<span class="mb-number">{letter(place)}</span><code>{escape(line)}</code></button></li>'
            for place, line in enumerate(self.lines)
        )
        return panel("Lines: press one to use it", f'<ul class="mb-lines mb-pool">{rows}</ul>')

    def _program(self) -> str:
        rows = []
        for number, (place, steps) in enumerate(self.program):
            line = escape(self.lines[place])
            # Heard, not seen: what the indentation says to the eye.
            where = f'<span class="mb-hidden">, {counted(steps, "step")} to the right: </span>'
            rows.append(
                f'<li><button type="button" class="mb-button mb-line" data-event="select" data-value="{number}" '
                f'aria-pressed="{"true" if number == self.selected else "false"}">'
                f'<span class="mb-number">{number + 1}</span>{where}'
                f"<code>{'<span class=mb-step></span>' * steps}{line}</code></button></li>"
            )
        body = f'<ol class="mb-lines mb-program" data-follow>{"".join(rows)}</ol>' if rows else "<p>No lines yet.</p>"
        return panel("Your program: press a line to move it", body)

    def _tools(self) -> str:
        buttons = [
            f'<button type="button" class="mb-button" data-event="move" data-value="{move}" '
            f'aria-disabled="{"false" if self._can(move) else "true"}" title="{key}" '
            f'aria-label="Move the chosen line {words}">{sign}</button>'
            for move, words, sign, key in MOVES
        ]
        buttons.append('<button type="button" class="mb-button" data-event="check"><b>Check</b></button>')
        buttons.append('<button type="button" class="mb-button" data-event="clear">Start again</button>')
        return f'<div class="mb-buttons">{"".join(buttons)}</div><p class="mb-muted">{HELP}</p>'

    def still(self) -> str:
        picture = Still(f"Put the lines of {self.name} in order", "Not all of them are needed.")
        for place, line in enumerate(self.lines):
            picture.text(f"{letter(place)}  {line}", mono=True)
        if self.program:
            picture.text("Your program", bold=True)
            for line in self.code.splitlines():
                picture.text(line.replace(" ", "\u00a0"), mono=True)
        picture.text("In JupyterLab, press a line to put it into the program, and check it there.")
        return picture.svg()

    def describe(self) -> str:
        return f"{self.name}, {len(self.program)} of {len(self.lines)} lines in the program"


HELP = "The arrow keys move the chosen line, too, and Delete takes it out."


def letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def shuffled(lines: Iterable[str]) -> list[str]:
    """The lines in an order that depends on them alone, not on the order in which they are given."""
    ordered = sorted(line.strip() for line in lines)
    Random("\n".join(ordered)).shuffle(ordered)
    return ordered


def in_words(error: SyntaxError) -> str:
    """What Python has against an order of lines, for someone who has not seen these messages before."""
    line, message = error.lineno or 1, error.msg or ""
    if "expected an indented block" in message:
        return f"Line {line} should stand further to the right: it belongs to the line above, which ends in a colon."
    if "unexpected indent" in message:
        return f"Line {line} stands too far to the right: the line above does not end in a colon."
    if "unindent" in message:
        return f"Line {line} stands under nothing: its left edge should be that of a line above."
    if "outside function" in message or "outside loop" in message:
        return f"Line {line} stands too far to the left, or too far up: {message}."
    return f"Line {line} does not fit where it stands. Python says: {message}."
