# ruff: noqa: SIM905 - patterns are easier to read without a quote around each
"""A split pattern that is carried over cuts every text alike in `regex`, in tiktoken and in Hugging Face tokenizers."""

import random
import re
import warnings

import regex

from minbpe import RegexTokenizer, interop

# What the engines disagree about, and what they do not.
ATOMS = r"""
a b A s S k ß 1 _ é ж 한 😉 ' \. \- \  \n \t \r \x41 \u00e9 \U0001F609 \N{BULLET} . \w \W \s \S \d \D \h
\p{L} \P{L} \pL \p{Lu} \p{Ll} \p{N} \p{Nd} \p{M} \p{P} \p{Han} \p{Greek} \p{Script=Cyrillic} \p{^L}
\p{Alphabetic} \p{IsLatin}
[ab] [^ab] [a-z] [^a-z] [\w\-] [^\w\s] [^\W\d_] [\s\S] [^\s\S] [[:alpha:]] [[:^alpha:]] [[:punct:]']
[[:digit:][:space:]]
[]a] [^]a] [a\]b] [\n\r] [\p{L}\p{M}] [^\p{L}] [a&&b] [a||b] [a--b] [\b] [é-ž] [😀-😎] [\u0300-\u036f] [.*+?] [a-]
""".split()
PLACES = (
    r"^ $ \A \Z \z \b \B \m \M (?=a) (?!a) (?<=a) (?<!a) (?=\s|$) (?!\w) (?<=\w) (?<!\s) (?<=ab|c) (?<=\ba)".split()
)
ALIEN = r"\K \X \R \G \1 (?R) (?|a|b) [[a]b] a{e<=1} (?P=n) (?(1)a|b) (?x:a) \Qa \cA (?a:\w) a*+*".split()
COUNTS = "* + ? *? +? ?? *+ ++ ?+ {2} {1,3} {1,} {,2} {1,2}? {1,2}+ {2}? {2}+ {,3}+ {0} {".split()
GROUPS = ["(?:", "(", "(?P<n>", "(?i:", "(?s:", "(?m:", "(?i-s:", "(?>", "(?im:", "(?-i:"]
TEXT = [*"aabbAsSkK1²٣_'-.\n\r\t  ßſẞéжΣςσ한一々😉\u200c\u200d\u0300\u0130ıǅ\u0558\u1c89\u2028\u0085\x1c\x0b\ufeff\x00"]
TEXT += [
    "ab",
    "aa",
    "a\n",
    "\r\n",
    "'s",
    "ss",
    "ﬀ",
    "\U0001e030",
    "\U0002ebf0",
    "\U00011f5a",
    "\u0e01\u0e33",
    "e\u0301",
    "👩‍👩‍👧",
]


def random_pattern(rng: random.Random, depth: int = 3) -> str:
    def row(depth):
        return "".join(item(depth) for _ in range(rng.randint(1, 3)))

    def item(depth):
        kind = rng.random()
        if kind < 0.12:
            return rng.choice(PLACES)
        if kind < 0.125:
            return rng.choice(ALIEN)
        if kind < 0.4 and depth:
            body = rng.choice(GROUPS) + choice(depth - 1) + ")"
        elif kind < 0.45 and depth:
            return rng.choice(["(?=", "(?!", "(?<=", "(?<!"]) + choice(depth - 1) + ")"
        else:
            body = rng.choice(ATOMS)
        return body + (rng.choice(COUNTS) if rng.random() < 0.4 else "")

    def choice(depth):
        return "|".join(row(depth) for _ in range(rng.choice([1, 1, 2, 3])))

    return rng.choice(["", "", "", "", "(?i)", "(?s)", "(?m)"]) + choice(depth)


def random_text(rng: random.Random) -> str:
    return "".join(rng.choices(TEXT if rng.random() < 0.7 else rng.sample(TEXT, 4), k=rng.randint(1, 40)))


def learned(pattern: str, texts: list[str]) -> RegexTokenizer:
    """A tokenizer with a token for every chunk of `texts`, so that its ids show where it cuts them."""
    tokenizer = RegexTokenizer(pattern, timeout=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that there is nothing more to learn
        tokenizer.train(texts, 5000)
    return tokenizer


def assert_cut_alike(pattern: str, texts: list[str]) -> int:
    """How many engines took the pattern. Those that did give the same ids."""
    tokenizer, took = learned(pattern, texts), 0
    for convert in (lambda: interop.to_tiktoken(tokenizer, "x").encode_ordinary, lambda: huggingface(tokenizer)):
        try:
            encode = convert()
        except ValueError as error:
            assert "pattern" in str(error)
            continue
        took += 1
        for text in texts:
            try:
                ids = encode(text)
            except BaseException as error:  # a panic of Rust's: loud, and no other ids
                if not re.search("BacktrackLimitExceeded|retry-limit-in-match", str(error)):  # limits of their own
                    raise
                continue
            assert ids == tokenizer.encode_ordinary(text), (pattern, text)
    return took


def huggingface(tokenizer):
    converted = interop.to_huggingface(tokenizer)
    return lambda text: converted.encode(text).ids


def test_random_patterns_cut_random_texts_alike_in_every_engine_that_takes_them(long):
    rng = random.Random(14)
    wanted, tried, taken = 5000 if long else 120, 0, 0
    while tried < wanted:
        pattern = random_pattern(rng)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "[a||b]" may come to mean something else
                regex.compile(pattern)
        except regex.error:
            continue
        texts = [random_text(rng) for _ in range(8)]
        try:
            took = assert_cut_alike(pattern, texts)
        except MemoryError:  # of `regex` itself, at some of the patterns with (?R)
            continue
        except ValueError as error:
            if "took more than 3 seconds" not in str(error):
                raise
            continue
        tried += 1
        taken += bool(took)
    assert taken > wanted / 4
