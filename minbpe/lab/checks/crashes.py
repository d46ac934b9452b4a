"""What an error of an answer usually comes from: the entries of "It does not work?", found by the error itself.

A hint is given only where the error and its message fit, and it says what is so whenever they do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from minbpe.lab.checks.runner import Raised


@dataclass(frozen=True)
class Crash:
    """An error by its class and what its message holds (a regular expression), and what to say of it."""

    name: str
    kind: str
    message: str
    hint: str
    source: str = ""  # what the line has in which it came up, likewise


CRASHES = [
    Crash(
        "an empty max or min",
        "ValueError",
        r"(max|min)\(\).*empty",
        "max and min of nothing raise an error: here there was nothing left to choose from. Ask first whether there is "
        "anything, and decide what comes back if not.",
    ),
    Crash(
        "an index too far",
        "IndexError",
        r"index out of range",
        "That line asks for a place that is not there. The last item has no neighbour to its right: what is the index "
        "in the last round, and one more than that?",
        source=r"\+ ?1",
    ),
    Crash(
        "a place that is not there",
        "IndexError",
        r"index out of range",
        "That line asks for a place that is not there. How many items are there just then, or is it empty? Ask first.",
    ),
    Crash(
        "not every id is a byte",
        "ValueError",
        r"bytes must be in range\(0, 256\)|byte must be in range",
        "A byte is a number from 0 to 255. Either an id above 255 was taken for a byte, or a number still has too many "
        "bits: a mask as & 0b111111 leaves six.",
    ),
    Crash(
        "a wrong codec or handler name",
        "LookupError",
        r"unknown (error handler|encoding)",
        "That word is misspelled. help(bytes.decode) lists what `errors` can be.",
    ),
    Crash(
        "bytes that are not text",
        "UnicodeDecodeError",
        r"",
        "These bytes are not text by themselves: a token can hold half a character. Put all bytes together first; and "
        "for what is still not text, bytes.decode has a parameter `errors`.",
    ),
    Crash(
        "a character that cannot be encoded",
        "UnicodeEncodeError",
        r"surrogates not allowed",
        "Half of a surrogate pair is no character, and has no UTF-8. Was something decoded with another `errors` than "
        "the exercise asks for?",
    ),
    Crash(
        "a wrong number of values",
        "TypeError",
        r"cannot unpack non-iterable int|not enough values to unpack|too many values to unpack",
        "That line takes a value apart into more or fewer names than it has. Going through a dict gives its keys only: "
        ".items() gives keys and values.",
    ),
    Crash(
        "a wrong number of values",
        "ValueError",
        r"not enough values to unpack|too many values to unpack",
        "That line takes a value apart into a number of names that does not fit. Print the value just before it. "
        "(Going "
        "through a dict gives its keys only: .items() gives both.)",
    ),
    Crash(
        "a list as a key",
        "TypeError",
        r"unhashable type",
        "The key of a dict, and what stands in a set, must not be able to change. A pair of ids is a tuple, "
        "(left, right); a collection is compared with == to a word, and not looked up.",
    ),
    Crash(
        "bytes where a number is",
        "TypeError",
        r"can't concat int to bytes|unsupported operand type\(s\) for \+: '(int' and 'bytes|bytes' and 'int)",
        "One side is bytes, the other a number. The bytes of an id are in the vocabulary: vocab[left]. And those of "
        "one "
        "byte are bytes([number]).",
    ),
    Crash(
        "text and bytes joined",
        "TypeError",
        r"sequence item \d+: expected (str instance, bytes|a bytes-like object, str)|can't concat str to bytes"
        r'|can only concatenate str \(not "bytes"\)',
        'Text and bytes do not join. Bytes are joined by b"".join, text by "".join: make both the same first, with '
        ".encode or .decode.",
    ),
    Crash(
        "text where bytes are",
        "TypeError",
        r"a bytes-like object is required, not 'str'",
        'Those are bytes, and text does not fit them: write what goes with bytes as b" ", with a b in front.',
    ),
    Crash(
        "lists added to a number",
        "TypeError",
        r"unsupported operand type\(s\) for \+=?: 'int' and 'list'",
        "A number and a list do not add up; and sum begins at the number 0. Is it a list that is wanted, or how long "
        "the lists are together?",
    ),
    Crash(
        "a list and a number joined",
        "TypeError",
        r'can only concatenate list \(not "int"\)',
        "A list and one id do not join: append puts the id in, or put it into a list of its own, [idx].",
    ),
    Crash(
        "a number is not a row",
        "TypeError",
        r"'int' object is not (iterable|subscriptable)",
        "A number stands where a list should. += and extend want a list of ids, append wants one id.",
    ),
    Crash(
        "a number has no length",
        "TypeError",
        r"object of type '(int|function)' has no len",
        "len wants something with items. Going through bytes gives numbers; a function must be called first, with its "
        "text in brackets.",
    ),
    Crash(
        "encoded twice",
        "AttributeError",
        r"'(int|bytes|list)' object has no attribute 'encode'",
        "Only text has .encode. Going through bytes gives numbers, and a list must be gone through one by one.",
    ),
    Crash(
        "text decoded",
        "AttributeError",
        r"'(str|int|list)' object has no attribute 'decode'",
        "Only bytes have .decode: text is encoded, bytes are decoded.",
    ),
    Crash(
        "without self",
        "AttributeError",
        r"object has no attribute '(?!encode|decode)\w+'",
        "Nothing of that name is there. In a class: is it kept in self, with `self.` in front, by a method that has "
        "run "
        "by then? Else: is it the type that you think? print(type(…)) tells.",
    ),
    Crash(
        "nothing to compare with yet",
        "TypeError",
        r"not supported between instances of .*NoneType",
        "One of the two is None: at the beginning there is nothing to compare with yet, or a look-up with .get found "
        "nothing.",
    ),
    Crash(
        "None where a value is",
        "TypeError",
        r"'NoneType' object",
        "A value is None there. append, sort and update change their object and return None; a .get that finds nothing "
        "gives None, too.",
    ),
    Crash(
        "the name is not there",
        "NameError",
        r"name '\w+' is not defined",
        "That name is not there yet: is it written the same way everywhere, is the cell that makes it run, and is it "
        "made in the function before this line?",
    ),
    Crash(
        "a name set too late",
        "UnboundLocalError",
        r"",
        "A name that is set anywhere in a function is its own there, and this line uses it before it is set: make it "
        "before the loop.",
    ),
    Crash(
        "a set changed on the way",
        "RuntimeError",
        r"changed size during iteration",
        "Go through a copy, as list(…) or sorted(…), while you change the original.",
    ),
    Crash(
        "a wrong number of arguments",
        "TypeError",
        r"takes .* positional arguments? but|missing \d+ required positional",
        "A function is called with a different number of arguments than it takes. In a class, `self.f(…)` calls the "
        "method f, which gets the object as its first argument, `self`; `f(…)` calls the function outside the class.",
    ),
    Crash(
        "re does not know the pattern",
        "error",
        r"bad escape \\[pP]",
        "That is the module re. Only the package regex knows \\p{L} and \\p{N}: import regex.",
    ),
    Crash(
        "signs of the regex",
        "error",
        r"multiple repeat|nothing to repeat|unterminated|unbalanced|missing \)|bad character",
        "A sign in the pattern means something to the regex: ( [ * + ? | . and others. re.escape makes a name "
        "harmless.",
    ),
    Crash(
        "a list where a text is",
        "TypeError",
        r"expected string or|a bytes-like object is required, not 'list'",
        "That function takes one text, and was given something else, as a list. Go through the list, one text at a "
        "time.",
    ),
    Crash(
        "a blank that was not filled",
        "KeyError",
        r"^Ellipsis$",
        "`...` still stands where a line of yours belongs. What is to be put there?",
    ),
    Crash(
        "a missing key",
        "KeyError",
        r"",
        "The dict has no such key. The first time, there is nothing to add to: .get(key, 0) gives 0 then.",
        source=r"\+=|\+ ?1",
    ),
    Crash(
        "a missing key",
        "KeyError",
        r"",
        "The dict has no such key. Was it ever put in, and just as it is written there? Ask with `in` before you look "
        "it up.",
    ),
    Crash(
        "divided by nothing",
        "ZeroDivisionError",
        r"",
        "The number below is 0 here. What is counted there, and when is there nothing to count?",
    ),
]


def recognised(error: Raised, own: tuple[Crash, ...] = ()) -> Crash | None:
    """The entry for an error; those of the exercise come first."""
    for crash in (*own, *CRASHES):
        if (
            crash.kind == error.kind
            and re.search(crash.message, error.message)
            and re.search(crash.source, error.source)
        ):
            return crash
    return None
