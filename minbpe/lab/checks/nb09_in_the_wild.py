"""09-in-the-wild: what a text costs, in which language, and a tokenizer that starts from characters.

The stretch exercise is BPE on code points with byte fallback, as sentencepiece does it:

    encode_code_points(text, characters, merges) -> list[int]

`characters` maps each known character to its id (from 256 on). A character that is not in it falls back to
its UTF-8 bytes, with the ids 0 to 255. Then the merges are replayed, as in `encode`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from minbpe.lab.checks import inputs
from minbpe.lab.checks.crashes import Crash
from minbpe.lab.checks.exercise import Args, Exercise, add, by_value
from minbpe.lab.checks.nb04_encode_decode import ENCODE, Merges, tell_ids
from minbpe.lab.checks.runner import Code
from minbpe.lab.checks.telling import Told, counted

Encode = Callable[[str], list[int]]
Parallel = dict[str, list[str]]

# Stand-ins for tokenizers: a token a byte, a character, a word, or two characters.
BYTES = Code('lambda text: list(text.encode("utf-8"))')
CHARACTERS = Code("lambda text: [ord(character) for character in text]")
WORDS = Code("lambda text: [len(word) for word in text.split()]")
PAIRS = Code("lambda text: [ord(text[i]) for i in range(0, len(text), 2)]")
ENCODES = [BYTES, CHARACTERS, WORDS, PAIRS]

# --- tokens_per_char


def tokens_per_char(encode: Encode, text: str) -> float:
    return len(encode(text)) / len(text)


def tell_per_char(args: Args, expected: float, got: float) -> Told | None:
    """As if there were how many tokens, or characters?"""
    encode, text = args
    tokens = len(encode(text))
    if got <= 0:
        return None
    if abs(tokens / got - round(tokens / got)) < 1e-6 * tokens / got:
        return Told(
            "another number of characters",
            f"That is {counted(tokens, 'token')} over {round(tokens / got)}; the text has "
            f"{counted(len(text), 'character')}.",
            "What do you divide by? len of the text itself is the number of its characters.",
        )
    if abs(got * len(text) - round(got * len(text))) < 1e-6 * len(text):
        return Told(
            "another number of tokens",
            f"That is {counted(round(got * len(text)), 'token')} over {counted(len(text), 'character')}; encode gives "
            f"{counted(tokens, 'token')}.",
            "Encode the text as it is, in one piece, and count all that comes back.",
        )
    return Told(
        "both numbers may be others",
        f"It should be {counted(tokens, 'token')} over {counted(len(text), 'character')}.",
        "Print the two numbers before you divide them: which is another one?",
    )


TOKENS_PER_CHAR = add(
    Exercise(
        "tokens_per_char",
        "09-in-the-wild",
        "tokens_per_char(encode, text) -> float",
        passed="tokens over characters",
        hint="Two lengths and a division: which of them goes on top?",
        reference=tokens_per_char,
        returns=float,
        cases=[
            (CHARACTERS, "a"),
            (BYTES, "é"),
            (PAIRS, "abc"),
            (PAIRS, "aaaa"),
            (CHARACTERS, "aab"),
            (WORDS, "one two three"),
            (BYTES, "안녕 hi"),
            (WORDS, "to be or not to be"),
            (CHARACTERS, "😉"),
            (CHARACTERS, "e\u0301"),
            (CHARACTERS, "a, b\n"),
            (BYTES, inputs.ODD + inputs.LONGER),
            (CHARACTERS, "word " * 250),
        ],
        tell=tell_per_char,
        draw=lambda rng, size: (rng.choice(ENCODES), inputs.text(rng, size) + "a"),
    )
)


@TOKENS_PER_CHAR.misconception(
    "this is code points per token, the other way round",
    "The name says what is divided by what. A text that costs more should get a larger number.",
)
def the_other_way_round(encode: Encode, text: str) -> float:
    return len(text) / len(encode(text))


@TOKENS_PER_CHAR.misconception(
    "the tokens are divided by the bytes, not by the characters",
    "A character can be up to four bytes. len of a str counts characters.",
)
def a_character_is_a_byte(encode: Encode, text: str) -> float:
    return len(encode(text)) / len(text.encode("utf-8"))


@TOKENS_PER_CHAR.misconception(
    "the tokens are divided by the words",
    "Not all languages put spaces between words, so here characters are the measure.",
)
def per_word(encode: Encode, text: str) -> float:
    return len(encode(text)) / max(1, len(text.split()))


@TOKENS_PER_CHAR.misconception(
    "the result is cut to a whole number",
    "// cuts, / divides.",
)
def a_whole_number(encode: Encode, text: str) -> float:
    return float(len(encode(text)) // len(text))


@TOKENS_PER_CHAR.misconception(
    "only different tokens are counted",
    "A token that comes again costs again.",
)
def different_tokens(encode: Encode, text: str) -> float:
    return len(set(encode(text))) / len(text)


@TOKENS_PER_CHAR.misconception(
    "spaces are not counted as characters",
    "A space is a character like any other.",
)
def spaces_do_not_count(encode: Encode, text: str) -> float:
    return len(encode(text)) / max(1, len(text.replace(" ", "")))


@TOKENS_PER_CHAR.misconception(
    "each character is encoded on its own",
    "A token spans characters: that is the point of it. Encode the text in one piece.",
)
def one_character_at_a_time(encode: Encode, text: str) -> float:
    return sum(len(encode(character)) for character in text) / len(text)


@TOKENS_PER_CHAR.misconception(
    "the result is rounded",
    "Round when you show a number, not when you compute it.",
)
def rounded(encode: Encode, text: str) -> float:
    return round(tokens_per_char(encode, text), 1)


# --- language_premium


def _tokens(encode: Encode, sentences: list[str]) -> int:
    return sum(len(encode(sentence)) for sentence in sentences)


def language_premium(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return {code: _tokens(encode, sentences) / _tokens(encode, parallel[base]) for code, sentences in parallel.items()}


PASSAGE = {
    "en": ["I am here.", "Yes, I am."],
    "de": ["Ich bin hier.", "Ja, das bin ich."],
    "ko": ["나는 여기 있다.", "그래."],
}
SENTENCES = ["one two", "drei vier fünf", "여섯", "seven", "восемь девять", "été", "a b c d", "mañana por la mañana"]


def draw_parallel(rng: Random, size: int) -> Args:
    number = rng.randint(1, 3)
    codes = rng.sample(["en", "de", "ko", "fr", "el"], rng.randint(1, 4))
    args = rng.choice(ENCODES), {code: rng.choices(SENTENCES, k=number) for code in codes}
    return args if "en" in codes and rng.random() < 0.6 else (*args, rng.choice(codes))


def tell_premium(args: Args, expected: dict[str, float], got: dict[str, float]) -> Told | None:
    """For the first language that is wrong: as if it had how many tokens?"""
    encode, parallel, base = (*args, "en")[:3]
    if expected.keys() != got.keys():
        return None
    code = next(code for code in expected if not by_value(expected[code], got[code], args))
    tokens, least = (_tokens(encode, parallel[each]) for each in (code, base))
    return Told(
        "one language is wrong",
        f"For {code!r}, {got[code]:.3g} came back. Its sentences have {counted(tokens, 'token')}, those of the base, "
        f"{base!r}, {counted(least, 'token')}: {tokens} / {least} is {expected[code]:.3g}.",
        "Print the two sums before you divide. Are all sentences in them, and is each encoded by itself?",
    )


# What encode, which the check hands in, says of a list: each of the stand-ins has its own way.
A_LIST_IS_ENCODED = [
    Crash("a list is encoded", kind, message, "encode takes one text, and is given a list here. Go through the list.")
    for kind, message in [
        ("AttributeError", r"'list' object has no attribute '(encode|split)'"),
        ("TypeError", r"ord\(\) expected"),
    ]
]
LANGUAGE_PREMIUM = add(
    Exercise(
        "language_premium",
        "09-in-the-wild",
        'language_premium(encode, parallel, base="en") -> dict[str, float]',
        passed="tokens over the tokens of the base, for every language",
        hint="For each language: the tokens of all its sentences, summed. Then divide each sum by that of the base.",
        reference=language_premium,
        returns=dict[str, float],
        cases=[
            (CHARACTERS, {"en": ["yes"]}),
            (CHARACTERS, {"en": ["yes"], "de": ["ja"]}),
            (BYTES, {"en": ["yes"], "ko": ["네"]}),
            (CHARACTERS, {"en": ["yes"], "de": ["ja"]}, "de"),
            (CHARACTERS, {"en": ["a", "abcd"], "de": ["ab", "abcd"]}),
            (PAIRS, {"en": ["a", "b"], "de": ["abc", "d"]}),
            (BYTES, PASSAGE),
            (WORDS, PASSAGE),
            (CHARACTERS, {"de": ["ja"], "en": ["yes"]}),
            (CHARACTERS, {"de": ["ja"], "ko": ["네"]}, "ko"),
            (WORDS, {"en": SENTENCES * 2, "de": SENTENCES[::-1] + SENTENCES[:1] * 8}),
            (CHARACTERS, {"en": ["a", "b", "c"], "de": ["d", "e", "fgh"]}),
        ],
        crashes=[
            Crash(
                "nothing to add to",
                "KeyError",
                "",
                "The first time there is nothing to add to. With which number does the sum of a language begin?",
                source=r"\+=",
            ),
            Crash(
                "english is always there",
                "KeyError",
                "'en'",
                "The base is what the argument says. Someone may compare with German, and have no English at all.",
            ),
            *A_LIST_IS_ENCODED,
            Crash(
                "lists are summed",
                "TypeError",
                r"unsupported operand type\(s\) for \+=?: '(int' and 'list|list' and 'int)'",
                "encode gives a list, and a number and a list do not add up. (sum begins at the number 0.) Add up how "
                "long the lists are.",
            ),
        ],
        tell=tell_premium,
        draw=draw_parallel,
        # The same sentences in every language.
        possible=lambda args: len(set(map(len, args[1].values()))) == 1 and all(map(all, args[1].values())),
    )
)


@LANGUAGE_PREMIUM.misconception(
    "the languages are compared by tokens per character",
    "The sentences say the same. So compare what they cost as a whole: a language may need fewer characters, too.",
)
def per_character(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    cost = {code: _tokens(encode, each) / sum(map(len, each)) for code, each in parallel.items()}
    return {code: cost[code] / cost[base] for code in cost}


@LANGUAGE_PREMIUM.misconception(
    "the premium is computed for each sentence, and then averaged",
    "A short sentence would weigh as much as a long one. Sum over the passage first, divide once.",
)
def mean_over_sentences(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    def mean(sentences: list[str]) -> float:
        pairs = zip(sentences, parallel[base], strict=True)
        return sum(len(encode(one)) / len(encode(other)) for one, other in pairs) / len(sentences)

    return {code: mean(sentences) for code, sentences in parallel.items()}


@LANGUAGE_PREMIUM.misconception(
    "the base is divided by the language, the other way round",
    "A language that costs more than the base should get a number above 1.",
)
def base_over_language(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return {code: 1 / premium for code, premium in language_premium(encode, parallel, base).items()}


@LANGUAGE_PREMIUM.misconception(
    "the base itself is left out",
    "It belongs in the result, with the premium 1.0.",
)
def without_the_base(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return {code: each for code, each in language_premium(encode, parallel, base).items() if code != base}


@LANGUAGE_PREMIUM.misconception(
    "the base is always English",
    "`base` is an argument: what if someone compares with German?",
)
def always_english(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return language_premium(encode, parallel)


@LANGUAGE_PREMIUM.misconception(
    "characters are compared, not tokens",
    "The bill is in tokens. What is `encode` for?",
)
def characters_are_compared(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return language_premium(list, parallel, base)  # type: ignore[arg-type]


@LANGUAGE_PREMIUM.misconception(
    "only the first sentence is measured",
    "Sum over all sentences of the passage.",
)
def the_first_sentence_only(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return language_premium(encode, {code: sentences[:1] for code, sentences in parallel.items()}, base)


@LANGUAGE_PREMIUM.misconception(
    "the sentences are joined before they are encoded",
    "The end of a sentence and the beginning of the next could then become one token. Encode each separately, and sum.",
)
def sentences_are_joined(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return language_premium(encode, {code: ["".join(sentences)] for code, sentences in parallel.items()}, base)


@LANGUAGE_PREMIUM.misconception(
    "the sentences are joined, with a space or a line end between them, before they are encoded",
    "What you put between them is in no sentence, and can cost tokens, too. Encode each sentence separately, and sum.",
)
def joined_with_something_between(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return language_premium(encode, {code: ["\n".join(sentences)] for code, sentences in parallel.items()}, base)


@LANGUAGE_PREMIUM.misconception(
    "tokens per character are given, and the base is left aside",
    "The premium is tokens over the tokens of the base, for the same sentences. What is `base` for?",
)
def tokens_per_character_each(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    return {code: _tokens(encode, each) / max(1, sum(map(len, each))) for code, each in parallel.items()}


@LANGUAGE_PREMIUM.misconception(
    "the difference in tokens is given, not the ratio",
    "The premium is a ratio: 2.0 means twice as many tokens.",
)
def the_difference(encode: Encode, parallel: Parallel, base: str = "en") -> dict[str, float]:
    least = _tokens(encode, parallel[base])
    return {code: float(_tokens(encode, sentences) - least) for code, sentences in parallel.items()}


# --- encode_code_points

Characters = dict[str, int]


def code_point_ids(text: str, characters: Characters) -> list[int]:
    ids: list[int] = []
    for character in text:
        ids += [characters[character]] if character in characters else character.encode("utf-8")
    return ids


def encode_code_points(text: str, characters: Characters, merges: Merges) -> list[int]:
    return ENCODE.reference(code_point_ids(text, characters), merges)


def draw_code_points(rng: Random, size: int) -> Args:
    known = rng.sample("abcdé한 ", rng.randint(0, 6))
    characters = dict(zip(known, rng.sample(range(256, 266), len(known)), strict=True))
    tokens, merges = [*characters.values(), *rng.choice([b"", b"x", b"\xc3\xbc"])], {}
    for idx in range(300, 300 + rng.randint(0, 9) if tokens else 300):
        pair = rng.choice(tokens), rng.choice(tokens)
        if pair not in merges:
            merges[pair] = idx
            tokens.append(idx)
    few = rng.random() < 0.5 and known[:3]  # few letters: more merges that get in each other's way
    text = "".join(rng.choices(few or [*known, *known, "x", "ü", "한", "😉"], k=rng.randint(0, size)))
    return text, characters, merges


def tell_code_points(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """As in `encode`, where a token can be a character or a byte."""
    text, characters, merges = args
    vocab = {byte: bytes([byte]) for byte in range(256)}
    vocab |= {idx: character.encode("utf-8") for character, idx in characters.items()}
    try:
        for (left, right), idx in merges.items():
            vocab[idx] = vocab[left] + vocab[right]
    except KeyError:
        return None
    return tell_ids(vocab, merges, text, expected, got)


def possible_code_points(args: Args) -> bool:
    """Whether each merge is of ids that are there."""
    _, characters, merges = args
    known = {*range(256), *characters.values()}
    for pair, idx in merges.items():
        if not known.issuperset(pair):
            return False
        known.add(idx)
    return True


HAN = {"a": 256, "b": 257, "é": 258, "한": 259, "c": 260}
ENCODE_CODE_POINTS = add(
    Exercise(
        "encode_code_points",
        "09-in-the-wild",
        "encode_code_points(text, characters, merges) -> list[int]",
        passed="characters where they are known, bytes where they are not, then the merges",
        hint="First the ids before any merge: one for a known character, one for each byte of an unknown one. "
        "Then it is encode.",
        asked_in="exercises",
        reference=encode_code_points,
        returns=list[int],
        crashes=[
            Crash(
                "an unknown character is looked up",
                "KeyError",
                "",
                "Is this a character that is not known? Ask whether it is in `characters` before you look it up.",
            )
        ],
        tell=tell_code_points,
        cases=[
            ("", HAN, {}),
            ("a", HAN, {}),
            ("x", HAN, {}),
            ("é", HAN, {}),
            ("ü", HAN, {}),
            ("😉", HAN, {}),
            ("한ü", HAN, {}),
            ("ab", HAN, {(256, 257): 300}),
            ("aüb", HAN, {(256, 257): 300}),
            ("abab", HAN, {(256, 257): 300, (300, 300): 301}),
            ("aaaa", HAN, {(256, 256): 300, (300, 256): 301}),
            ("abc", HAN, {(257, 260): 300, (256, 257): 301}),
            ("abcbcab", HAN, {(256, 257): 300, (257, 260): 301}),
            ("abcbabcbé", HAN, {(257, 260): 300, (256, 257): 301}),
            ("abcbcab", HAN, {(257, 260): 300, (256, 300): 301}),
            ("ab", {"b": 700}, {}),
            ("a\0", HAN, {}),
            ("üü", HAN, {(195, 188): 300, (300, 300): 301}),
            ("xab", HAN, {(120, 256): 300}),
            (inputs.ODD + inputs.LONGER, {"\ufeff": 300}, {(13, 10): 301}),
            ("abc" * 80 + "é", HAN, {(256, 257): 300}),
        ],
        draw=draw_code_points,
        possible=possible_code_points,
        draws=120,
    )
)
ENCODE_CODE_POINTS.shares(
    ENCODE,
    ["encoding counts again", "leftmost pair first", "latest merge first", "a single pass", "one merge only"],
    lambda encode: lambda text, characters, merges: encode(code_point_ids(text, characters), merges),
)


def _falling_back(fallback: Callable[[str], list[int]]) -> Callable[[str, Characters, Merges], list[int]]:
    def encode(text: str, characters: Characters, merges: Merges) -> list[int]:
        ids: list[int] = []
        for character in text:
            ids += [characters[character]] if character in characters else fallback(character)
        return ENCODE.reference(ids, merges)

    return encode


def _fallback(name: str, belief: str, hint: str, fallback: Callable[[str], list[int]]) -> None:
    ENCODE_CODE_POINTS.misconception(belief, hint, name)(_falling_back(fallback))


_fallback(
    "unknown characters are dropped",
    "a character that is not known is left out",
    "Then the text could not come back. Byte fallback has an id for each of its bytes.",
    lambda character: [],
)
_fallback(
    "unknown characters become one id",
    "every character that is not known becomes the same id",
    "That is what tokenizers without a fallback do, and the character is lost. What is it made of in UTF-8?",
    lambda character: [0],
)
_fallback(
    "the code point is the id",
    "the code point of an unknown character is taken for its id",
    "That id may belong to another token. The ids 0 to 255 are bytes: which ones does this character have?",
    lambda character: [ord(character)],
)
_fallback(
    "only the first byte",
    "an unknown character becomes one byte only",
    "A character can be up to four bytes, and decoding needs all of them.",
    lambda character: list(character.encode("utf-8")[:1]),
)
_fallback(
    "bytes of UTF-16",
    "an unknown character falls back to the bytes of UTF-16",
    "It is the bytes of UTF-8 that have the ids 0 to 255.",
    lambda character: list(character.encode("utf-16-le")),
)


@ENCODE_CODE_POINTS.misconception(
    "everything is encoded as bytes, and known characters are not looked up",
    "That is byte-level BPE. Here a known character is one id to start with, whatever its bytes.",
)
def bytes_for_everything(text: str, characters: Characters, merges: Merges) -> list[int]:
    return ENCODE.reference(text, merges)


@ENCODE_CODE_POINTS.misconception(
    "every character beyond ASCII falls back to bytes, known or not",
    "Ask `characters`, not the character: 한 can be known, and x unknown.",
)
def bytes_beyond_ascii(text: str, characters: Characters, merges: Merges) -> list[int]:
    known = {character: idx for character, idx in characters.items() if character.isascii()}
    return encode_code_points(text, known, merges)


@ENCODE_CODE_POINTS.misconception(
    "the merges are not replayed",
    "The characters are only the start: then merge as in encode.",
)
def no_merges(text: str, characters: Characters, merges: Merges) -> list[int]:
    return code_point_ids(text, characters)
