"""What was predicted, beside what came out."""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Unicode

from minbpe.lab.draw.html import escape
from minbpe.lab.draw.svg import Still
from minbpe.lab.widgets.lab import Lab
from minbpe.lab.widgets.questions import plain, prose

# JupyterLab floats the terms of a list, and gives them a width.
PREDICTED_STYLE = """
.mb dl.mb-outcome { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2em 0.8em;
  max-width: 62em; border-left: 0.35em solid var(--mb-accent); padding: 0.2em 0.7em; margin: 0; }
.mb dl.mb-outcome dt { font-weight: 700; float: none; width: auto; padding: 0; }
.mb dl.mb-outcome dd { margin: 0; padding: 0; overflow-wrap: anywhere; }
.mb-outcome code { font-family: var(--mb-mono); font-size: 0.95em; color: inherit; background: none; padding: 0;
  white-space: pre-wrap; }
"""
NOTHING = "nothing yet: the question stands above"


class Predicted(Lab):
    """A prediction, and with it what came out. The line follows the question, whichever cell runs first."""

    example = 'Predicted("[256, 97]", said="`[97, 256]`")'
    redraw_on = ("said", "right")
    said = Unicode(None, allow_none=True, help="what was predicted, with backticks around code; None before that")
    right = Bool(False)
    answer = Unicode(help="what is right: shown, once something is predicted, where there is no outcome that says it")

    def __init__(self, outcome: str | None = None, label: str = "It gives", **traits: Any) -> None:
        self.outcome = outcome
        self.label = label
        super().__init__(**traits)

    def frame(self) -> dict[str, str]:
        said = NOTHING if self.said is None else f"{self.said} {'✓' if self.right else '✗'}"
        rows = f"<dt>You predicted</dt><dd>{prose(said)}</dd>"
        if self.outcome is not None:
            rows += f"<dt>{escape(self.label)}</dt><dd><code>{escape(self.outcome)}</code></dd>"
        elif self.answer and self.said is not None:
            rows += f"<dt>The answer</dt><dd>{prose(self.answer)}</dd>"
        return {"style": f"<style>{PREDICTED_STYLE}</style>", "outcome": f'<dl class="mb-outcome">{rows}</dl>'}

    def still(self) -> str:
        picture = Still("What came out")
        picture.text(f"You predicted: {NOTHING if self.said is None else plain(self.said)}")
        if self.outcome is not None:
            picture.text(f"{self.label}: {self.outcome}")
        return picture.svg()

    def describe(self) -> str:
        return f"predicted {NOTHING if self.said is None else plain(self.said)}"

    def __repr__(self) -> str:
        """What came out: in a notebook that has not run this is what is shown, and nobody has predicted anything."""
        return self.describe() if self.outcome is None else self.outcome

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}  # whole: ipywidgets cuts it
