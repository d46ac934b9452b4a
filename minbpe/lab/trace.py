"""Training and encoding recorded as steps that can be replayed, forwards and backwards. Data, no drawing.

How can any step be shown at once, without storing the text 500 times? Look at the boundaries between the
bytes. At first there is one between any two bytes, and a merge closes the boundary between its two halves,
for good. So we write down, for each boundary, the number of the step that closed it. That is all:

    bytes         t   h   e       t   h   e   n
    closed by       1   2   -   -   1   2   -         1: t+h -> 256    2: 256+e -> 257

* After k steps the boundaries with a number up to k are closed; what lies between open ones is a token.
* The last step inside a token is the one that made it, which gives its id.

The memory is one number a byte, whatever the number of steps, and a window of the text at any step costs
time in proportion to the window. What counts had which pair at a step does not follow from that: the best
few are written down while training.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, islice, pairwise, zip_longest
from typing import NamedTuple

from minbpe.base import Tokenizer
from minbpe.merging import Merge, Pair, Row, apply_merges

OPEN = 2**31 - 2  # a boundary that no step closes
WALL = 2**31 - 1  # a boundary between two chunks, which no step can close

Token = tuple[int, bytes]  # a token: its id and its bytes


class Window(NamedTuple):
    """A stretch of the text after some step. Tokens are numbered from 0 through all of its chunks.

    `chunks` are lists of (id, bytes); the first and the last may be cut where the window ends. `left` and
    `right` are the tokens that the next step joins, `made` those that the last step made.
    """

    start: int  # in bytes, at a token's edge
    stop: int
    chunks: list[list[Token]]
    left: list[int]
    right: list[int]
    made: list[int]


class Replay(NamedTuple):
    """Bytes, and for each byte the step that closed the boundary before it (or OPEN, or WALL).

    `ids[m]` is the id of the token that step m makes; steps count from 1, and ids[0] means nothing.
    """

    data: bytes
    closed: array[int]
    ids: Sequence[int]
    bytes_to_ids: bytes = bytes(range(256))  # the id of each byte

    def window(self, step: int, start: int = 0, size: int | None = None) -> Window:
        """The tokens of data[start : start + size] after `step` steps, widened to whole tokens."""
        closed, data, ids = self.closed, self.data, self.ids
        stop = len(data) if size is None else min(len(data), start + size)
        start = max(0, min(start, stop))
        while 0 < start < len(data) and closed[start] <= step:
            start -= 1
        while stop < len(data) and closed[stop] <= step:
            stop += 1

        chunks: list[list[Token]] = []
        left, right, made = [], [], []
        number = -1
        at = start
        while at < stop:
            before, last = closed[at], 0  # the step that made this token is the last one inside it
            end = at + 1
            while end < stop and (inside := closed[end]) <= step:
                if inside > last:
                    last = inside
                end += 1
            number += 1
            if before == WALL or not chunks:
                chunks.append([])
            elif before == step + 1:
                left.append(number - 1)
                right.append(number)
            chunks[-1].append((ids[last] if last else self.bytes_to_ids[data[at]], data[at:end]))
            if last and last == step:
                made.append(number)
            at = end
        return Window(start, stop, chunks, left, right, made)

    def tokens(self, step: int) -> list[Token]:
        """All tokens after `step` steps."""
        return [token for chunk in self.window(step).chunks for token in chunk]

    def places(self) -> dict[int, list[int]]:
        """For each step the bytes before which it closes a boundary: {step: [place]}."""
        places: dict[int, list[int]] = defaultdict(list)
        for place, step in enumerate(self.closed):
            if step < OPEN:
                places[step].append(place)
        return dict(places)


# --- training


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that could be merged next: how often it occurs, and whether as often as the best."""

    pair: Pair
    count: int
    tied: bool


class Choice(NamedTuple):
    """What training had to choose from at a step: the best few pairs, best first.

    `ties` is how many pairs share the highest count (1: no tie), `pairs` how many there are in all.
    """

    candidates: list[Candidate]
    ties: int
    pairs: int


class TrainingTrace:
    """The training of a tokenizer on one text. Step k is the state after the first k merges.

    merges         list of Merge(pair, idx, count), in order
    vocab          {id: bytes}
    replay         the text at any step (see Replay)
    lengths        the number of tokens in the text after k merges, for k from 0 to the last
    choices        the candidates after k merges; the last has none to merge, or was not asked for
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        text: str,
        merges: int,
        candidates: int = 10,
        instead: Mapping[int, Pair] | None = None,
    ) -> None:
        """Record `tokenizer`, a BasicTokenizer or a RegexTokenizer, learning `merges` merges from `text`.

        The tokenizer only says how the text is split; it is not changed. For each step the best
        `candidates` pairs are kept. There are fewer merges when the text has no pair left. `instead` chooses other
        pairs than the most frequent: {number of merges made: the pair to merge then}. ValueError for one that is not
        in the text by then.
        """
        instead = instead or {}
        try:
            tokenizer.train_steps("", 256)  # nothing is trained yet, but what cannot be trained says so
        except TypeError:
            raise ValueError("this vocabulary is published as it is, and how it was trained is not known") from None
        sequence = list(tokenizer.chunks(text))
        counts = Counter(sequence)
        recorder = _Recorder(counts, candidates)
        self.merges: list[Merge] = []
        self.vocab = {byte: bytes([byte]) for byte in range(256)}
        self.choices = [recorder.choice()]
        while len(self.merges) < merges and self.choices[-1].candidates:
            a, b = instead.get(len(self.merges), self.choices[-1].candidates[0].pair)
            if (a, b) not in recorder.counts:
                raise ValueError(f"after {len(self.merges)} merges the pair {(a, b)} is not in the text")
            merge = Merge((a, b), 256 + len(self.merges), recorder.counts[a, b])
            recorder.merge(merge)
            self.merges.append(merge)
            self.vocab[merge.idx] = self.vocab[a] + self.vocab[b]
            self.choices.append(recorder.choice())

        closed_in = recorder.closed_in_chunks()
        closed = array("i")
        for chunk in sequence:
            closed += closed_in[chunk]
        self.replay = Replay(b"".join(sequence), closed, [0, *(merge.idx for merge in self.merges)])
        applied = Counter(closed)
        steps = range(1, len(self.merges) + 1)
        self.lengths = list(accumulate((-applied[step] for step in steps), initial=len(self.replay.data)))
        self._places = self.replay.places()

    def __len__(self) -> int:
        """The number of merges, which is also the number of the last step."""
        return len(self.merges)

    def next_merge(self, step: int) -> Merge | None:
        """The merge that is about to happen after `step` merges; None at the end."""
        return self.merges[step] if step < len(self.merges) else None

    def places(self, step: int) -> list[int]:
        """Where in the text the next merge after `step` merges applies: the bytes at which its right halves begin."""
        return self._places.get(step + 1, [])

    def next_place(self, step: int, start: int) -> int | None:
        """The first place of the next merge at byte `start` or after it; if there is none, the first of all."""
        places = self.places(step)
        return places[bisect_left(places, start) % len(places)] if places else None

    def merges_at(self, step: int) -> dict[Pair, int]:
        """The first `step` merges, as a tokenizer has them: {pair: id}."""
        return {merge.pair: merge.idx for merge in self.merges[:step]}

    def encode(self, tokenizer: Tokenizer, text: str, step: int) -> list[list[Token]]:
        """`text` encoded with the first `step` merges, chunk by chunk."""
        rank_of = self.merges_at(step).get
        return [[(idx, self.vocab[idx]) for idx in apply_merges(chunk, rank_of)] for chunk in tokenizer.chunks(text)]


class _Recorder:
    """Trains, and knows at each step how often each pair occurs and which are the best.

    This is learn_merges with the curtain open (a test holds the two together): the counting is the same. But here
    all pairs are in one heap. A pair's remembered place in it is never worse than the truth, so the entries that
    prove true as they come off the top are the best ones, in order, and not only the first of them.
    """

    def __init__(self, chunks: Mapping[bytes, int], candidates: int) -> None:
        self.chunks = chunks
        self.kept = max(1, candidates)
        self.row = Row(chunks)
        self.weights: list[int] | None = None  # all 1
        if any(count > 1 for count in chunks.values()):
            self.weights = [0]
            for chunk, count in chunks.items():
                self.weights += [count] * (len(chunk) + 1)
        self.closed = array("i", [OPEN]) * len(self.row.ids)
        self.steps = 0
        self.counts: dict[Pair, int] = {}
        self.places: dict[Pair, list[int]] = {}
        self.having: Counter[int] = Counter()  # how many pairs have each count
        self.heap: list[tuple[int, int, Pair]] = []  # (-count, first place, pair)
        for pair, where in self.row.pairs().items():
            self._count(pair, self._weigh(where))
            self._remember(pair, where)

    def _weigh(self, where: list[int]) -> int:
        return len(where) if self.weights is None else sum(map(self.weights.__getitem__, where))

    def _count(self, pair: Pair, more: int) -> None:
        count = self.counts.pop(pair, 0)
        self.having[count] -= 1
        if count + more:
            self.counts[pair] = count + more
            self.having[count + more] += 1

    def _remember(self, pair: Pair, where: list[int]) -> None:
        heappush(self.heap, (-self.counts[pair], where[0], pair))
        where.reverse()  # now the first place is the last entry, where it is cheap to drop
        self.places[pair] = where

    def choice(self) -> Choice:
        """The best pairs as things stand."""
        best: list[tuple[int, int, Pair]] = []
        while self.heap and len(best) < self.kept:
            remembered = heappop(self.heap)
            pair = remembered[2]
            if pair not in self.counts:
                self.places.pop(pair, None)
                continue
            actual = (-self.counts[pair], self.row.first_of(pair, self.places[pair]), pair)
            if actual == remembered:
                best.append(actual)
            else:
                heappush(self.heap, actual)
        for entry in best:
            heappush(self.heap, entry)
        most = -best[0][0] if best else 0
        candidates = [Candidate(pair, -count, -count == most) for count, _, pair in best]
        return Choice(candidates, self.having[most] if best else 0, len(self.counts))

    def merge(self, merge: Merge) -> None:
        """Make `merge`."""
        self.steps += 1
        (a, b), idx, row = merge.pair, merge.idx, self.row
        where = self.places[a, b][::-1]
        before, after = row.merge((a, b), idx, where)
        for place in where:
            if row.ids[place] == idx:  # else it was stale, or taken by an overlap
                self.closed[place + row.lengths[a]] = self.steps
        born: dict[Pair, list[int]] = {}
        # Where (b, token) gave way to (idx, token), its weight moves over; likewise on the other side.
        # `after` goes first: in "abab" it makes an (idx, a), which `before` with the next merge unmakes.
        moves = [((b, token), (idx, token), places) for token, places in after.items()]
        moves += [((token, a), (token, idx), places) for token, places in before.items()]
        for old, new, places in moves:
            weight = self._weigh(places)
            self._count(old, -weight)
            self._count(new, weight)
            born[new] = places
        self._count((a, b), -self.counts.get((a, b), 0))
        for pair, places in born.items():
            if pair in self.counts:
                self._remember(pair, places)

    def closed_in_chunks(self) -> dict[bytes, array[int]]:
        """For each chunk the step that closed the boundary before each of its bytes."""
        closed, start = {}, 1  # the row begins with an EDGE
        for chunk in self.chunks:
            inside = self.closed[start : start + len(chunk)]
            inside[0] = WALL
            closed[chunk] = inside
            start += len(chunk) + 1
        return closed


# --- encoding

ALGORITHMS = ("merges", "longest", "leftmost", "frequent", "fewest")  # the first is the right one


class Rank(NamedTuple):
    """A pair of neighbours under consideration: `place` is the number of its left token among all tokens.

    `idx` is the id it would merge into, None if it does not merge; `chosen` if it merges in the next step.
    """

    place: int
    pair: Pair
    idx: int | None
    chosen: bool


class EncodingStep(NamedTuple):
    """A step of an encoding: the token `idx` is made at those places, given as bytes of the text.

    `pair` is None for an algorithm that lays down whole tokens instead of merging pairs.
    """

    idx: int
    pair: Pair | None
    places: list[int]


class EncodingTrace:
    """An encoding recorded step by step, by the right algorithm or by a wrong one.

    algorithm      "merges": the earliest-learned merge first, which is right; or, wrong, "longest" match from
                   the left, the "leftmost" pair that merges, the most "frequent" pair, the "fewest" tokens
    vocab          {id: bytes}
    chunks         the chunks of bytes, encoded each on its own
    steps          list of EncodingStep; state k is the text after the first k
    replay         the text at any step (see Replay)
    """

    def __init__(self, tokenizer: Tokenizer, text: str, algorithm: str = "merges", rule: Rule | None = None) -> None:
        """Record the encoding of `text`, special tokens as ordinary text. ValueError for an unknown algorithm.

        A `rule` chooses what is merged next, in place of an algorithm: rule({pair: count}, merges) -> pair. The pairs
        are those of neighbours, in order of occurrence. The encoding ends where the rule gives None or a pair that
        does not merge; `stopped` says so, and what went wrong if it raised something.
        """
        if algorithm not in ALGORITHMS:
            raise ValueError(f"there is no algorithm {algorithm!r}; there are {', '.join(ALGORITHMS)}")
        self.algorithm = "rule" if rule else algorithm
        self.stopped = ""
        self.chunks = list(tokenizer.chunks(text))
        self.vocab = tokenizer.vocab
        self.rank_of = tokenizer.rank_of
        model = _Model(self.rank_of, self.vocab, tokenizer.byte_shuffle)
        if rule:
            self.steps = list(_rule_steps(model, self.chunks, self._asked(rule, tokenizer)))
        else:
            self.steps = list(_ENCODERS[algorithm](model, self.chunks))
        data = b"".join(self.chunks)
        closed = array("i", [OPEN]) * len(data)
        for number, step in enumerate(self.steps, 1):
            length = len(self.vocab[step.idx])
            for start in step.places:
                for place in range(start + 1, start + length):
                    closed[place] = min(closed[place], number)
        start = 0
        for chunk in self.chunks:
            closed[start] = WALL
            start += len(chunk)
        self.replay = Replay(data, closed, [0, *(step.idx for step in self.steps)], tokenizer.byte_shuffle)

    def _asked(self, rule: Rule, tokenizer: Tokenizer) -> Callable[[dict[Pair, int]], Pair | None]:
        """`rule` with the merges, and with whatever it does wrong put into words."""

        def ask(stats: dict[Pair, int]) -> Pair | None:
            try:
                pair = rule(dict(stats), dict(tokenizer.merges))
                if pair is None:
                    return None
                a, b = pair
            except Exception as error:  # it is the learner's
                self.stopped = f"{type(error).__name__}: {error}"
                return None
            if (a, b) not in stats:
                self.stopped = f"it chose {pair!r}, which does not stand in the text"
                return None
            return a, b

        return ask

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.steps)

    def token(self, step: int) -> bytes:
        """The bytes of the token that is made next after `step` steps."""
        return self.vocab[self.steps[step].idx]

    def ids(self) -> list[int]:
        """What the encoding comes to."""
        return [idx for idx, _ in self.replay.tokens(len(self))]

    def ranks(self, step: int) -> list[Rank]:
        """The pairs of neighbours after `step` steps, from left to right, each with the id it would merge into."""
        window = self.replay.window(step)
        ranks, number = [], 0
        for chunk in window.chunks:
            for (a, _), (b, _) in pairwise(chunk):
                ranks.append(Rank(number, (a, b), self.rank_of((a, b)), number in window.left))
                number += 1
            number += 1
        return ranks


class Parting(NamedTuple):
    """Where two encodings part: the first step that differs, and the first token of the result that does.

    None where they do not part. `place` is the byte at which that token begins. Steps are compared only
    between algorithms that merge.
    """

    step: int | None
    token: int | None
    place: int | None


def parting(right: EncodingTrace, wrong: EncodingTrace) -> Parting:
    """Where `wrong` parts from `right`, both of the same text."""
    step = None
    if all(each.pair for each in wrong.steps):
        pairs = zip_longest(right.steps, wrong.steps)
        step = next((number for number, (a, b) in enumerate(pairs) if a != b), None)
    place = 0
    for number, (a, b) in enumerate(
        zip_longest(right.replay.tokens(len(right)), wrong.replay.tokens(len(wrong)), fillvalue=(-1, b""))
    ):
        if a != b:
            return Parting(step, number, place)
        place += len(a[1])
    return Parting(step, None, None)


RankOf = Callable[[Pair], int | None]
Rule = Callable[[dict[Pair, int], dict[Pair, int]], Pair | None]  # (counts of neighbours, merges) -> what to merge


def learned_as(tokenizer: Tokenizer) -> dict[int, int]:
    """{id: n} for the tokens that a merge made: the n-th to be learned, counting from 1."""
    return {idx: place for place, idx in enumerate(islice(tokenizer.vocab, 256, None), 1)}


class _Model(NamedTuple):
    rank_of: RankOf
    vocab: Mapping[int, bytes]
    bytes_to_ids: bytes


# How each algorithm goes about it. They are written to be followed, for texts of a few hundred bytes.


class _Option(NamedTuple):
    """A pair of neighbours that merges into `idx`; its left token is tokens[chunk][number], from byte `place` on."""

    pair: Pair
    idx: int
    chunk: int
    number: int
    place: int


def _earliest_learned(options: list[_Option]) -> list[_Option]:
    best = min(options, key=lambda option: option.idx)
    return [option for option in options if option.pair == best.pair]


def _leftmost(options: list[_Option]) -> list[_Option]:
    return options[:1]


def _most_frequent(options: list[_Option]) -> list[_Option]:
    ((best, _),) = Counter(option.pair for option in options).most_common(1)
    return [option for option in options if option.pair == best]


def _merge_steps(
    model: _Model,
    chunks: Sequence[bytes],
    choose: Callable[[list[_Option]], list[_Option]],
    all_pairs: bool = False,
) -> Iterator[EncodingStep]:
    """Merge what `choose` picks from the pairs that can merge, until none can or it picks none.

    With `all_pairs` it picks from all neighbours; those that cannot merge have the idx -1.
    """
    tokens = [list(chunk.translate(model.bytes_to_ids)) for chunk in chunks]
    while True:
        options, place = [], 0
        for chunk, ids in enumerate(tokens):
            for number, idx in enumerate(ids):
                pair = (idx, ids[number + 1]) if number + 1 < len(ids) else None
                merged = model.rank_of(pair) if pair else None
                if pair and (merged is not None or all_pairs):
                    options.append(_Option(pair, -1 if merged is None else merged, chunk, number, place))
                place += len(model.vocab[idx])
        if not options:
            return
        chosen: list[_Option] = []
        for option in choose(options):
            last = chosen[-1] if chosen else None
            if not last or (last.chunk, last.number + 1) != (option.chunk, option.number):  # "aaa" merges once
                chosen.append(option)
        if not chosen:
            return
        for option in reversed(chosen):
            tokens[option.chunk][option.number : option.number + 2] = [option.idx]
        yield EncodingStep(chosen[0].idx, chosen[0].pair, [option.place for option in chosen])


def _rule_steps(
    model: _Model, chunks: Sequence[bytes], ask: Callable[[dict[Pair, int]], Pair | None]
) -> Iterator[EncodingStep]:
    """Merge the pair that `ask` names, everywhere, until it names none that merges."""

    def choose(neighbours: list[_Option]) -> list[_Option]:
        stats = Counter(option.pair for option in neighbours)
        pair = ask(dict(stats))
        return [option for option in neighbours if option.pair == pair and option.idx >= 0]

    return _merge_steps(model, chunks, choose, all_pairs=True)


def _longest_match(chunk: bytes, ids: Mapping[bytes, int], longest: int) -> Iterator[bytes]:
    start = 0
    while start < len(chunk):
        stop = min(len(chunk), start + longest)
        while chunk[start:stop] not in ids:
            stop -= 1
        yield chunk[start:stop]
        start = stop


def _fewest_tokens(chunk: bytes, ids: Mapping[bytes, int], longest: int) -> Iterator[bytes]:
    fewest = [0] * (len(chunk) + 1)  # how many tokens the rest of the chunk needs, from each byte on
    stops = [0] * len(chunk)
    for start in reversed(range(len(chunk))):
        reach = range(min(len(chunk), start + longest), start, -1)  # of equally few, the longest token first
        stops[start] = min((stop for stop in reach if chunk[start:stop] in ids), key=fewest.__getitem__)
        fewest[start] = 1 + fewest[stops[start]]
    start = 0
    while start < len(chunk):
        yield chunk[start : stops[start]]
        start = stops[start]


def _laying_steps(
    model: _Model, chunks: Sequence[bytes], cut: Callable[[bytes, Mapping[bytes, int], int], Iterator[bytes]]
) -> Iterator[EncodingStep]:
    """Lay down whole tokens from left to right, as `cut` cuts each chunk."""
    ids = {token: idx for idx, token in model.vocab.items()}
    longest = max(map(len, ids))
    place = 0
    for chunk in chunks:
        for token in cut(chunk, ids, longest):
            yield EncodingStep(ids[token], None, [place])
            place += len(token)


_ENCODERS: dict[str, Callable[[_Model, Sequence[bytes]], Iterator[EncodingStep]]] = {
    "merges": partial(_merge_steps, choose=_earliest_learned),
    "longest": partial(_laying_steps, cut=_longest_match),
    "leftmost": partial(_merge_steps, choose=_leftmost),
    "frequent": partial(_merge_steps, choose=_most_frequent),
    "fewest": partial(_laying_steps, cut=_fewest_tokens),
}


# --- where a token comes from


class Node(NamedTuple):
    """A token, and the two tokens it was merged from; a byte, and a token that was never merged, has none."""

    idx: int
    data: bytes
    children: tuple[Node, Node] | None


def tree_of(tokenizer: Tokenizer, idx: int) -> Node:
    """The tree of merges behind the token `idx`. ValueError for an id that no token has."""
    vocab = tokenizer.vocab
    if idx not in vocab:
        raise ValueError(f"no token has the id {idx}; the ids here go from {min(vocab)} to {max(vocab)}")
    parents_of = tokenizer.parents()
    # From the bytes up, without recursion: a token can be as deep as it is long.
    needed, pairs = [idx], {}
    for each in needed:
        if each not in pairs:
            pairs[each] = parents_of(each)
            needed += pairs[each] or ()
    nodes: dict[int, Node] = {}
    for each in sorted(pairs, key=lambda each: len(vocab[each])):
        pair = pairs[each]
        nodes[each] = Node(each, vocab[each], (nodes[pair[0]], nodes[pair[1]]) if pair else None)
    return nodes[idx]
