"""06-special-tokens: tokens that stand outside of the text, and are never found by chance."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from random import Random

from minbpe import base
from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add
from minbpe.lab.checks.nb01_bytes import alike_but_for_replacements
from minbpe.lab.checks.nb04_encode_decode import AB, DECODE, E_ACUTE, Vocab
from minbpe.lab.checks.runner import Code
from minbpe.lab.checks.show import look
from minbpe.lab.checks.telling import Told, tell
from minbpe.regex import RegexTokenizer

Special = dict[str, int]
Encode = Callable[[str], list[int]]

END = {"<|endoftext|>": 500}
ONE = {"<|a|>": 500}
TWO = {"<|a|>": 500, "<|a|><|b|>": 501}
# Some are the beginning of others, and some mean something to a regex. None overlaps another in any other way.
POOL = [
    "<|a|>",
    "<|a|>x",
    "<|endoftext|>",
    "[X]",
    "[X]+",
    "(.)",
    "$",
    "ab",
    "abc",
    "é?",
    "^",
    "a*b",
    "a{2}",
    "\\d",
    "a b",
    "#",
]
BEGIN_ALIKE = [("<|a|>", "<|a|>x"), ("[X]", "[X]+"), ("ab", "abc")]
LONG = "<|a|><|b|>" * 5 + "x<|a|>y " * 50


def draw_special(rng: Random, size: int) -> tuple[str, Special]:
    names = rng.sample(POOL, rng.choice([0, 1, 2, 4, 7]))
    if names and rng.random() < 0.5:
        names = list(dict.fromkeys([*names, *rng.choice(BEGIN_ALIKE)]))
        rng.shuffle(names)
    numbers = rng.sample(range(rng.choice([0, 1000]), 1020), len(names))
    pieces = [
        *names,
        *names,
        *rng.sample(POOL, 2),
        *map(str.swapcase, names),
        "a",
        " ",
        "x",
        "b\n",
        "é",
        "|",
        "<|",
        "🙂",
        "\0",
        "e\u0301",
    ]
    text = "".join(rng.choices(pieces, k=rng.randint(0, 1 + size // 4)))
    return text, dict(zip(names, numbers, strict=True))


# --- split_special


def split_special(text: str, special_tokens: Special) -> list[str]:
    if not special_tokens:
        return [text] if text else []
    longest_first = sorted(special_tokens, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
    return [part for part in parts if part]


SPLIT_SPECIAL = add(
    Exercise(
        "split_special",
        "06-special-tokens",
        "split_special(text, special_tokens) -> list[str]",
        passed="special tokens are parts of their own, the longest first, and nothing is lost",
        hint="Joined, the parts are the text: lay them side by side, character by character. What is lost, cut "
        "elsewhere, or empty?",
        reference=split_special,
        own=[RegexTokenizer.encode, RegexTokenizer._use_special_tokens],
        returns=list[str],
        cases=[
            ("", END),
            ("ab", {}),
            ("ab", END),
            ("<|endoftext|>", END),
            ("a<|endoftext|>b", END),
            ("a|b", END),
            ("a.b", {".": 500}),
            ("x<|a|>", TWO),
            ("<|a|><|b|>", TWO),
            ("a<|A|>b", {"<|a|>": 500}),
            ("<|a|>x<|a|>y", {"<|a|>": 500}),
            (" <|a|> ", {"<|a|>": 500}),
            (" a <|a|>", {"<|a|>": 500}),
            ("", {}),
            ("<|a|><|b|>", {"<|a|><|b|>": 501, "<|a|>": 500}),
            ("<|a|><|b|>", {"<|a|>": 501, "<|a|><|b|>": 500}),
            ("a^b", {"^": 500}),
            ("aaa{2}", {"a{2}": 500}),
            ("5\\d", {"\\d": 500}),
            ("a\x1fb", {"\x1f": 500}),
            ("a\x1fb", {"b": 500}),
            ("a\x1cb<|a|>", ONE),
            ("a\nb<|a|>\n", ONE),
            (inputs.ODD + "<|a|>" + inputs.ODD, ONE),
            (LONG, TWO),
        ],
        draw=draw_special,
    )
)


def _split_with(
    special_tokens: Special, text: str, form: str = "({})", flags: int = 0, escape: bool = True
) -> list[str]:
    longest_first = sorted(special_tokens, key=len, reverse=True)
    alternatives = "|".join(map(re.escape, longest_first) if escape else longest_first)
    return [part for part in re.split(form.format(alternatives), text, flags=flags) if part]


@SPLIT_SPECIAL.misconception(
    "the special tokens themselves are dropped, and the case that there are none at all is forgotten",
    "They are needed: each becomes its id. What do parentheses in the pattern change about re.split? And an empty "
    "pattern matches between any two characters: what should come back when special_tokens is empty?",
)
def dropped_and_without_special_tokens(text: str, special_tokens: Special) -> list[str]:
    return _split_with(special_tokens, text, "(?:{})")


@SPLIT_SPECIAL.misconception(
    "the special tokens themselves are dropped",
    "They are needed: each becomes its id. What do parentheses in the pattern change about re.split?",
)
def special_tokens_are_dropped(text: str, special_tokens: Special) -> list[str]:
    return _split_with(special_tokens, text, "(?:{})") if special_tokens else split_special(text, {})


@SPLIT_SPECIAL.misconception(
    "special tokens are put into the pattern as they are",
    "In a pattern | means 'or', . any character, ^ the beginning. re has a function that makes a text harmless.",
)
def signs_of_the_regex(text: str, special_tokens: Special) -> list[str]:
    return _split_with(special_tokens, text, escape=False) if special_tokens else split_special(text, {})


@SPLIT_SPECIAL.misconception(
    "of two special tokens that begin alike, the one that was given first wins",
    "The longest should win, in whatever order they are given. In which order are they tried?",
)
def the_first_given_wins(text: str, special_tokens: Special) -> list[str]:
    alternatives = "|".join(map(re.escape, special_tokens))
    return [part for part in re.split(f"({alternatives})", text) if part] if special_tokens else split_special(text, {})


@SPLIT_SPECIAL.misconception(
    "of two special tokens that begin alike, the shortest wins",
    "The longest should win: where it stands, the short one stands as well. Which of them is tried first?",
)
def the_shortest_wins(text: str, special_tokens: Special) -> list[str]:
    return the_first_given_wins(text, dict(sorted(special_tokens.items(), key=lambda item: len(item[0]))))


@SPLIT_SPECIAL.misconception(
    "empty parts are kept",
    "re.split gives an empty part where two special tokens touch, and at the ends. Leave those out.",
)
def empty_parts_are_kept(text: str, special_tokens: Special) -> list[str]:
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return re.split(f"({'|'.join(map(re.escape, longest_first))})", text) if special_tokens else [text]


@SPLIT_SPECIAL.misconception(
    "empty parts are kept, also those that an empty pattern makes between all characters",
    "re.split gives an empty part where two special tokens touch, and at the ends: leave those out. And what should "
    "come back when there are no special tokens at all?",
)
def empty_parts_everywhere(text: str, special_tokens: Special) -> list[str]:
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return re.split(f"({'|'.join(map(re.escape, longest_first))})", text)


@SPLIT_SPECIAL.misconception(
    "of special tokens that begin alike the first one given wins, and empty parts are kept",
    "The longest should win, in whatever order they are given: sort them first. And re.split gives empty parts: leave "
    "those out.",
)
def the_first_given_and_empty_parts(text: str, special_tokens: Special) -> list[str]:
    return re.split(f"({'|'.join(map(re.escape, special_tokens))})", text)


@SPLIT_SPECIAL.misconception(
    "the case that there are no special tokens at all is forgotten",
    "An empty pattern matches between any two characters. What should come back when special_tokens is empty?",
)
def without_special_tokens(text: str, special_tokens: Special) -> list[str]:
    return _split_with(special_tokens, text)


@SPLIT_SPECIAL.misconception(
    "only the first special token in the text is found",
    "A text can hold many: does the search go on in what comes after it?",
)
def only_the_first_is_found(text: str, special_tokens: Special) -> list[str]:
    parts = split_special(text, special_tokens)
    for place, part in enumerate(parts):
        if part in special_tokens:
            rest = "".join(parts[place + 1 :])
            return [*parts[: place + 1], *([rest] if rest else [])]
    return parts


@SPLIT_SPECIAL.misconception(
    "capitals and small letters are taken to be the same",
    "A special token is exactly this text. Anything else is ordinary.",
)
def capitals_do_not_matter(text: str, special_tokens: Special) -> list[str]:
    return _split_with(special_tokens, text, flags=re.IGNORECASE) if special_tokens else split_special(text, {})


@SPLIT_SPECIAL.misconception(
    "white space at the edges of a part is removed",
    "Every character of the text must be in one of the parts.",
)
def white_space_is_stripped(text: str, special_tokens: Special) -> list[str]:
    return [part.strip() for part in split_special(text, special_tokens) if part.strip()]


# --- encode_special

BYTES = Code('lambda text: list(text.encode("utf-8"))')
LENGTH = Code("lambda text: [len(text)] if text else []")


def encode_special(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return _part_by_part(text, special_tokens, allowed_special, encode_ordinary, _refused)


def _refused(part: str) -> list[int]:
    raise ValueError(f"the text holds the special token {part!r}, which is not allowed")


def _part_by_part(
    text: str,
    special_tokens: Special,
    allowed_special: str | Collection[str],
    encode_ordinary: Encode,
    not_allowed: Encode,
) -> list[int]:
    """As the frame in the notebook has it; `not_allowed` says what becomes of a special token that is not allowed."""
    if allowed_special == "none":
        return encode_ordinary(text)
    allowed: Collection[str] = special_tokens if allowed_special == "all" else ()
    if not isinstance(allowed_special, str):
        allowed = allowed_special
    ids: list[int] = []
    for part in split_special(text, special_tokens):
        if part in special_tokens:
            ids += [special_tokens[part]] if part in allowed else not_allowed(part)
        else:
            ids += encode_ordinary(part)
    return ids


def draw_encode_special(rng: Random, size: int) -> Args:
    text, special_tokens = draw_special(rng, size)
    some = rng.sample([*special_tokens, "<|unknown|>"], rng.randint(0, len(special_tokens)))
    allowed = rng.choice(
        ["all", "all", "none", "none_raise", set(special_tokens), set(some), some, tuple(some), frozenset(some)]
    )
    return text, special_tokens, allowed, rng.choice([BYTES, LENGTH])


def tell_special(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """Which special tokens were found, and which should have been."""
    special_tokens = args[1]
    names = {idx: name for name, idx in special_tokens.items()}
    should, found = ([names[idx] for idx in ids if idx in names] for ids in (expected, got))
    missing = next((name for name in should if found.count(name) < should.count(name)), None)
    if missing:
        return Told(
            "a special token is not found",
            f"{look(missing)} stands in the text and is allowed, so its id, {special_tokens[missing]}, should be among "
            "the ids. It is not, or not often enough.",
            "First split the text at its special tokens, then look at each part: is it one of them, and is it allowed?",
        )
    extra = next((name for name in found if found.count(name) > should.count(name)), None)
    if extra:
        return Told(
            "a special token is found that should not be",
            f"The id of {look(extra)}, {special_tokens[extra]}, is among the ids, and should not be.",
            "Where a special token is not allowed, or where a longer one stands, it has no id of its own.",
        )
    return None


ENCODE_SPECIAL = add(
    Exercise(
        "encode_special",
        "06-special-tokens",
        "encode_special(text, special_tokens, allowed_special, encode_ordinary) -> list[int]",
        passed="special tokens become their ids where they are allowed, and raise where they are not",
        hint='First find out which special tokens are allowed: all of them for "all", none for "none_raise", '
        "else those of "
        'the collection. Only "none" does not look for them at all.',
        reference=encode_special,
        own=[RegexTokenizer.encode, RegexTokenizer._policy],
        returns=list[int],
        cases=[
            ("", END, "all", BYTES),
            ("ab", END, "all", BYTES),
            ("ab", END, "none_raise", BYTES),
            ("ab", {}, "all", BYTES),
            ("<|a|>", ONE, "all", BYTES),
            ("<|a|>", ONE, "none", BYTES),
            ("<|a|>", ONE, "none_raise", BYTES),
            ("<|a|>", ONE, {"<|a|>"}, BYTES),
            ("<|a|>", ONE, ["<|a|>"], BYTES),
            ("<|a|>", ONE, set(), BYTES),
            ("<|a|>", TWO, {"<|a|><|b|>"}, BYTES),
            ("<|a|><|b|>", TWO, "all", BYTES),
            ("ab", ONE, {"<|c|>"}, BYTES),
            ("a<|c|>", ONE, {"<|c|>"}, BYTES),
            ("ab<|a|> c", ONE, "all", BYTES),
            ("ab<|a|> cd", ONE, "all", LENGTH),
            ("ab<|a|> cd", ONE, "none", LENGTH),
            ("a rise or a raise", {"raise": 500}, "none_raise", BYTES),
            ("<|a|><|b|>", TWO, {"<|a|>"}, BYTES),
            ("<|a|><|b|>", TWO, {"<|a|><|b|>"}, BYTES),
            ("<|a|>", {"<|a|>": 500, "<|b|>": 501}, {"<|a|>"}, BYTES),
            ("<|a|>", ONE, frozenset(["<|a|>"]), BYTES),
            ("<|a|>all", {"<|a|>": 500, "all": 501}, {"all"}, BYTES),
            ("ab<|a|>ab<|a|>", {"<|a|>": 0}, "all", BYTES),
            (inputs.ODD + "<|a|>" + inputs.ODD, ONE, "all", BYTES),
            (LONG, TWO, "all", LENGTH),
            ("<|a|>", ONE, Code('{"<|a|>": 1}.keys()'), BYTES),
            ("<|a|>", ONE, Code("{}.keys()"), BYTES),
            ("<|a|>", ONE, ("<|a|>",), BYTES),
            ("<|a|>b", ONE, [], BYTES),
        ],
        crashes=[
            Crash(
                "unknown names are looked up",
                "KeyError",
                "^'(?!none|all)",
                "Was a name of the collection looked up that is no special token? Unknown names mean nothing: ask "
                "which of "
                "the special tokens that there are is allowed.",
            ),
            Crash(
                "a word is looked up",
                "KeyError",
                "^'(none|all)",
                '"all", "none" and "none_raise" are words, and no names of special tokens. Ask for them with == first.',
            ),
            Crash(
                "a collection is looked up",
                "TypeError",
                "unhashable type",
                "allowed_special can be a set or a list, which no dict can have as a key. Compare it with the three "
                "words by ==.",
            ),
        ],
        tell=tell_special,
        draw=draw_encode_special,
        draws=120,
        keep=[2],
    )
)


@ENCODE_SPECIAL.misconception(
    "special tokens are encoded like any other text",
    "They are no merges: nothing in the text is merged into them. Split the text at them, and look up their ids.",
)
def special_tokens_are_text(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return encode_ordinary(text)


@ENCODE_SPECIAL.misconception(
    "special tokens are always found, whatever is allowed",
    "A text from outside could then smuggle one in. Look at allowed_special before you use an id.",
)
def always_allowed(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return encode_special(text, special_tokens, "all", encode_ordinary)


NOT_UNNOTICED = (
    'That is what "none" is for. Else, a special token in the text that is not allowed must not go unnoticed: '
    "ValueError."
)


@ENCODE_SPECIAL.misconception("a special token that is not allowed is encoded as ordinary text", NOT_UNNOTICED)
def a_part_that_is_not_allowed_is_ordinary(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return _part_by_part(text, special_tokens, allowed_special, encode_ordinary, encode_ordinary)


@ENCODE_SPECIAL.misconception(
    "a special token that is not allowed is left out",
    "Then nobody notices that it was there, and the text does not come back. What does the exercise ask for in place "
    "of that?",
)
def not_allowed_is_left_out(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return _part_by_part(text, special_tokens, allowed_special, encode_ordinary, lambda part: [])


@ENCODE_SPECIAL.misconception("a special token that is not allowed is encoded as ordinary text", NOT_UNNOTICED)
def not_allowed_is_ordinary(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    allowed = set() if allowed_special in ("none", "none_raise") else allowed_special
    known = (
        special_tokens
        if allowed == "all"
        else {name: special_tokens[name] for name in special_tokens if name in allowed}
    )
    return encode_special(text, known, "all", encode_ordinary)


@ENCODE_SPECIAL.misconception(
    '"none" raises for a special token in the text',
    '"none_raise" raises. With "none" the whole text is ordinary, special tokens and all.',
)
def none_raises_too(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return encode_special(
        text, special_tokens, "none_raise" if allowed_special == "none" else allowed_special, encode_ordinary
    )


@ENCODE_SPECIAL.misconception(
    '"none_raise" never raises',
    'If the text holds a special token, "none_raise" is a ValueError that names it.',
)
def none_raise_does_not_raise(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return encode_special(
        text, special_tokens, "none" if allowed_special == "none_raise" else allowed_special, encode_ordinary
    )


@ENCODE_SPECIAL.misconception(
    "a special token that is not in the collection is encoded as ordinary text",
    'A collection says which are allowed. Another one in the text is a ValueError, as with "none_raise".',
)
def a_collection_does_not_raise(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    if isinstance(allowed_special, str):
        return encode_special(text, special_tokens, allowed_special, encode_ordinary)
    known = {name: idx for name, idx in special_tokens.items() if name in allowed_special}
    return encode_special(text, known, "all", encode_ordinary)


@ENCODE_SPECIAL.misconception(
    "an empty collection is taken to allow everything",
    "An empty set is false in Python, and still says: none of them. Which test did you write?",
)
def an_empty_collection_allows_all(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    return encode_special(text, special_tokens, allowed_special or "all", encode_ordinary)


@ENCODE_SPECIAL.misconception(
    "a name in the collection that is no special token is looked up, and raises KeyError",
    "Unknown names in the collection mean nothing. Look at the special tokens there are, and ask which of them "
    "are allowed.",
)
def unknown_names_are_looked_up(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    if not isinstance(allowed_special, str):
        for name in allowed_special:
            special_tokens[name]
    return encode_special(text, special_tokens, allowed_special, encode_ordinary)


@ENCODE_SPECIAL.misconception(
    "special tokens are moved to the end",
    "Ids stand in the order of the text: go through the parts one by one.",
)
def special_tokens_at_the_end(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    ids = encode_special(text, special_tokens, allowed_special, encode_ordinary)
    special = set() if allowed_special == "none" else set(special_tokens.values())
    return [idx for idx in ids if idx not in special] + [idx for idx in ids if idx in special]


@ENCODE_SPECIAL.misconception(
    "the ordinary text is encoded one character at a time",
    "Merges need the whole part: give each part between special tokens to encode_ordinary in one piece.",
)
def one_character_at_a_time(
    text: str, special_tokens: Special, allowed_special: str | Collection[str], encode_ordinary: Encode
) -> list[int]:
    def each(part: str) -> list[int]:
        return [idx for character in part for idx in encode_ordinary(character)]

    return encode_special(text, special_tokens, allowed_special, each)


# --- decode_special


def decode_special(ids: list[int], vocab: Vocab, special_tokens: Special) -> str:
    return DECODE.reference(ids, vocab | {idx: name.encode("utf-8") for name, idx in special_tokens.items()})


def draw_decode_special(rng: Random, size: int) -> Args:
    ids, vocab = DECODE.draw(rng, size)
    names = rng.sample(POOL, rng.randint(0, 3))
    special_tokens = dict(zip(names, rng.sample(range(1000, 1020), len(names)), strict=True))
    for idx in special_tokens.values():
        if rng.random() < 0.7:
            ids.insert(rng.randint(0, len(ids)), idx)
    if names and 0 not in ids and rng.random() < 0.3:  # the id 0 is as good as any other
        vocab = {idx: token for idx, token in vocab.items() if idx}
        ids = [0 if idx == special_tokens[names[0]] else idx for idx in ids]
        special_tokens[names[0]] = 0
    return ids, vocab, special_tokens


def tell_decode_special(args: Args, expected: str, got: str) -> Told | None:
    """The general hint speaks of special tokens; where none is among the ids, it would lead astray."""
    ids, _, special_tokens = args
    told = tell(expected, got)
    if told is None or told.hint or any(idx in special_tokens.values() for idx in ids):
        return told
    return replace(told, hint="There is no special token among these ids. What do you make of the ids of `vocab`?")


ACCENT = {"<é>": 500}
DECODE_SPECIAL = add(
    Exercise(
        "decode_special",
        "06-special-tokens",
        "decode_special(ids, vocab, special_tokens) -> str",
        passed="the text with its special tokens, and ValueError for an unknown id",
        hint="special_tokens goes from names to ids; here you have ids. Turn it round once, then look in both.",
        reference=decode_special,
        own=[base.Tokenizer.decode, base.Tokenizer.decode_bytes],
        returns=str,
        same=alike_but_for_replacements,
        cases=[
            ([], AB, END),
            ([97], AB, {}),
            ([97, 256], AB, END),
            ([500], AB, END),
            ([97, 500, 98], AB, END),
            ([500, 500], AB, END),
            ([500], AB, ACCENT),
            ([195, 169], AB, END),
            ([257, 169, 500], E_ACUTE, END),
            ([97, 255, 98], AB, END),
            ([97, 499], AB, END),
            ([499], AB, {}),
            ([-1], AB, END),
            ([1, 0, 7], {0: b"b", 1: b"a", 7: b"n"}, {}),
            ([505, 501], AB, {"<|a|>": 501, "<|b|>": 505}),
            ([500], AB, {"<|a|>": 500}),
            ([500], AB, {}),
            ([10, 0], {10: b"a"}, {"<s>": 0}),
            ([0], {10: b"a"}, {"<s>": 0}),
            ([0], {0: b"b"}, {}),
            ([195, 500, 169], AB, END),
            ([97, 300, 195], AB, END),
            (list(inputs.ODD.encode("utf-8")), AB, END),
            (list(inputs.LONGER.encode("utf-8")), AB, END),
        ],
        crashes=[
            Crash(
                "an id is looked up among the names",
                "KeyError",
                r"^-?\d+$",
                "In which dict was this id looked up? vocab has the ids of ordinary tokens. The keys of special_tokens "
                "are names.",
            )
        ],
        tell=tell_decode_special,
        draw=draw_decode_special,
    )
)
DECODE_SPECIAL.shares(
    DECODE,
    [
        "ids one by one",
        "all ids are text",
        "leave out what is not text",
        "unknown ids are passed over",
        "key error for unknown ids",
        "unknown ids become replacements",
        "left out and key error",
        "all text and key error",
        "one by one and key error",
    ],
    lambda decode: (
        lambda ids, vocab, special_tokens: decode(
            ids, vocab | {idx: name.encode("utf-8") for name, idx in special_tokens.items()}
        )
    ),
)


@DECODE_SPECIAL.misconception(
    "special tokens are left out of the text",
    "Whoever decodes wants to see all that was encoded. A special token decodes to its own text.",
)
def special_tokens_are_left_out(ids: list[int], vocab: Vocab, special_tokens: Special) -> str:
    return DECODE.reference([idx for idx in ids if idx not in special_tokens.values()], vocab)


@DECODE_SPECIAL.misconception(
    "the ids of special tokens are not found",
    "They are not in vocab: `special_tokens` has them, and goes from names to ids, as {'<|endoftext|>': 100257}. You "
    "have the id, so which way round do you need it?",
)
def the_wrong_way_round(ids: list[int], vocab: Vocab, special_tokens: Special) -> str:
    return DECODE.reference(ids, vocab)


@DECODE_SPECIAL.misconception(
    "the special token with the id 0 is taken for none",
    "0 is false in Python, and a good id all the same. Ask with `in`, or compare with None.",
)
def the_id_0_is_none(ids: list[int], vocab: Vocab, special_tokens: Special) -> str:
    return decode_special(ids, vocab, {name: idx for name, idx in special_tokens.items() if idx})


@DECODE_SPECIAL.misconception(
    "spaces are put around special tokens",
    "Only what was in the text comes back: no space that was not there.",
)
def spaces_around_special_tokens(ids: list[int], vocab: Vocab, special_tokens: Special) -> str:
    return decode_special(ids, vocab, {f" {name} ": idx for name, idx in special_tokens.items()})


@DECODE_SPECIAL.misconception(
    "special tokens are taken to be ASCII",
    "The name of a special token can hold any character. Which encoding do all other tokens have?",
)
def special_tokens_are_ascii(ids: list[int], vocab: Vocab, special_tokens: Special) -> str:
    ascii_only = {name.encode("ascii", "ignore").decode(): idx for name, idx in special_tokens.items()}
    return decode_special(ids, vocab, ascii_only)
