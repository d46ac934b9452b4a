"""The base of the widgets.

All state is in traits, which code can set and tests can read (`scrubber.step = 5`); the picture follows.

    Lab         the base class: a VBox of controls and a stage. A subclass
                  - defines its traits, and lists those that change the picture in `redraw_on`
                  - `prepare()`, if it likes: what frame() needs, made from the traits, before the first picture
                  - `frame()`     -> {part: HTML}, drawn on the stage in that order; unchanged parts are not touched
                  - `still()`     -> SVG, the picture for pages without a kernel
                  - `describe()`  -> one line of plain text: the repr, and what a screen reader says of the still
                  - `on_event(name, value)`: what was clicked, for elements with data-event="name" data-value="value"
                  - puts its controls above the stage, or below, by `super().__init__([above], [below], **traits)`
                    (attributes that prepare() or frame() needs are set before that call: it draws)
                A ValueError from frame() is shown as a notice. `lab.html` is all that the stage shows.
    Stage       an anywidget: HTML in, events out (assets/stage.js says how)
    Transport   an anywidget: a slider with Play (assets/transport.js)
    text_input  a labelled text field

Why anywidget? ipywidgets' HTML cannot say what was clicked, and its slider has no name for a screen reader.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets
from traitlets import Bool, Dict, Int, List, Unicode

from minbpe.base import well_formed
from minbpe.lab.draw.html import notice
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import direction

ASSETS = Path(__file__).parents[1] / "assets"
LECTURE = "MINBPE_LECTURE"  # the environment variable by which lecture mode tells the kernel


if "google.colab" in sys.modules:  # Colab shows no widgets of others until it is told to
    from google.colab import output

    output.enable_custom_widget_manager()

# echo_update=False: else ipywidgets tells the page what the page has just told it. That is one more message at
# each step of a slider, and of a pasted megabyte it is another megabyte.


class Stage(anywidget.AnyWidget):
    """Shows HTML, and tells what the reader does with it."""

    _esm = ASSETS / "stage.js"
    _css = ASSETS / "lab.css"
    names = List(Unicode(), help="the parts, in order").tag(sync=True)
    frame = Int(help="counts the pictures").tag(sync=True)
    step = Int(help="rows with a data-step above this are hidden").tag(sync=True)
    event = Dict(help="{name, value, n}: the last thing that the reader did").tag(sync=True, echo_update=False)
    columns = Int(help="letters of a token that fit side by side; 0 until the page says").tag(
        sync=True, echo_update=False
    )
    screen = Int(help="pixels from top to bottom of the window; 0 until the page says").tag(
        sync=True, echo_update=False
    )
    # Not `keys`, which is ipywidgets' own name for the traits that it sends.
    hotkeys = List(Unicode(), help="the keys that become an event of the name 'key'").tag(sync=True)

    # The HTML of part n is the trait p<n>: one each, because ipywidgets sends a trait whole, but only if it changed.

    @property
    def parts(self) -> dict[str, str]:
        """{name: HTML}, in order."""
        return {name: getattr(self, f"p{place}") for place, name in enumerate(self.names)}

    @parts.setter
    def parts(self, parts: dict[str, str]) -> None:
        if parts == self.parts:
            return
        wanted = [f"p{place}" for place in range(len(parts))]
        if missing := [name for name in wanted if not self.has_trait(name)]:  # adding none would cost as much
            self.add_traits(**{name: Unicode().tag(sync=True) for name in missing})
        with self.hold_sync():  # one message, so that the page never shows half a picture
            for name, html in zip(wanted, parts.values(), strict=True):
                setattr(self, name, html)
            self.names = list(parts)
            self.frame += 1


class Transport(anywidget.AnyWidget):
    """A slider over steps with Play, and buttons for one step and for the ends."""

    _esm = ASSETS / "transport.js"
    value = Int(0).tag(sync=True, echo_update=False)
    max = Int(0).tag(sync=True)
    shown = Int(0, help="the last value that was drawn while playing").tag(sync=True)
    playing = Bool(False).tag(sync=True)
    interval = Int(250, help="ms from step to step while playing").tag(sync=True)
    label = Unicode("step").tag(sync=True)
    unit = Unicode("step").tag(sync=True)


class _Line(ipywidgets.Text):
    value = Unicode().tag(sync=True, echo_update=False)


class _Lines(ipywidgets.Textarea):
    value = Unicode().tag(sync=True, echo_update=False)


def text_input(label: str, value: str, *, rows: int = 1, placeholder: str = "") -> ipywidgets.Text:
    """A text field with its label above it; several lines high if `rows` says so."""
    kind = _Line if rows == 1 else _Lines
    field = kind(
        value=value,
        description=label,
        placeholder=placeholder,
        continuous_update=True,
        style={"description_width": "initial"},
        layout={"width": "auto"},
    )
    if rows > 1:
        field.rows = rows
    return field


class Lab(ipywidgets.VBox):
    """The base of the lab's widgets."""

    large = Bool(help="letters for projecting; in lecture mode from the start")
    redraw_on: Sequence[str] = ()  # the traits that change the picture
    example = ""  # Python that makes one with something to show; `trained` is a small tokenizer there

    def __init__(
        self, controls: Sequence[ipywidgets.Widget] = (), below: Sequence[ipywidgets.Widget] = (), **traits: Any
    ) -> None:
        self._ready = False
        self.stage = Stage()
        self.stage.add_class("mb-stage-main")
        super().__init__(children=[*controls, self.stage, *below], **traits)
        self.add_class("mb-lab")
        self.observe(self._on_large, "large")
        self._on_large()
        self.stage.observe(lambda change: self._on_stage_event(change.new), "event")
        self.stage.observe(lambda change: self.on_room(), ["columns", "screen"])
        if self.redraw_on:
            self.observe(lambda change: self.redraw(), list(self.redraw_on))
        self.prepare()
        self._ready = True
        self.redraw()

    @traitlets.default("large")
    def _in_a_lecture(self) -> bool:
        return LECTURE in os.environ

    # --- what a widget says

    def prepare(self) -> None:
        """Make from the traits what `frame` needs. Called once, before the first picture."""

    def frame(self) -> dict[str, str]:
        """The picture as it should be now: {part: HTML}."""
        raise NotImplementedError

    def still(self) -> str:
        """The picture as an SVG."""
        raise NotImplementedError

    def describe(self) -> str:
        """The state in one line of plain text."""
        return type(self).__name__

    def on_event(self, name: str, value: Any) -> None:
        """Something on the stage was clicked, changed, or a key of `self.stage.hotkeys` was pressed."""

    def on_room(self) -> None:
        """The page has said how much room there is. A widget that draws as much as fits draws anew."""

    # --- how it is shown

    @property
    def html(self) -> str:
        """All that the stage shows."""
        return "".join(self.stage.parts.values())

    def redraw(self) -> None:
        """Draw the picture anew. Only what changed goes to the page."""
        if not self._ready:
            return
        try:
            parts = self.frame()
        except ValueError as error:
            parts = {"message": notice(str(error), "warning")}
        self.put(parts)

    def put(self, parts: dict[str, str]) -> None:
        """Hand a picture to the stage. A widget with several stages divides the parts among them."""
        self.stage.parts = parts

    def _on_large(self, change: object = None) -> None:
        (self.add_class if self.large else self.remove_class)("mb-large")

    def _on_stage_event(self, event: dict[str, Any]) -> None:
        self.on_event(str(event.get("name", "")), event.get("value"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.describe()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live view, and the still for those who cannot show it."""
        try:
            still = self.still()
        except ValueError as error:
            blank = Still(type(self).__name__)
            blank.text(str(error))
            still = blank.svg()
        return super()._repr_mimebundle_(**kwargs) | {"image/svg+xml": still}


LONGEST_INPUT = 100_000  # characters of a text that a widget looks at; of a longer one, the beginning


def cut(text: str, most: int, what: str) -> tuple[str, str]:
    """`text` cut to `most` characters, and a notice as HTML that says so, or ""."""
    if len(text) <= most:
        return text, ""
    message = f"{what} has {len(text):,} characters; here are the first {most:,}."
    return text[:most], notice(message, "warning")


class TextLab(Lab):
    """The base of the widgets that look at a text: `text`, the field to type it into, and how much is looked at."""

    text = Unicode(help="the text to look at")
    longest = LONGEST_INPUT  # characters
    label = "Text"
    rows = 2

    def __init__(
        self,
        text: str,
        controls: Sequence[ipywidgets.Widget] = (),
        below: Sequence[ipywidgets.Widget] = (),
        **traits: Any,
    ) -> None:
        self._cut_message = ""
        self.text_field = text_input(self.label, "", rows=self.rows, placeholder="type or paste a text")
        super().__init__([self.text_field, *controls], below, text=text, **traits)
        self.text_field.value = self.text
        self.text_field.observe(self._on_typed, "value")
        self.observe(self._on_text, "text")

    @traitlets.validate("text")
    def _looked_at(self, proposal: Any) -> str:
        # What is left out here is left out everywhere, so that a pasted megabyte does not travel to and fro.
        text, self._cut_message = cut(well_formed(proposal["value"]), self.longest, "The text")
        return text

    def _on_text(self, change: Any) -> None:
        self.text_field.value = self.text

    def _on_typed(self, change: Any) -> None:
        if change.new == self.text:
            return
        before, self.text = self.text, change.new
        if self.text == before:  # no change of the trait, so no redraw: only the part that is left out is new
            self.text_field.value = self.text
            self.redraw()

    @property
    def direction(self) -> str:
        return direction(self.text)

    def picture(self) -> dict[str, str]:
        """What `frame` shows below the message about a text that was cut."""
        raise NotImplementedError

    def frame(self) -> dict[str, str]:
        return ({"message": self._cut_message} if self._cut_message else {}) | self.picture()
