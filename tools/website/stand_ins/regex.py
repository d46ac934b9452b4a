"""Where there is no `regex`: Python's `re`, taught the classes of characters that split patterns need, such as \\p{L}.

What it does not know, such as scripts or fuzzy matching, is an error that says so.
"""

import re
import sys
import warnings
from functools import cache

from minbpe.lab.widgets.utf8_inspector import nearly_clusters
from minbpe.patterns import unicode_classes

warnings.warn(
    "the package regex is not here; Python's re takes its place, with \\p{L}, \\p{N} and their like", stacklevel=2
)

Match = re.Match
A = ASCII = re.ASCII
I = IGNORECASE = re.IGNORECASE  # noqa: E741
M = MULTILINE = re.MULTILINE
S = DOTALL = re.DOTALL
X = VERBOSE = re.VERBOSE
V0 = V1 = U = UNICODE = re.UNICODE
escape, error = re.escape, re.error


class Pattern:
    """A compiled pattern. It takes `regex`'s `timeout`, and cannot keep it."""

    def __init__(self, pattern, flags=0):
        self.pattern = pattern
        self.compiled = re.compile(written_out(pattern), flags)

    def __getattr__(self, name):  # flags, groups, groupindex
        return getattr(self.compiled, name)

    def findall(self, string, pos=0, endpos=sys.maxsize, timeout=None):
        return self.compiled.findall(string, pos, endpos)

    def finditer(self, string, pos=0, endpos=sys.maxsize, timeout=None):
        return self.compiled.finditer(string, pos, endpos)

    def match(self, string, pos=0, endpos=sys.maxsize, timeout=None):
        return self.compiled.match(string, pos, endpos)

    def fullmatch(self, string, pos=0, endpos=sys.maxsize, timeout=None):
        return self.compiled.fullmatch(string, pos, endpos)

    def search(self, string, pos=0, endpos=sys.maxsize, timeout=None):
        return self.compiled.search(string, pos, endpos)

    def split(self, string, maxsplit=0, timeout=None):
        return self.compiled.split(string, maxsplit)

    def sub(self, repl, string, count=0, timeout=None):
        return self.compiled.sub(repl, string, count)


@cache
def compile(pattern, flags=0):
    return pattern if isinstance(pattern, Pattern) else Pattern(pattern, flags)


def written_out(pattern):
    """The pattern with its classes of characters as `re` reads them."""
    parts, in_set = [], False
    for part in re.findall(r"\\[pP]\{\^?\w+\}|\\[pP]\w|\\.|.", pattern, flags=re.DOTALL):
        if part in "[]":
            in_set = part == "["
        elif part[:2] in (r"\p", r"\P"):
            part = members(part, in_set, pattern)
        parts.append(part)
    return "".join(parts)


def members(part, in_set, pattern):
    """\\p{L} and its like as a set of `re`, or as the inside of one."""
    name = part[2:].strip("{}^")
    ranges = [span for kind, spans in unicode_classes().items() if kind.startswith(name) for span in spans]
    negated = (part[1] == "P") != ("^" in part)
    if not ranges or (negated and in_set):
        raise error(f"without the package regex, {part} is not known", pattern)
    inside = "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in ranges)
    return inside if in_set else f"[{'^' if negated else ''}{inside}]"


def findall(pattern, string, flags=0):
    return nearly_clusters(string) if pattern == r"\X" else compile(pattern, flags).findall(string)


def finditer(pattern, string, flags=0):
    return compile(pattern, flags).finditer(string)


def match(pattern, string, flags=0):
    return compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return compile(pattern, flags).fullmatch(string)


def search(pattern, string, flags=0):
    return compile(pattern, flags).search(string)


def split(pattern, string, maxsplit=0, flags=0):
    return compile(pattern, flags).split(string, maxsplit)


def sub(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).sub(repl, string, count)
