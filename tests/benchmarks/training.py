"""How long training takes, and how far each trainer learns the merges of the ten-line loop."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import inputs
from measure import Bound, Report, Stopwatch, Table, absent, ratio, side_by_side
from ten_lines import Pair, ten_lines
from trainers import PATTERN, TRAINERS, Learned, in_bytes, train_ten_lines, vocab_of

from minbpe import BasicTokenizer, RegexTokenizer
from minbpe.merging import apply_merges
from minbpe.patterns import Splitter

COLUMNS = ["tokenizer, text, vocab_size", "minbpe", "ten lines", "tokenizers", "rustbpe", "MiniBpeRust", "bpeasy"]


def measure(quick: bool) -> Report:
    """0.2 MB to 512 tokens, 0.5 MB to 4096 and, unless `quick`, 20 MB to 32768."""
    small, middle = (inputs.first(size, inputs.english()) for size in (200_000, 500_000))
    tasks = {"Regex, 0.2 MB, 512": (small, 512, 5), "Regex, 0.5 MB, 4096": (middle, 4096, 9)}
    if not quick:
        large = "".join(inputs.python_sources(20_000_000))
        tasks[f"Regex, {inputs.size_of(large)}, 32768"] = (large, 32768, 3)

    times = {"Basic, 0.2 MB, 512": time_basic(small, 512, 5)}
    agreements = [
        ["Basic, 0.2 MB, 512", "all 256", "the reference", "–", "–", "–", "–"]
    ]  # or time_basic had complained
    for task, (text, vocab_size, rounds) in tasks.items():
        trainers = TRAINERS | ({"ten lines": train_ten_lines} if text is small else {})
        pieces, watch = inputs.pieces(text), Stopwatch()
        for _ in range(rounds):
            for name, train in trainers.items():
                watch.time(name, train, pieces, vocab_size)
        times[task] = watch.best
        how_far = agreements_of(text, vocab_size, watch.results)
        agreements.append([task, *(how_far.get(name, absent(name)) for name in COLUMNS[1:])])

    tables = [
        Table("Training", COLUMNS, [[task, *side_by_side(best, COLUMNS[1:])] for task, best in times.items()]),
        Table("Training: how many merges are the same, in the same order", COLUMNS, agreements),
    ]
    basic, regex, *against_tokenizers = times.values()
    both = {name: basic[name] + regex[name] for name in basic}
    bounds = [Bound("training, Basic + Regex, 0.2 MB, 512: time over ten lines'", ratio(both, "ten lines"), 1 / 50)]
    for task, best, limit in zip(list(times)[2:], against_tokenizers, (1.0, 1.7), strict=False):
        bounds.append(Bound(f"training, {task}: time over tokenizers'", ratio(best, "tokenizers"), limit))
    return tables, bounds


def time_basic(text: str, vocab_size: int, rounds: int) -> dict[str, float]:
    tokenizer, watch = BasicTokenizer(), Stopwatch()
    for _ in range(rounds):
        watch.time("minbpe", tokenizer.train, text, vocab_size)
        watch.time("ten lines", ten_lines, [text.encode()], vocab_size - 256)
    if tokenizer.merges != watch.results["ten lines"]:
        raise AssertionError("BasicTokenizer has not learned the merges of the ten-line loop")
    return watch.best


def agreements_of(text: str, vocab_size: int, learned: dict[str, Learned]) -> dict[str, str]:
    """For each trainer how far it has learned the merges of the reference.

    That is the ten-line loop over the distinct chunks; or minbpe, where this would take days.
    """
    chunks = Counter(chunk.encode() for chunk in Splitter(PATTERN).iterate(text))
    if vocab_size <= 4096:
        source, merges = "ten lines", ten_lines(chunks, vocab_size - 256, list(chunks.values()))
    else:
        tokenizer = RegexTokenizer(PATTERN)
        tokenizer.train(text, vocab_size)
        source, merges = "minbpe", tokenizer.merges
    if "ten lines" in learned and learned["ten lines"]() != in_bytes(merges):
        raise AssertionError("counting distinct chunks has changed the merges of the ten-line loop")
    return {name: agreement(merges, each(), chunks) for name, each in learned.items()} | {source: "the reference"}


def agreement(
    reference: dict[Pair, int], learned: list[tuple[bytes, bytes]] | list[bytes], chunks: Counter[bytes]
) -> str:
    """How far `learned` follows `reference`, and whether they part over a tie in the text of `chunks`."""
    name = tuple if isinstance(learned[0], tuple) else b"".join
    expected = [name(halves) for halves in in_bytes(reference)]
    same = next((k for k, (a, b) in enumerate(zip(expected, learned, strict=False)) if a != b), len(expected))
    if same == len(expected):
        return f"all {same:,}"
    merges = dict(islice(reference.items(), same))
    vocab, stats = vocab_of(merges), Counter()
    for chunk, count in chunks.items():
        for a, b in pairwise(apply_merges(chunk, merges.get)):
            stats[name((vocab[a], vocab[b]))] += count
    why = "a tie" if stats[learned[same]] == stats[expected[same]] else "not a tie"
    in_common = len(set(expected) & set(learned)) / len(expected)
    return f"first {same:,}, then {why}; {in_common:.1%} in common"
