"""Texts to train on and to measure with.

    from minbpe import corpora

    corpora.load("story")         # one text
    corpora.load("english")       # a group of texts, joined by blank lines
    corpora.load("python-docs")   # half a million characters that every Python carries
    corpora.parallel()["ka"]      # the same 14 sentences, here in Georgian

All the texts but "python-docs" were written for this course and share its licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["LANGUAGES", "Language", "load", "names", "parallel"]


class Language(NamedTuple):
    """A language by its English name, by the name it gives itself, and its script."""

    name: str
    autonym: str
    script: str


LANGUAGES: dict[str, Language] = {
    "en": Language("English", "English", "Latin"),
    "de": Language("German", "Deutsch", "Latin"),
    "fr": Language("French", "français", "Latin"),
    "es": Language("Spanish", "español", "Latin"),
    "tr": Language("Turkish", "Türkçe", "Latin"),
    "vi": Language("Vietnamese", "Tiếng Việt", "Latin"),
    "ru": Language("Russian", "русский", "Cyrillic"),
    "uk": Language("Ukrainian", "українська", "Cyrillic"),
    "el": Language("Greek", "ελληνικά", "Greek"),
    "ar": Language("Arabic", "العربية", "Arabic"),
    "fa": Language("Persian", "فارسی", "Arabic"),
    "he": Language("Hebrew", "עברית", "Hebrew"),
    "hi": Language("Hindi", "हिन्दी", "Devanagari"),
    "bn": Language("Bengali", "বাংলা", "Bengali"),
    "ta": Language("Tamil", "தமிழ்", "Tamil"),
    "th": Language("Thai", "ไทย", "Thai"),
    "ka": Language("Georgian", "ქართული", "Georgian"),
    "am": Language("Amharic", "አማርኛ", "Ethiopic"),
    "zh": Language("Chinese", "中文", "Han"),
    "ja": Language("Japanese", "日本語", "Japanese"),  # Han, Hiragana and Katakana, mixed
    "ko": Language("Korean", "한국어", "Hangul"),
}

_HERE = Path(__file__).parent
_ENGLISH = ["story", "report", "recipes", "letters", "dialogue", "log", "table"]
_CODE = ["python", "javascript", "c", "rust", "sql", "html"]

# Every name, single text or group, with its files in order; "python-docs" is the one that has none.
_FILES = {
    **{name: [f"english/{name}.txt"] for name in _ENGLISH},
    **{name: [f"code/{name}.txt"] for name in _CODE},
    "unicode": ["unicode.txt"],
    "english": [f"english/{name}.txt" for name in _ENGLISH],
    "code": [f"code/{name}.txt" for name in _CODE],
    "parallel": [f"parallel/{code}.txt" for code in LANGUAGES],
}
_FILES["all"] = _FILES["english"] + _FILES["code"] + _FILES["parallel"] + _FILES["unicode"]


def names() -> list[str]:
    """Every name that `load` takes: the single texts, then the groups, then "python-docs"."""
    return [*_FILES, "python-docs"]


def load(name: str) -> str:
    """The text of that name, ending in a newline; the texts of a group are joined by a blank line.

    name is one of `names()`: a single text ("story", "rust", …), a group ("english", "code", "parallel",
    "all"), or "python-docs", the help pages of the Python that is running, which differ a little from one
    version of Python to the next.

    Raises TypeError when name is not a str, and ValueError when there is no text of that name.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a text is a str, not {type(name).__name__}: try load('story')")
    if name == "python-docs":
        return _python_docs()
    if name not in _FILES:
        raise ValueError(f"there is no text called {name!r}; choose one of {', '.join(names())}")
    return "\n".join(_read(file) for file in _FILES[name])


def parallel() -> dict[str, list[str]]:
    """One passage in every language: {code: its sentences}, codes as in LANGUAGES, "en" first.

    Sentence i says the same in all of them, so what differs is what a tokenizer makes of each.
    """
    return {code: _read(f"parallel/{code}.txt").rstrip("\n").split("\n") for code in LANGUAGES}


def _read(file: str) -> str:
    # Universal newlines on purpose: a checkout on Windows may have put "\r\n" into the files.
    return (_HERE / file).read_text(encoding="utf-8")


def _python_docs() -> str:
    try:
        from pydoc_data.topics import topics  # half a megabyte, so only when it is asked for
    except ImportError:
        raise ValueError(
            "this Python comes without its help pages (pydoc_data.topics), so there is no 'python-docs' here; "
            "load('english') is the next largest text"
        ) from None
    return "\n\n".join(topics[topic].strip("\n") for topic in sorted(topics)) + "\n"
