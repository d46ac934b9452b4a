"""What of a learner's text may come into a page: nbgrader puts it there as it is, and nbconvert cleans a part of it.

nbgrader_config.py in the results folder names these filters, so the pages of nbgrader's own commands have them, too.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from typing import Any

import bleach  # type: ignore[import-untyped]
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters import Highlight2HTML, ansi2html, strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = (
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
)  # fmt: skip
# Colours of code, and the sign beside a heading. Others are in the page's styles, and could cover the points.
CLASSES = re.compile(r"highlight|hl-\w+|anchor-link|[a-z]{1,2}\d?")
LINK = re.compile(r"(https?:|mailto:|#)", flags=re.IGNORECASE)
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")  # others tell somebody who looks at it
LONGEST = 10_000, 50_000  # characters of what is written or printed, and of HTML: some take time by the square
PATIENCE = 5.0  # seconds for a page, after which the rest of it is shown as it was written
SHOWN = 20_000  # characters of what is shown as it was written


@pass_context
def markdown(context: Context, source: str) -> str:
    """Markdown as nbconvert shows it, and cleaned."""
    attachments = context.get("cell", {}).get("attachments", {})

    def rendered(text: str) -> str:
        return _cleaned(MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=attachments)).render(text))

    return _in_time(context, source, LONGEST[0], rendered)


@pass_context
def clean(context: Context, text: str | bytes) -> str:
    """HTML that runs nothing, fetches nothing, and stays in its place."""
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return _in_time(context, whole, LONGEST[1], _cleaned)


@pass_context
def highlighted(context: Context, source: str, language: str | None = None, metadata: Any = None) -> str:
    """Code in colours."""
    return _in_time(context, source, LONGEST[0], Highlight2HTML(pygments_lexer="ipython3"))


@pass_context
def printed(context: Context, text: str) -> str:
    """What was printed, in colours; it stands in a <pre> already."""
    return _in_time(context, text, LONGEST[0], ansi2html, lambda text: _beginning(strip_ansi(text)))


def _as_written(text: str) -> str:
    return f"<pre>{_beginning(text)}</pre>"


def _beginning(text: str) -> str:
    more = f"\n… and {len(text) - SHOWN} characters more" if len(text) > SHOWN else ""
    return html.escape(text[:SHOWN]) + more


def _in_time(
    context: Context, text: str, longest: int, made: Callable[[str], str], otherwise: Callable[[str], str] = _as_written
) -> str:
    """What is made of a text; of one that would take too long, something simpler."""
    resources: dict[str, Any] = context.get("resources", {})  # of one page
    spent, begun = resources.get("seconds", 0.0), time.perf_counter()
    if len(text) > longest or spent > PATIENCE:
        return otherwise(text)
    done = made(text)
    resources["seconds"] = spent + time.perf_counter() - begun
    return done


def _cleaned(text: str) -> str:
    return str(bleach.clean(text, tags=TAGS, attributes=_may_stay, protocols=("http", "https", "mailto", "data")))


def _may_stay(tag: str, name: str, value: Any) -> bool:
    if name == "class":
        return CLASSES.fullmatch(value) is not None
    if (tag, name) == ("a", "href"):
        return LINK.match(value) is not None
    if (tag, name) == ("img", "src"):
        return PICTURE.fullmatch(value) is not None
    return (tag[0] == "h" and name == "id") or name in ("title", "alt", "colspan", "rowspan", "start")
