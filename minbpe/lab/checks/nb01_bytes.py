"""01-bytes: from characters to bytes and back.

How an exercise is written down, here and in the files that follow: its cases and its random inputs, then
the misconceptions, each a small implementation that is wrong in one way.
"""

from __future__ import annotations

import re
import unicodedata
from random import Random
from typing import Any

from minbpe.lab.checks import inputs
from minbpe.lab.checks.exercise import Args, Exercise, add, by_value
from minbpe.lab.checks.telling import Told

# --- utf8_encode

EDGES = [0, 0x41, 0x7F, 0x80, 0xE9, 0x7FF, 0x800, 0x20AC, 0xD7FF, 0xE000, 0xFFFE, 0xFFFF, 0x10000, 0x1F609, 0x10FFFF]
# Where some of the bits are all zeros or all ones; and code points that will never be characters, yet have their UTF-8.
EDGES += [0x40, 0x3F, 0xBF, 0xC0, 0xFFF, 0x1000, 0xFDD0, 0xFDEF, 0x1FFFE, 0x3FFFF, 0x40000, 0xFFFFF, 0x100000]
LIMITS = [0x7F, 0x7FF, 0xD800, 0xDFFF, 0xFFFF, 0x10FFFF]  # the last of each length, and of those that are none
NO_CHARACTERS = [0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0x110000]


def utf8_encode(code_point: int) -> bytes:
    if 0xD800 <= code_point <= 0xDFFF:
        raise ValueError(f"U+{code_point:X} is half of a surrogate pair, no character")
    if code_point > 0x10FFFF:
        raise ValueError(f"0x{code_point:X} is above U+10FFFF, the last code point")
    return chr(code_point).encode("utf-8")


def draw_code_point(rng: Random, size: int) -> Args:
    if rng.random() < 0.6:  # a limit itself, or what is beside it
        edge = rng.choice(rng.choice([LIMITS, EDGES + NO_CHARACTERS]))
        return (max(0, edge + rng.choice([0, 0, 0, -1, 1])),)
    low, high = rng.choice(
        [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF), (0xD800, 0xDFFF), (0x110000, 0x11FFFF)]
    )
    return (rng.randint(low, high),)


UTF8_ENCODE = add(
    Exercise(
        "utf8_encode",
        "01-bytes",
        "utf8_encode(code_point) -> bytes",
        passed="one to four bytes for each code point, and ValueError for what is none",
        hint="Write the code point in binary, and beside it the pattern of UTF-8 for its size: 0xxxxxxx, "
        "110xxxxx 10xxxxxx, and so on. Then fill in the bits.",
        reference=utf8_encode,
        cases=[(code_point,) for code_point in EDGES + NO_CHARACTERS],
        draw=draw_code_point,
        draws=100,
        returns=bytes,
        show=lambda code_point: f"0x{code_point:X}",  # as in U+D800
        given=["PATTERNS"],
    )
)


@UTF8_ENCODE.misconception(
    "every character is taken for a single byte",
    "There are far more than 256 code points. How many bits does this one need, and how many does a byte hold?",
)
def a_character_is_a_byte(code_point: int) -> bytes:
    utf8_encode(code_point)
    return bytes([code_point & 0xFF])


@UTF8_ENCODE.misconception(
    "the number itself is written, in as many bytes as it needs",
    "A reader must see where a character begins: in UTF-8 the top bits of each byte say so. Which bits are left "
    "for the number?",
)
def the_number_in_base_256(code_point: int) -> bytes:
    utf8_encode(code_point)
    return code_point.to_bytes(max(1, (code_point.bit_length() + 7) // 8), "big")


@UTF8_ENCODE.misconception(
    "this is UTF-16, two or four bytes for each character",
    "In UTF-8 the characters of ASCII are one byte, the same byte as in ASCII.",
)
def utf_16(code_point: int) -> bytes:
    return chr(code_point).encode("utf-16-be")


def _by_hand(code_point: int, limits: tuple[int, ...] = (0x80, 0x800, 0x10000), mark: int = 0x80) -> bytes:
    if code_point < limits[0]:
        return bytes([code_point & 0xFF])
    length = 2 + sum(code_point >= limit for limit in limits[1:])
    tail = []
    for _ in range(length - 1):
        tail.append(mark | code_point & 0x3F)
        code_point >>= 6
    lead = {2: 0xC0, 3: 0xE0, 4: 0xF0}[length]
    return bytes([(lead | code_point) & 0xFF, *reversed(tail)])


@UTF8_ENCODE.misconception(
    "the bytes after the first one do not begin with the bits 10",
    "Look at the pattern again: what do the two top bits of every byte after the first say?",
)
def continuation_bytes_without_their_mark(code_point: int) -> bytes:
    utf8_encode(code_point)
    return _by_hand(code_point, mark=0)


@UTF8_ENCODE.misconception(
    "a limit between two lengths is off by one: the last code point of a length goes to the next",
    "One byte has 7 bits for the number, two have 11, three have 16. What is the largest number in each?",
)
def limits_off_by_one(code_point: int) -> bytes:
    utf8_encode(code_point)
    return _by_hand(code_point, (0x7F, 0x7FF, 0xFFFF))


@UTF8_ENCODE.misconception(
    "surrogates are encoded like any other code point",
    "U+D800 to U+DFFF are reserved for UTF-16. They are no characters, so what does the exercise ask for?",
)
def surrogates_are_characters(code_point: int) -> bytes:
    return chr(code_point).encode("utf-8", "surrogatepass")


@UTF8_ENCODE.misconception(
    "the last surrogate, U+DFFF, is not among those that are refused",
    "range(a, b) ends before b. Which is the last surrogate?",
)
def the_last_surrogate_is_missed(code_point: int) -> bytes:
    return chr(code_point).encode("utf-8", "surrogatepass" if code_point == 0xDFFF else "strict")


@UTF8_ENCODE.misconception(
    "U+10FFFF, the last code point of all, is refused",
    "U+10FFFF is still a code point; the first that is none is one more.",
)
def the_last_code_point_is_refused(code_point: int) -> bytes:
    if code_point == 0x10FFFF:
        raise ValueError("no code point")
    return utf8_encode(code_point)


@UTF8_ENCODE.misconception(
    "neither surrogates nor numbers beyond U+10FFFF are refused",
    "The exercise asks for a ValueError for both: surrogates, U+D800 to U+DFFF, are no characters, and Unicode ends at "
    "U+10FFFF.",
)
def nothing_is_refused(code_point: int) -> bytes:
    return _by_hand(code_point)


@UTF8_ENCODE.misconception(
    "there is no end to the code points",
    "Unicode ends at U+10FFFF, though four bytes could hold more.",
)
def no_last_code_point(code_point: int) -> bytes:
    return _by_hand(code_point) if code_point > 0x10FFFF else utf8_encode(code_point)


@UTF8_ENCODE.misconception(
    "three bytes are taken to be enough for every character",
    "Most emoji lie beyond U+FFFF. Which pattern is for them?",
)
def three_bytes_at_the_most(code_point: int) -> bytes:
    utf8_encode(code_point)
    return _by_hand(code_point, (0x80, 0x800, 1 << 30))


@UTF8_ENCODE.misconception(
    "the bits after the first byte are filled in from the wrong end",
    "The highest bits of the number stand in the first byte, the lowest six in the last.",
)
def lowest_bits_first(code_point: int) -> bytes:
    encoded = utf8_encode(code_point)
    return encoded[:1] + encoded[:0:-1]


# --- bytes_per_char


def bytes_per_char(text: str) -> list[int]:
    return [len(character.encode("utf-8")) for character in text]


def tell_character(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """The first character whose number is wrong, where there is a number for each."""
    if len(got) != len(expected):
        return None
    character, should, is_ = next(each for each in zip(args[0], expected, got, strict=True) if each[1] != each[2])
    return Told(
        "one length is wrong",
        f"{character!r} is U+{ord(character):04X}: in UTF-8 that is {should} {'byte' if should == 1 else 'bytes'}, and "
        f"{is_} came back.",
        "Where does each length end? U+7F is the last code point of one byte, U+7FF of two, U+FFFF of three.",
    )


BYTES_PER_CHAR = add(
    Exercise(
        "bytes_per_char",
        "01-bytes",
        "bytes_per_char(text) -> list[int]",
        passed="one number a character, 1 to 4",
        hint="One number for each code point, in order: how many bytes does it become when it alone is encoded "
        "as UTF-8?",
        reference=bytes_per_char,
        cases=[
            (text,)
            for text in [
                *["", "a", "é", "aa", "한", "😉", "e\u0301", "aé한😉", "naïve café", "да", "हाँ", "ẞ", "ﬁ", inputs.ODD],
                "\x7f\x80\u07ff\u0800\uffff\U00010000",  # the last of each length, and the first
                "word " * 50,
            ]
        ],
        draw=lambda rng, size: (inputs.text(rng, size),),
        returns=list[int],
        tell=tell_character,
    )
)


@BYTES_PER_CHAR.misconception(
    "every character is taken for one byte",
    "Try len('é'.encode('utf-8')).",
)
def every_character_is_one_byte(text: str) -> list[int]:
    return [1 for _ in text]


@BYTES_PER_CHAR.misconception(
    "all that is not ASCII is taken for two bytes",
    "UTF-8 has four lengths. Which characters of your own language, or which emoji, need more than two?",
)
def two_bytes_beyond_ascii(text: str) -> list[int]:
    return [1 if character.isascii() else 2 for character in text]


@BYTES_PER_CHAR.misconception(
    "the bytes of the number are counted, not the bytes of its UTF-8",
    "UTF-8 spends some bits of each byte on its pattern, so fewer than 8 are left for the number.",
)
def bytes_of_the_number(text: str) -> list[int]:
    return [max(1, (ord(character).bit_length() + 7) // 8) for character in text]


@BYTES_PER_CHAR.misconception(
    "the bytes of UTF-16 are counted",
    "Say which encoding you want: in UTF-8 an 'a' is one byte.",
)
def bytes_of_utf_16(text: str) -> list[int]:
    return [len(character.encode("utf-16-le")) for character in text]


@BYTES_PER_CHAR.misconception(
    "every character is taken for four bytes, as in UTF-32",
    "That is how much room a code point can need. UTF-8 saves where it can.",
)
def bytes_of_utf_32(text: str) -> list[int]:
    return [4 for _ in text]


@BYTES_PER_CHAR.misconception(
    "the bytes of the whole text are counted together",
    "The exercise asks for one number a character.",
)
def one_number_for_all(text: str) -> list[int]:
    return [len(text.encode("utf-8"))]


@BYTES_PER_CHAR.misconception(
    "for each character the whole text is encoded",
    "The loop goes through the characters: encode the one that it has just now.",
)
def the_whole_text_each_time(text: str) -> list[int]:
    return [len(text.encode("utf-8")) for _ in text]


@BYTES_PER_CHAR.misconception(
    "a character that comes again is counted only once",
    "The numbers should stand beside the text, one for one: as many numbers as characters.",
)
def each_character_once(text: str) -> list[int]:
    return bytes_per_char("".join(dict.fromkeys(text)))


@BYTES_PER_CHAR.misconception(
    "an accent that is a character of its own is counted with the letter before it",
    "What looks like one letter can be two characters: list('e\\u0301') shows them. Here a character is a code point.",
)
def what_looks_like_one(text: str) -> list[int]:
    sizes: list[int] = []
    for character in text:
        if sizes and unicodedata.combining(character):
            sizes[-1] += len(character.encode("utf-8"))
        else:
            sizes.append(len(character.encode("utf-8")))
    return sizes


# --- decode_utf8


def decode_utf8(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def alike_but_for_replacements(expected: Any, got: Any, args: Args) -> bool:
    """How many U+FFFD stand for one damaged place is a matter of taste; that there is one is not."""
    if not isinstance(expected, str):
        return by_value(expected, got, args)
    return re.sub("\ufffd+", "\ufffd", expected) == re.sub("\ufffd+", "\ufffd", got)


# More bytes than a character needs, surrogates, and numbers beyond the end.
LIKE_UTF8 = [b"\xc1\x81", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"]


def draw_data(rng: Random, size: int) -> Args:
    data = bytearray(inputs.text(rng, size).encode("utf-8"))
    for _ in range(rng.choice([0, 1, 1, 3])):
        place = rng.randrange(len(data) + 1)
        data[place : place + rng.randint(0, 2)] = rng.choice([b"", b"\xff", b"\x80", b"\xe4", b"\xf0\x9f", *LIKE_UTF8])
    return (rng.choice([b"", b"", b"", b"\xef\xbb\xbf"]) + bytes(data),)


DECODE_UTF8 = add(
    Exercise(
        "decode_utf8",
        "01-bytes",
        "decode_utf8(data) -> str",
        passed="all text comes back, and what is not text shows as �",
        hint="What is UTF-8 comes back as text, and what is not shows as U+FFFD, �. (bytes.decode has a parameter "
        "`errors`: help(bytes.decode) tells what it can be.)",
        reference=decode_utf8,
        same=alike_but_for_replacements,
        cases=[
            (b"",),
            (b"hello",),
            (b"\x80",),
            (b"caf\xc3\xa9",),
            (b"a\xffb",),
            (b"\xed\x95",),
            (b"\xf0\x9f\x98\x89!",),
            (b"\xef\xbb\xbfhi",),
            (b"ok \xe4\xbd then \xc3\xa9",),
            (b"\x9f\x80",),
            (b"\xed\xb0\x80",),
            (b"\xf0\x80\x80\x80",),
            (b"\xf4\x8f\xbf\xbf",),
            (b"\xf4\x8f\xbf",),
            (b"\xff" * 2000,),
            *((data,) for data in LIKE_UTF8),
            (inputs.ODD.encode("utf-8"),),
            (b"word " * 50,),
        ],
        draw=draw_data,
        returns=str,
    )
)


@DECODE_UTF8.misconception(
    "all bytes are taken to be text",
    "A token can end in the middle of a character. Python then raises, unless you tell it what to do with errors.",
)
def every_token_is_text(data: bytes) -> str:
    return data.decode("utf-8")


@DECODE_UTF8.misconception(
    "bytes that are not text are left out",
    "Nobody can see then that something is missing. There is a character for what could not be decoded: U+FFFD.",
)
def leave_out_what_is_not_text(data: bytes) -> str:
    return data.decode("utf-8", errors="ignore")


@DECODE_UTF8.misconception(
    "every byte is decoded on its own",
    "The é is two bytes, and neither is a character by itself. Decode them together.",
)
def byte_by_byte(data: bytes) -> str:
    return "".join(bytes([byte]).decode("utf-8", errors="replace") for byte in data)


@DECODE_UTF8.misconception(
    "every byte is taken for a character of its own, as in Latin-1",
    "Latin-1 never raises, but an é that was encoded as UTF-8 comes out as two other characters. The encoding "
    "must be the same both ways.",
)
def latin_1(data: bytes) -> str:
    return data.decode("latin-1")


@DECODE_UTF8.misconception(
    "one bad byte spoils the whole text",
    "What stands before and after it can still be read. Keep it, and put U+FFFD in the damaged place only.",
)
def all_or_nothing(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "\ufffd"


@DECODE_UTF8.misconception(
    "the text ends at the first bad byte",
    "UTF-8 can be picked up again after an error: what follows is still text.",
)
def up_to_the_first_error(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8") + "\ufffd"


@DECODE_UTF8.misconception(
    "bad bytes are written out as \\x…",
    "A reader could not tell them from a text that holds a backslash. The exercise asks for U+FFFD.",
)
def escapes_for_bad_bytes(data: bytes) -> str:
    return data.decode("utf-8", errors="backslashreplace")


@DECODE_UTF8.misconception(
    "surrogates are taken for characters",
    "ED A0 80 to ED BF BF would be U+D800 to U+DFFF, halves of pairs in UTF-16. They are no characters, so they "
    "show as "
    "U+FFFD.",
)
def surrogates_in_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return decode_utf8(data)


@DECODE_UTF8.misconception(
    "line ends are changed, \\r\\n to \\n",
    "What is decoded comes back as it was, character by character: '\\r' is one of them.",
)
def line_ends_are_changed(data: bytes) -> str:
    return decode_utf8(data).replace("\r\n", "\n")


@DECODE_UTF8.misconception(
    "a question mark is put for what is not text",
    "A question mark may be part of the text. The character made for this is U+FFFD, �.",
)
def question_marks(data: bytes) -> str:
    return re.sub("\ufffd+", "?", decode_utf8(data))


@DECODE_UTF8.misconception(
    "the bytes EF BB BF at the beginning are dropped as a mark of the encoding",
    "They are a character like any other here, U+FEFF. Is it 'utf-8-sig' that you ask for?",
)
def drop_the_byte_order_mark(data: bytes) -> str:
    return data.decode("utf-8-sig", errors="replace")
