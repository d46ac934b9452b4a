"""Exercises 01: count the characters of UTF-8 without decoding it, and cut it where no character is hurt."""

from __future__ import annotations

import unicodedata
from random import Random

from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.nb01_bytes import DECODE_UTF8

# Texts whose characters have one to four bytes, with what is easily lost: the byte order mark, the character 0.
TEXTS = [
    *[
        "",
        "a",
        "é",
        "한",
        "😉",
        "aé한😉",
        "\0",
        "\ufeffhi",
        "naïve café",
        "e\u0301",
        "\x7f\x80\u07ff\u0800\uffff\U00010000",
    ],
    *["👩🏾‍🚒", "\U0010ffff", "日本語の文字", inputs.ODD],
]


def _text(rng: Random, size: int) -> bytes:
    return inputs.text(rng, size).encode("utf-8")


def is_utf8(args: Args) -> bool:
    """Both exercises speak of the bytes of a text."""
    args[0].decode("utf-8")
    return True


MASKED = (
    "(Do you look at the top bits of a byte already? Print bin(byte & 0b11000000) for the bytes of an é, and compare "
    "with what you see.)"
)


# --- count_code_points


def count_code_points(data: bytes) -> int:
    return sum(byte & 0b11000000 != 0b10000000 for byte in data)


COUNT_CODE_POINTS = add(
    Exercise(
        "count_code_points",
        "01-bytes",
        "count_code_points(data: bytes) -> int",
        asked_in="exercises",
        passed="every code point counted once, and nothing decoded",
        hint="Each code point has exactly one byte that does not begin with the bits 10. Which bytes are these?",
        reference=count_code_points,
        cases=[(text.encode("utf-8"),) for text in TEXTS],
        draw=lambda rng, size: (_text(rng, size),),
        possible=is_utf8,
        returns=int,
        crashes=[
            Crash(
                "characters have no bits",
                "TypeError",
                r"for &: 'str' and 'int'",
                "Going through bytes gives numbers, going through a string gives characters. Is something decoded?",
            )
        ],
        without={
            "decode": (
                "Counting needs no text. Look at the top bits of each byte: they say whether a code point begins."
            ),
            "str": "str(data, …) decodes. Look at the top bits of each byte: they say whether a code point begins.",
        },
    )
)


@COUNT_CODE_POINTS.misconception(
    "every byte is counted",
    f"An é is two bytes and one code point. Which of its bytes must not count? {MASKED}",
)
def bytes_are_counted(data: bytes) -> int:
    return len(data)


@COUNT_CODE_POINTS.misconception(
    "no byte is ever counted",
    f"For which byte does your condition come true? {MASKED}",
)
def none_is_counted(data: bytes) -> int:
    return 0


@COUNT_CODE_POINTS.misconception(
    "the bytes inside a character are counted, those that begin with 10",
    "The other way round: a byte that begins with 10 goes on with a character, and none begins there.",
)
def continuation_bytes_are_counted(data: bytes) -> int:
    return len(data) - count_code_points(data)


@COUNT_CODE_POINTS.misconception(
    "only the characters beyond ASCII are counted",
    "A byte that begins with 0 is a whole character by itself.",
)
def ascii_is_left_out(data: bytes) -> int:
    return sum(byte >= 0b11000000 for byte in data)


@COUNT_CODE_POINTS.misconception(
    "only the characters of one byte are counted",
    "A byte of 0xC0 and above begins a character as well.",
)
def only_ascii_is_counted(data: bytes) -> int:
    return sum(byte < 0x80 for byte in data)


@COUNT_CODE_POINTS.misconception(
    "four-byte characters are counted twice, as UTF-16 counts them",
    "JavaScript's length counts like this. Here an emoji is one code point.",
)
def as_utf_16_counts(data: bytes) -> int:
    return count_code_points(data) + sum(byte >= 0xF0 for byte in data)


@COUNT_CODE_POINTS.misconception(
    "every header is taken to begin a character of two bytes",
    "The header says how long the character is: 110 two bytes, 1110 three, 11110 four.",
)
def every_character_beyond_ascii_is_two_bytes(data: bytes) -> int:
    count = i = 0
    while i < len(data):
        i += 2 if data[i] >= 0x80 else 1
        count += 1
    return count


@COUNT_CODE_POINTS.misconception(
    "a character that comes again is counted only once",
    "The exercise asks how long the text is, not how many different characters it has.",
)
def different_ones_are_counted(data: bytes) -> int:
    return len(set(data.decode("utf-8")))


@COUNT_CODE_POINTS.misconception(
    "the byte 0 is left out",
    "U+0000 is a code point like any other. (A byte of 0 is false in Python.)",
)
def zero_is_nothing(data: bytes) -> int:
    return sum(bool(byte) and byte & 0b11000000 != 0b10000000 for byte in data)


@COUNT_CODE_POINTS.misconception(
    "an accent of its own, which joins the letter before it, is not counted",
    "What looks like one letter can be two code points. This function counts code points.",
)
def what_looks_like_one(data: bytes) -> int:
    return sum(not unicodedata.combining(character) for character in data.decode("utf-8"))


# --- truncate_utf8


def truncate_utf8(data: bytes, limit: int) -> bytes:
    end = min(limit, len(data))
    while 0 < end < len(data) and data[end] & 0b11000000 == 0b10000000:
        end -= 1
    return data[:end]


def draw_to_truncate(rng: Random, size: int) -> Args:
    data = _text(rng, size)
    return data, rng.randint(0, len(data) + 2)


TRUNCATE_UTF8 = add(
    Exercise(
        "truncate_utf8",
        "01-bytes",
        "truncate_utf8(data: bytes, limit: int) -> bytes",
        asked_in="exercises",
        passed="as many bytes as fit, and no character is cut",
        hint="Cut at the limit. If the byte just behind the cut goes on with a character, the cut is inside one: "
        "move it "
        "back to where that character begins.",
        reference=truncate_utf8,
        cases=[
            *[(b"", 0), (b"", 5), (b"abc", 2), (b"abc", 3), (b"abc", 9), (b"abc", 0)],
            *[("é".encode(), limit) for limit in (0, 1, 2)],
            *[("aé".encode(), limit) for limit in (1, 2, 3)],
            *[("a한b".encode(), limit) for limit in (1, 2, 3, 4, 5)],
            *[("😉😉".encode(), limit) for limit in (3, 4, 5, 6, 7, 8)],
            *[("e\u0301".encode(), limit) for limit in (1, 2, 3)],
            ("\ufeffa\0b".encode(), 5),
            (inputs.ODD.encode("utf-8"), 9),
            (("word é " * 60).encode("utf-8"), 100),
        ],
        draw=draw_to_truncate,
        possible=is_utf8,
        returns=bytes,
        crashes=[
            Crash(
                "behind the last byte",
                "IndexError",
                r"index out of range",
                "Here the place is behind the last byte: ask first whether anything is left out.",
                source=r"\[\w+\]",
            )
        ],
    )
)


@TRUNCATE_UTF8.misconception(
    "the data is cut at the limit, wherever that is",
    f"What if the limit is inside a character? A reader would see � at the end. {MASKED}",
)
def cut_anywhere(data: bytes, limit: int) -> bytes:
    return data[:limit]


@TRUNCATE_UTF8.misconception(
    "the limit counts characters, not bytes",
    "The limit is in bytes: `limit=1` has no room for an é.",
)
def a_limit_of_characters(data: bytes, limit: int) -> bytes:
    return data.decode("utf-8")[:limit].encode("utf-8")


@TRUNCATE_UTF8.misconception(
    "the last character is dropped even where it fits whole",
    "When the byte at the limit begins a new character, the cut is between two characters, and nothing has to go.",
)
def the_last_character_always_goes(data: bytes, limit: int) -> bytes:
    end = min(limit, len(data))
    if end == len(data):
        return data
    while end > 0 and data[end - 1] & 0b11000000 == 0b10000000:
        end -= 1
    return data[: max(0, end - 1)] if end and data[end - 1] >= 0xC0 else data[:end]


@TRUNCATE_UTF8.misconception(
    "the cut moves forward to the end of the character, so more than `limit` bytes come out",
    "At most `limit` bytes: the whole character that does not fit has to go.",
)
def the_cut_moves_forward(data: bytes, limit: int) -> bytes:
    end = min(limit, len(data))
    while 0 < end < len(data) and data[end] & 0b11000000 == 0b10000000:
        end += 1
    return data[:end]


@TRUNCATE_UTF8.misconception(
    "at most one byte is taken back",
    "A character has up to four bytes, so up to three of them can stand before the cut.",
)
def one_byte_back(data: bytes, limit: int) -> bytes:
    if limit < len(data) and data[limit] & 0b11000000 == 0b10000000:
        return data[: max(0, limit - 1)]
    return data[:limit]


@TRUNCATE_UTF8.misconception(
    "the bytes that go on with a character are removed, and its header stays",
    "The header of a character that was cut has to go, too: by itself it is no text.",
)
def the_header_stays(data: bytes, limit: int) -> bytes:
    end = min(limit, len(data))
    if end < len(data) and data[end] & 0b11000000 == 0b10000000:
        while end and data[end - 1] & 0b11000000 == 0b10000000:
            end -= 1
    return data[:end]


@TRUNCATE_UTF8.misconception(
    "the damaged end is replaced by �",
    "Nothing is added: what does not fit is left out.",
)
def the_end_is_replaced(data: bytes, limit: int) -> bytes:
    return data[:limit].decode("utf-8", errors="replace").encode("utf-8")


@TRUNCATE_UTF8.misconception(
    "one byte of the limit is never used",
    "“At most” includes the limit itself.",
)
def below_the_limit(data: bytes, limit: int) -> bytes:
    return truncate_utf8(data, max(0, limit - 1)) if limit <= len(data) else data


# --- stretch: decode_by_hand


def decode_by_hand(data: bytes) -> str:
    text, i = "", 0
    while i < len(data):
        first = data[i]
        length = 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)
        rest = data[i + 1 : i + length]
        code_point = first & (0x7F, 0x1F, 0x0F, 0x07)[length - 1]
        for byte in rest:
            code_point = code_point << 6 | byte & 0b111111
        whole = len(rest) == length - 1 and all(byte >> 6 == 0b10 for byte in rest)
        header = first < 0x80 or 0xC0 <= first < 0xF8
        in_range = (0, 0x80, 0x800, 0x10000)[length - 1] <= code_point <= 0x10FFFF
        good = whole and header and in_range and not 0xD800 <= code_point <= 0xDFFF
        text += chr(code_point) if good else "\ufffd"
        i += length if good else 1
    return text


DECODE_BY_HAND = add(
    Exercise(
        "decode_by_hand",
        "01-bytes",
        "decode_by_hand(data) -> str",
        asked_in="exercises",
        passed="all text comes back, byte by byte, and what is not text shows as �",
        hint="Read one header at a time. Are the bytes there that it announces, does each begin with 10, and is the "
        "number one "
        "that needs so many bytes?",
        reference=decode_by_hand,
        same=DECODE_UTF8.same,
        cases=DECODE_UTF8.cases,
        draw=DECODE_UTF8.draw,
        returns=str,
        without=dict.fromkeys(("decode", "str", "codecs"), "The point of this one is to do what `.decode` does."),
        crashes=[
            Crash(
                "beyond the last code point",
                "ValueError",
                r"chr\(\) arg not in range",
                "No character has this number: Unicode ends at U+10FFFF. Bytes that give such a number only look like "
                "UTF-8, so ask before chr.",
            ),
            Crash(
                "the data ends inside a character",
                "IndexError",
                r"index out of range",
                "The data can end in the middle of a character. Are there as many bytes left as that line looks for?",
            ),
        ],
    )
)
DECODE_BY_HAND.shares(
    DECODE_UTF8,
    [each.name for each in DECODE_UTF8.misconceptions],
    hints={
        "every token is text": "A token can end in the middle of a character. Where the bytes cannot be read, put "
        "U+FFFD and go on.",
        "byte by byte": "The é is two bytes, and neither is a character by itself. How many belong together, says the "
        "header.",
        "latin 1": "An é that was encoded as UTF-8 is two bytes. What do the top bits of a byte above 127 say?",
        "drop the byte order mark": "They are a character like any other here, U+FEFF.",
    },
)
