"""Where there is no `regex`: Python's `re`, taught the classes of characters that split patterns need, such as \\p{L}.

What it does not know, such as scripts or fuzzy matching, is an error that says so.
"""

import re
import warnings
from functools import cache

from minbpe.lab.widgets.utf8_inspector import nearly_clusters
from minbpe.patterns import unicode_classes

warnings.warn(
    "the package regex is not here; Python's re takes its place, with \\p{L}, \\p{N} and their like", stacklevel=2
)

Match, Pattern = re.Match, re.Pattern
A = ASCII = re.ASCII
I = IGNORECASE = re.IGNORECASE  # noqa: E741
M = MULTILINE = re.MULTILINE
S = DOTALL = re.DOTALL
X = VERBOSE = re.VERBOSE
V0 = V1 = U = UNICODE = re.UNICODE
escape, error = re.escape, re.error


@cache
def compile(pattern, flags=0):
    """As re.compile, with the classes of characters written out."""
    if not isinstance(pattern, str):
        return pattern
    parts, in_set = [], False
    for part in re.findall(r"\\[pP]\{\^?\w+\}|\\[pP]\w|\\.|.", pattern, flags=re.DOTALL):
        if part in "[]":
            in_set = part == "["
        elif part[:2] in (r"\p", r"\P"):
            part = members(part, in_set, pattern)
        parts.append(part)
    return re.compile("".join(parts), flags)


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
