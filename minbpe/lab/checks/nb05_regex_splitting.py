"""05-regex-splitting: cut the text into chunks, and keep merges inside of them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from minbpe import base, merging, patterns
from minbpe.lab.checks import inputs
from minbpe.lab.checks.exercise import Args, Exercise, add, in_order
from minbpe.lab.checks.nb03_merges import OUT_OF_PAIRS, TRAIN, chunks_of, tell_merges
from minbpe.lab.checks.nb04_encode_decode import ENCODE, ENCODE_CRASHES, Merges, Pair, tell_ids
from minbpe.lab.checks.nb04_encode_decode import encode as encode_chunk
from minbpe.lab.checks.show import look
from minbpe.lab.checks.telling import Told
from minbpe.regex import RegexTokenizer

# The two that are published cut white space at the end of a text differently; either is right here.
PUBLISHED = [patterns.Splitter(patterns.GPT4_SPLIT_PATTERN), patterns.Splitter(patterns.CL100K_SPLIT_PATTERN)]

# --- split


def split(text: str) -> list[str]:
    return PUBLISHED[0].split(text)


def as_published(expected: list[str], got: list[str], args: Args) -> bool:
    return got == expected or any(got == splitter.split(args[0]) for splitter in PUBLISHED)


PIECES = [
    *"aéX!'_ 7",
    "don't",
    "O'SHEA",
    "L'tre",
    "'Ll",
    "it's",
    "DON'Tx",
    "123",
    "4567",
    "1000000",
    "  ",
    "\n",
    " \t",
    "\u00a0",
    "\u3000",
]
PIECES += ["...", " (", "한국", "日本語", "😉", "e\u0301", "the", " of"]


def draw_text(rng: Random, size: int) -> Args:
    if rng.random() < 0.5:
        return (inputs.text(rng, size),)
    return ("".join(rng.choices(PIECES, k=rng.randint(0, 1 + size // 3))),)


# The seven pieces of the pattern, by the names that the notebook gives them.
NAMED = (
    r"(?P<ending>'(?i:[sdmt]|ll|ve|re))|(?P<letters>[^\r\n\p{L}\p{N}]?+\p{L}+)|(?P<digits>\p{N}{1,3})"
    r"|(?P<signs> ?[^\s\p{L}\p{N}]++[\r\n]*)|(?P<newline>\s*[\r\n])|(?P<spaces>\s+(?!\S))|(?P<space>\s+)"
)
RULES_OF_PIECES = {
    "ending": "after an apostrophe s, d, m, t, ll, ve or re in small letters or capitals, whatever follows",
    "letters": "letters of any script, and before them at most one character that is no letter, no digit and no "
    "line end",
    "digits": "one to three digits of any script, and nothing before them",
    "signs": "signs, with at most one space before them, and the line ends after them",
    "newline": "white space up to and with a line end",
    "spaces": "white space up to the last one before the next word; all of it at the end",
    "space": "white space that is left",
}


def tell_piece(args: Args, expected: list[str], got: list[str]) -> Told | None:
    """The first chunk that is another one, and the piece of the pattern that takes it."""
    place = next((place for place, each in enumerate(zip(expected, got, strict=False)) if each[0] != each[1]), None)
    if place is None or "".join(got) != args[0]:
        return None
    start = sum(map(len, expected[:place]))
    try:
        import regex  # not above: in the browser, the other checks must load without it
    except ImportError:
        return None
    match = regex.compile(NAMED).match(args[0], start)
    if match is None or match[0] != expected[place] or match.lastgroup is None:
        return None
    piece = match.lastgroup
    return Told(
        f"cut otherwise than {piece}",
        f"Here {look(got[place])} is a chunk, and {look(expected[place])} should be. In GPT-4's pattern the piece "
        f"`{piece}` takes that: {RULES_OF_PIECES[piece]}.",
        f"Lay your piece for `{piece}` beside that sentence; then look at the pieces tried before it, for they "
        "may have taken a part of it.",
    )


SPLIT = add(
    Exercise(
        "split",
        "05-regex-splitting",
        "split(text) -> list[str]",
        passed="the chunks of GPT-4, and nothing lost",
        hint="Use the package regex, not re: it knows \\p{L} and \\p{N}. Read the pattern one alternative at a "
        "time, and "
        "see which of them should have matched here.",
        reference=split,
        own=[patterns.Splitter],
        returns=list[str],
        same=as_published,
        cases=[
            (text,)
            for text in [
                "",
                "hello",
                "hello world",
                " hello",
                "a  b",
                "don't",
                "DON'T",
                "1234567",
                "a1b2",
                "Hi there!",
                "x = 1",
                "...!?",
                " ...",
                "naïve",
                "O'Shea",
                "l'tre",
                "한국어 日本",
                "a\n\nb",
                "end  ",
                "a\tb",
                "(note)",
                "😉 ok",
                "if x:\n    return  y\n",
                "He'll pay $1,000.50 (soon)!\n\n  Bye",
                "I'vex I'max I'llx we'rex o'dx I'Vex don’tx",
                "x² ½ Ⅷ ٣",
                *[
                    "line\nagain",
                    "line\ragain",
                    "Stop!\r\nGo",
                    "Stop!\rGo",
                    "wait  !",
                    "tab\t!",
                    "snake_1",
                    "cafe\u0301",
                ],
                "三人",
                "a\x1cb",
                "a\x1f b",
                "\x1c!",
                "d\u0300ouble",
                "5 apples",
                "a 1",
                "!a",
                " \n a",
                "a \nb",
                inputs.ODD,
                inputs.LONGER,
                "ab " * 400,  # more than a thousand characters, and more than ten thousand
                "It's 1 of 4,000 words. " * 500,
            ]
        ],
        tell=tell_piece,
        draw=draw_text,
    )
)


def _wrong_pattern(pattern: str) -> Callable[[str], list[str]]:
    return lambda text: findall(pattern, text)


def findall(pattern: str, text: str) -> list[str]:
    import regex  # not above: in the browser, the other checks must load without it

    return regex.findall(pattern, text)


def _changed(old: str, new: str) -> str:
    """GPT-4's pattern with one part replaced."""
    assert old in patterns.GPT4_SPLIT_PATTERN
    return patterns.GPT4_SPLIT_PATTERN.replace(old, new)


def _pattern(name: str, belief: str, hint: str, pattern: str) -> None:
    SPLIT.misconception(belief, hint, name)(_wrong_pattern(pattern))


@SPLIT.misconception(
    "the spaces between words are thrown away",
    "Joined together, the chunks must be the text again. What becomes of the spaces with str.split?",
)
def spaces_are_thrown_away(text: str) -> list[str]:
    return text.split()


@SPLIT.misconception(
    "the text is cut at white space only, which stays with the word before it",
    "In GPT-4's chunks a space goes with the word after it: ' world'. Look for the optional character before \\p{L}+.",
)
def the_space_belongs_to_the_word_before(text: str) -> list[str]:
    return findall(r"\S+\s*|\s+", text)


_pattern(
    "GPT-2's pattern",
    "this is the pattern of GPT-2",
    "Lay it beside the pattern of GPT-4, piece by piece. The differences begin with contractions in capitals, long "
    "numbers, and what may stand before a word.",
    patterns.GPT2_SPLIT_PATTERN,
)
_pattern(
    "only a to z are letters",
    "only the letters a to z are taken for letters",
    "é is a letter, and so are 한 and 日. Which class of the regex package stands for letters in every script?",
    _changed(r"\p{L}", "a-zA-Z").replace("a-zA-Z+", "[a-zA-Z]+"),
)
_pattern(
    "contractions are written small",
    "contractions in capitals are not seen",
    "In the pattern a flag makes one group blind to capitals: (?i:…). It shows where letters follow, as in O'Shea.",
    _changed("(?i:[sdmt]|ll|ve|re)", "(?:[sdmt]|ll|ve|re)"),
)
_pattern(
    "no contractions",
    "contractions are not tried before words",
    "'t, 'll and the like are tried first, before words, and they do not ask what follows them.",
    _changed("'(?i:[sdmt]|ll|ve|re)|", ""),
)
_pattern(
    "numbers of any length",
    "a number may be of any length",
    "GPT-4 cuts numbers after three digits, so that there need not be a token for each long number. Which part "
    "says so?",
    _changed("{1,3}", "+"),
)
_pattern(
    "every digit alone",
    "every digit is a chunk of its own",
    "Up to three digits stay together in GPT-4.",
    _changed("{1,3}", ""),
)
_pattern(
    "no space is left to the word",
    "a row of spaces is one chunk, up to the word",
    "Of several spaces the last goes with the word after them. A lookahead, (?!\\S), leaves it.",
    _changed(r"\s+(?!\S)|", ""),
)
_pattern(
    "signs stand without their space",
    "the space before a sign is a chunk of its own",
    "As with words, one space goes with the signs after it. Look at what comes before [^\\s\\p{L}\\p{N}].",
    _changed(r"| ?[^\s\p{L}\p{N}]", r"|[^\s\p{L}\p{N}]"),
)
_pattern(
    "a space before digits",
    "a space may stand before digits, as before a word",
    "In GPT-4 nothing goes with a number: ' 7' is two chunks, a space and a 7. Which piece takes the space?",
    _changed(r"|\p{N}{1,3}", r"| ?\p{N}{1,3}"),
)
_pattern(
    "only a space before letters",
    "only a space may stand before a word, not a tab or a sign",
    "At most one character that is no letter, no digit and no line end goes with the word: '(note' and '\\tb' are "
    "one chunk.",
    _changed(r"[^\r\n\p{L}\p{N}]?+\p{L}+", r" ?\p{L}+"),
)
_pattern(
    "several signs before letters",
    "all signs and spaces before a word go with it",
    "At most one: in '((a' the first bracket stays by itself. What does ? allow, and what does *?",
    _changed(r"[^\r\n\p{L}\p{N}]?+\p{L}+", r"[^\r\n\p{L}\p{N}]*\p{L}+"),
)
_pattern(
    "line ends do not go with signs",
    "a line end after signs is a chunk of its own",
    "After signs the line ends go with them: '!\\n' is one chunk. Look at what follows the signs in the pattern.",
    _changed(r"]++[\r\n]*", r"]++"),
)
_pattern(
    "line ends are like other white space",
    "a line end is treated like any other white space",
    "White space up to a line end is a chunk, with the line end at its end: there is a piece for that.",
    _changed(r"|\s*[\r\n]", ""),
)
_pattern(
    "every white space alone",
    "every white space is a chunk of its own",
    "Several in a row stay together, but for the last one before a word. Look at \\s+(?!\\S).",
    _changed(r"|\s*[\r\n]|\s+(?!\S)|\s+", r"|\s"),
)
_pattern(
    "every sign alone",
    "every sign is a chunk of its own",
    "Signs in a row stay together: '...' is one chunk.",
    _changed(r"]++[\r\n]*", r"]"),
)
_pattern(
    "what the pattern leaves out is lost",
    "only words and numbers are kept",
    "Joined together, the chunks must be the text again: spaces and signs included.",
    r" ?\p{L}+|\p{N}{1,3}",
)

# --- train_chunks


def train_chunks(chunks: list[str], vocab_size: int) -> Merges:
    return inputs.naive_train(chunks_of(chunks), vocab_size)


def draw_chunks(rng: Random, size: int) -> Args:
    text = inputs.text(rng, size)
    chunks = split(text) if rng.random() < 0.5 else [inputs.text(rng, 6, "abc") or "a" for _ in range(size // 2)]
    return chunks, inputs.vocab_size(rng)


TRAIN_CHUNKS = add(
    Exercise(
        "train_chunks",
        "05-regex-splitting",
        "train_chunks(chunks, vocab_size) -> dict",
        passed="counted over all chunks, merged inside of each",
        hint="Keep one list of ids for each chunk. Count the pairs of all of them into one dict, then merge in each.",
        reference=train_chunks,
        own=[base.Tokenizer.train, base.Tokenizer.train_steps, merging.learn_merges],
        returns=dict[Pair, int],
        same=in_order,
        crashes=[OUT_OF_PAIRS],
        tell=lambda args, expected, got: tell_merges(chunks_of(args[0]), expected, got),
        cases=[
            ([], 258),
            (["a", "b"], 258),
            (["ab"], 257),
            (["ab", "ab"], 300),
            (["ba", "ab"], 257),
            (["a", "b", "a", "b", "cd"], 257),
            (["ab", "cd", "cd"], 257),
            (["xy", "xy", "abcabc", "ab"], 258),
            (["bc", "ab", "bc", "ab"], 257),
            (["é", " é"], 258),
            (["baaa"], 257),
            (["ab", "a", "aab", "bab"], 259),
            (["the", " theme", " then"], 261),
            (["low", " lower", " low", " newest", " newest", " widest"], 264),
            (["ab", "cd", "ef", "cd"], 257),
            (["a<|endoftext|>b", "a<|endoftext|>b"], 260),
            (["ab"] * 1200, 258),
            (["", "ab", ""], 257),
            (["zz", "ab"], 257),
            (["abcd", "bcd"], 260),
            (["Ab", "ab", " ", "  ", "\r\n", "\0\0", "\0\0"], 260),
            (split(inputs.LONGER), 330),
        ],
        draw=draw_chunks,
    )
)
TRAIN_CHUNKS.shares(
    TRAIN,
    [
        "vocab size is the number of merges",
        "ties do not matter",
        "larger ids win ties",
        "characters in place of bytes",
        "count only once",
        "aaa holds one pair",
        "stop at pairs that occur once",
        "never out of pairs",
        "one merge too few",
        "one merge too many",
        "new ids from 257",
        "new ids from 255",
        "smaller ids win ties",
        "by the order of a set",
        "counts are never emptied",
        "counts are never emptied until no pair is left",
        "the merged ids are dropped",
        "from ids to pairs",
    ],
)

OF_THE_LAST_CHUNK = (
    "each chunk is counted into a dict of its own, and only that of the last one is looked at",
    "All chunks are counted into one dict. Where is it made: before the loop over the chunks, or in it?",
)


@TRAIN_CHUNKS.misconception(*OF_THE_LAST_CHUNK)
def counts_made_anew_with_each_chunk(chunks: list[str], vocab_size: int) -> Merges:
    rows, merges = chunks_of(chunks), Merges()
    for idx in range(256, vocab_size):
        for row in rows:
            stats: dict[Pair, int] = {}
            base.get_stats(row, stats)
        if not stats:  # without any chunk there is no dict: an UnboundLocalError
            break
        pair = max(stats, key=stats.__getitem__)
        rows = [base.merge(row, pair, idx) for row in rows]
        merges[pair] = idx
    return merges


@TRAIN_CHUNKS.misconception(*OF_THE_LAST_CHUNK)
def counts_of_the_last_chunk(chunks: list[str], vocab_size: int) -> Merges:
    rows, merges = chunks_of(chunks), Merges()
    while 256 + len(merges) < vocab_size and rows and (stats := base.get_stats(rows[-1])):
        pair, idx = max(stats, key=stats.__getitem__), 256 + len(merges)
        merges[pair] = idx
        rows = [base.merge(row, pair, idx) for row in rows]
    return merges


@TRAIN_CHUNKS.misconception(
    "the chunks are joined, and merges reach across them",
    "The cut between two chunks is there to stay: no pair has one half in one chunk and one in the next.",
)
def chunks_are_joined(chunks: list[str], vocab_size: int) -> Merges:
    return inputs.train("".join(chunks), vocab_size)


@TRAIN_CHUNKS.misconception(
    "a chunk that occurs several times is counted only once",
    "A word that occurs a thousand times should weigh a thousand times as much.",
)
def each_chunk_once(chunks: list[str], vocab_size: int) -> Merges:
    return train_chunks(list(dict.fromkeys(chunks)), vocab_size)


@TRAIN_CHUNKS.misconception(
    "the chunks are sorted before they are counted",
    "That changes which pair comes first, and so who wins a tie. Keep them in the order of the text.",
)
def chunks_are_sorted(chunks: list[str], vocab_size: int) -> Merges:
    return train_chunks(sorted(chunks), vocab_size)


@TRAIN_CHUNKS.misconception(
    "only the first chunk is learned from",
    "Does your loop over the chunks go round more than once? Look at where the return stands.",
)
def the_first_chunk_only(chunks: list[str], vocab_size: int) -> Merges:
    return train_chunks(chunks[:1], vocab_size)


@TRAIN_CHUNKS.misconception(
    "each chunk is trained on its own, one after the other",
    "Every merge is chosen by the counts over all chunks together.",
)
def one_chunk_after_the_other(chunks: list[str], vocab_size: int) -> Merges:
    rows, merges = chunks_of(chunks), Merges()
    for place in range(len(rows)):
        while len(rows[place]) > 1 and 256 + len(merges) < vocab_size:
            stats = base.get_stats(rows[place])
            pair, idx = max(stats, key=stats.__getitem__), 256 + len(merges)
            merges[pair] = idx
            rows = [base.merge(row, pair, idx) for row in rows]
    return merges


# --- encode_ordinary


def encode_ordinary(text: str, merges: Merges) -> list[int]:
    return [idx for chunk in split(text) for idx in encode_chunk(chunk, merges)]


def by_either_pattern(expected: list[int], got: list[int], args: Args) -> bool:
    text, merges = args
    return got == expected or got == [idx for chunk in PUBLISHED[1].split(text) for idx in encode_chunk(chunk, merges)]


def draw_chunk_merges(rng: Random, size: int) -> Args:
    # Half of the merges are learned across chunks, so that it shows when a text is not split.
    merges, text = inputs.merges_of(rng, size)
    if rng.random() < 0.5:
        merges = train_chunks(split(text[::-1]), inputs.vocab_size(rng))
    return text, merges


def tell_ordinary(args: Args, expected: list[int], got: list[int]) -> Told | None:
    """The first chunk whose ids are others."""
    text, merges = args
    place, vocab = 0, inputs.vocab_of(merges)
    for chunk in split(text):
        should, did = encode_chunk(chunk, merges), list[int]()
        if place == len(got):
            return Told(
                "the end is missing",
                f"All is right up to the chunk {look(chunk)}; from there on the ids are missing.",
                "What ends the loop over the chunks?",
            )
        length = 0
        for idx in got[place:]:
            if length >= len(chunk.encode("utf-8")) or idx not in vocab:
                break
            did.append(idx)
            length += len(vocab[idx])
        if length > len(chunk.encode("utf-8")):
            return Told(
                "a merge reaches across chunks",
                f"The id {did[-1]} stands for {vocab[did[-1]]!r}, which reaches beyond the chunk {look(chunk)}.",
                "Split first, then encode each chunk separately: no merge goes across the cut between two of them.",
            )
        if did != should:
            return tell_ids(vocab, merges, chunk, should, did)
        place += len(should)
    return None


SPACE = {(97, 32): 256, (32, 98): 257}
ENCODE_ORDINARY = add(
    Exercise(
        "encode_ordinary",
        "05-regex-splitting",
        "encode_ordinary(text, merges) -> list[int]",
        passed="split first, then the merges inside of each chunk",
        hint="Two steps that you have built already: split the text, then encode each chunk separately, and put "
        "the ids in one list.",
        reference=encode_ordinary,
        own=[RegexTokenizer.encode_ordinary, RegexTokenizer.encode, merging.apply_merges],
        returns=list[int],
        same=by_either_pattern,
        crashes=ENCODE_CRASHES,
        tell=tell_ordinary,
        cases=[
            ("", {}),
            ("a", {}),
            ("ab", {(97, 98): 256}),
            ("a b", {(97, 32): 256}),
            ("a b", SPACE),
            ("é", {(195, 169): 256}),
            ("a b", {}),
            ("1a1", {}),
            ("a!", {(97, 33): 256}),
            ("ab ab", {(97, 98): 256, (32, 256): 257}),
            ("abc abc", {(97, 98): 256, (98, 99): 257}),
            ("aaaa", {(97, 97): 256, (256, 256): 257}),
            ("abcbcab", {(97, 98): 256, (98, 99): 257}),
            ("abc", {(97, 98): 256, (98, 99): 257, (97, 257): 258}),
            ("abcd", {(98, 99): 256, (97, 98): 257, (99, 100): 258}),
            ("abcbabcb bcbc", {(98, 99): 256, (97, 98): 257, (256, 256): 258}),
            ("abcbcabc", {(98, 99): 256, (97, 98): 257}),
            ("1234", {(51, 52): 256}),
            ("三人", {(137, 228): 256}),
            ("abcd", {(97, 98): 256, (256, 99): 257, (99, 100): 258}),
            ("ab " * 400, {(97, 98): 256, (32, 256): 257}),
            ("It's 1 of 4,000 words. " * 500, {(32, 111): 256, (256, 102): 257}),
            ("it's ok\n", {(116, 39): 256, (39, 115): 257, (107, 10): 258}),
            ("a\nb", {(10, 98): 256}),
            ("!\n\n", {(33, 10): 256}),
            ("-a  !\n\n", {(45, 97): 256, (32, 33): 257, (33, 10): 258}),
            (inputs.ODD, {(13, 10): 256, (101, 204): 257, (0, 97): 258}),
            (inputs.LONGER, inputs.train(inputs.LONGER, 330)),
        ],
        draw=draw_chunk_merges,
        draws=120,
    )
)
ENCODE_ORDINARY.shares(
    ENCODE,
    [
        "encoding counts again",
        "longest match",
        "leftmost pair first",
        "latest merge first",
        "a single pass",
        "characters in place of bytes",
        "one merge only",
        "round by round",
        "stops at two ids",
        "fewest tokens",
    ],
    lambda encode: lambda text, merges: [idx for chunk in split(text) for idx in encode(chunk, merges)],
)


@ENCODE_ORDINARY.misconception(
    "the text is split in training only, and encoded in one piece",
    "A merge must not reach across chunks here either: the same split goes first in training and in encoding.",
)
def the_split_is_for_training_only(text: str, merges: Merges) -> list[int]:
    return encode_chunk(text, merges)


@ENCODE_ORDINARY.misconception(
    "the text is split at white space, which is lost",
    "Decoding must give the text back, spaces and all. Split as in the exercise before.",
)
def white_space_is_lost(text: str, merges: Merges) -> list[int]:
    return [idx for word in text.split() for idx in encode_chunk(word, merges)]


@ENCODE_ORDINARY.misconception(
    "a list of ids is kept for each chunk, and only the last comes back",
    "The ids of all chunks go into one list. Does something start anew in each round of the loop?",
)
def only_the_last_chunk(text: str, merges: Merges) -> list[int]:
    return encode_chunk((split(text) or [""])[-1], merges)


@ENCODE_ORDINARY.misconception(
    "a chunk that came before is left out the second time",
    "Every chunk of the text is encoded, the repeated ones too.",
)
def each_chunk_once_only(text: str, merges: Merges) -> list[int]:
    return [idx for chunk in dict.fromkeys(split(text)) for idx in encode_chunk(chunk, merges)]
