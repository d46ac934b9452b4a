"""BeTheTokenizer: choose the merges yourself, with greedy playing beside you."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple

from traitlets import Bool, List, TraitError, observe, validate

from minbpe.base import get_stats, merge
from minbpe.lab.draw.html import Bar, bars, caption_of, chip, escape, nothing, notice, pair_chips, panel, tokens
from minbpe.lab.draw.svg import Still
from minbpe.lab.draw.text import counted, show_token, times
from minbpe.lab.widgets.lab import TextLab
from minbpe.merging import Pair

LONGEST_PLAYED = 160  # characters of a sentence
PAIRS_LISTED = 7
TRIES = 300  # merges to try, to find out what the best play would be; some milliseconds

# --- the game, as data


class Play(NamedTuple):
    """A sentence after some merges: the row of ids, what each id stands for, and how many tokens each merge saved."""

    row: list[int]
    vocab: dict[int, bytes]
    moves: list[Pair]
    saved: list[int]

    def after(self, pair: Pair) -> Play:
        """The play after one more merge, of `pair`."""
        idx = 256 + len(self.moves)
        row = merge(self.row, pair, idx)
        vocab = self.vocab | {idx: self.vocab[pair[0]] + self.vocab[pair[1]]}
        return Play(row, vocab, [*self.moves, pair], [*self.saved, len(self.row) - len(row)])


def begin(text: str) -> Play:
    """The bytes of `text`, before the first merge."""
    return Play(list(text.encode("utf-8")), {byte: bytes([byte]) for byte in range(256)}, [], [])


def greedy_choice(play: Play) -> Pair | None:
    """The pair that training would merge: the most frequent, and of those the one that comes first. None at the end."""
    stats = get_stats(play.row)
    return max(stats, key=stats.__getitem__) if stats else None


def greedy(text: str) -> Iterator[Play]:
    """The play of training, from before the first merge to the last that can be made."""
    play = begin(text)
    yield play
    while pair := greedy_choice(play):
        play = play.after(pair)
        yield play


def fewest(row: Sequence[int], merges: int, tries: int = TRIES) -> int | None:
    """The fewest tokens that any `merges` merges leave of `row`; None if to find it takes more than so many `tries`.

    What keeps the search short: a merge saves at most as many tokens as its pair has places, and no merge makes a
    pair that has more places than the most frequent one had before it.
    """
    best, tried = len(row), 0
    names: dict[str, str] = {}  # a pair of characters -> the character that stands for it, whenever it is merged
    seen: set[tuple[str, int]] = set()

    def search(row: str, left: int) -> None:
        nonlocal best, tried
        best = min(best, len(row))
        if left == 0 or (row, left) in seen:
            return
        seen.add((row, left))
        counts = Counter(pairwise(row))
        most = max(counts.values(), default=0)
        for pair in sorted(counts, key=counts.__getitem__, reverse=True):
            if len(row) - counts[pair] - (left - 1) * most >= best:
                return
            tried += 1
            if tried <= tries:
                halves = "".join(pair)
                search(row.replace(halves, names.setdefault(halves, chr(0xE000 + len(names)))), left - 1)

    search("".join(map(chr, row)), merges)
    return best if tried <= tries else None


# --- what is said


def said(you: Play, them: Play, before: Play | None, best: int | None, *, counts: bool = True) -> str:
    """How the two stand and why, in sentences of HTML. `before` is your play before its last move; with `counts`, how
    often pairs occur is said, too."""
    made, yours, theirs = len(you.moves), len(you.row), len(them.row)
    if before is None:
        if not you.row:
            return "Type a sentence."
        return (
            "Press a token: it merges with its neighbour on the right, everywhere that pair stands, and becomes a new "
            "token. Make as few tokens as you can; greedy makes a merge whenever you do."
        )
    lead = theirs - yours
    stand = "You are level." if not lead else f"You are <b>{abs(lead)} {'ahead' if lead > 0 else 'behind'}</b>."
    have = f"you have <b>{counted(yours, 'token')}</b>, greedy has <b>{theirs}</b>"
    words = [f"After {counted(made, 'merge')}: {have}. {stand}", _about_the_last(you, before, counts=counts)]
    differ = [idx for idx in you.vocab if idx > 255 and them.vocab.get(idx, you.vocab[idx]) != you.vocab[idx]]
    if differ:
        idx = differ[0]
        words.append(
            f"<b>{idx}</b> means {chip(idx, you.vocab[idx])} to you and {chip(idx, them.vocab[idx])} to greedy."
        )
    if best is not None:
        words.append(_about_the_best(made, yours, theirs, best))
    return " ".join(words)


def _about_the_last(you: Play, before: Play, *, counts: bool) -> str:
    """How the last choice compares with what greedy would have taken in its place."""
    stats, chosen, wanted = get_stats(before.row), you.moves[-1], greedy_choice(before)
    if wanted is None or chosen == wanted:
        return "Greedy would have chosen that pair, too."
    mine, its = pair_chips(chosen, before.vocab), pair_chips(wanted, before.vocab)
    if stats[chosen] == stats[wanted]:
        often = times(stats[chosen]) if counts else "equally often"
        return f"A tie: {mine} and {its} both occur {often}, and greedy takes the one that comes first."
    more = you.saved[-1] - before.after(wanted).saved[-1]
    overlap = " But its places overlap, and a merge takes only some of them." if more >= 0 else ""
    if not counts:
        return f"Greedy would have taken another pair, which occurs more often.{overlap}"
    return f"{mine} occurs {times(stats[chosen])}, {its} {times(stats[wanted])}: greedy would have taken that.{overlap}"


def _about_the_best(made: int, yours: int, theirs: int, best: int) -> str:
    """Whether greedy can be beaten in so many merges. Every sequence of merges has been tried."""
    many = counted(made, "merge")
    if best == theirs:
        return f"With {many} nobody gets below {best} on this sentence."
    if yours == best:
        return f"With {many} nobody gets below {best}: you have found what greedy, which never looks ahead, misses."
    return f"Greedy can be beaten here: {many} can leave {best}. It never looks ahead, and you can."


HELP = (
    "Greedy takes the most frequent pair, the first of several, and never looks ahead. A pair with fewer places saves "
    "fewer tokens at once (unless the places of the frequent one overlap, as those of aa in aaa), so where you leave "
    "greedy's path you fall behind, except at a tie. You get ahead where your merge opens better pairs than greedy's."
)


# --- the picture


def row_panel(play: Play, *, dir: str, here: int | None, counts: bool) -> str:
    """Your row: each token but the last is a button that merges it with the next. `here` is the byte to stand at; with
    `counts`, a token says how often its pair occurs."""
    stats, places, place = get_stats(play.row), [], 0
    for number, idx in enumerate(play.row[:-1]):
        pair = (idx, play.row[number + 1])
        name = " + ".join(show_token(play.vocab[half]) for half in pair)
        about = escape(f"merge {name}" + (f", which occurs {times(stats[pair])}" if counts else ""))
        stop = "0" if number == 0 else "-1"
        after = place + len(play.vocab[idx])
        stands = " data-here=''" if here is not None and place <= here < after else ""
        places.append(
            f'role="button" tabindex="{stop}" data-rove="" data-event="merge" data-value="{pair[0]},{pair[1]},{place}" '
            f'data-twin="{pair[0]},{pair[1]}" data-key="r{place}" title="{about}"{stands}'
        )
        place = after
    made = [number for number, idx in enumerate(play.row) if play.moves and idx == 255 + len(play.moves)]
    body = tokens(
        [[(idx, play.vocab[idx]) for idx in play.row]],
        attributes=dict(enumerate(places)),
        classes=dict.fromkeys(made, "mb-new"),
        label="your tokens",
        dir=dir,
        fuse="you",
    )
    tip = '<p class="mb-tip mb-muted" data-empty="">Press a token to merge it with the next one.</p>' if places else ""
    return panel("You", f'<div class="mb-play" data-follow="">{body}</div>{tip}', aside=counted(len(play.row), "token"))


def greedy_panel(play: Play, *, dir: str) -> str:
    """Greedy's row, to be looked at."""
    made = [number for number, idx in enumerate(play.row) if play.moves and idx == 255 + len(play.moves)]
    body = tokens(
        [[(idx, play.vocab[idx]) for idx in play.row]],
        classes=dict.fromkeys(made, "mb-new"),
        label="greedy's tokens",
        dir=dir,
        fuse="greedy",
    )
    return panel("Greedy", f'<div class="mb-play">{body}</div>', aside=counted(len(play.row), "token"))


def pairs_panel(play: Play) -> str:
    """The most frequent pairs of your row, to choose from."""
    stats = get_stats(play.row)
    ranked = sorted(stats, key=stats.__getitem__, reverse=True)[:PAIRS_LISTED]
    ties = sum(count == stats[ranked[0]] for count in stats.values()) if ranked else 0
    rows = [
        Bar(
            f'<button type="button" class="mb-button mb-pick" data-event="merge" data-value="{a},{b}" '
            f'data-key="p{a},{b}">{pair_chips((a, b), play.vocab, 9)}</button>',
            stats[a, b],
            tag="tie" if ties > 1 and stats[a, b] == stats[ranked[0]] else "",
        )
        for a, b in ranked
    ]
    body = bars(rows, caption="pairs of your row by how often they occur", slots=PAIRS_LISTED)
    aside = f"{len(rows)} of {counted(len(stats), 'pair')}" if rows else "none is left"
    return panel("Your pairs, counted", body, aside=aside)


def merges_panel(you: Play, them: Play) -> str:
    """What each id means to you and to greedy, newest first."""
    rows = []
    for step in reversed(range(len(you.moves))):
        idx = 256 + step
        mine = f"{chip(idx, you.vocab[idx], 9)} saved {you.saved[step]}"
        its = f"{chip(idx, them.vocab[idx], 9)} saved {them.saved[step]}" if step < len(them.moves) else "–"
        same = you.vocab[idx] == them.vocab.get(idx)
        rows.append(
            f'<tr><th scope="row">{idx}</th><td>{mine}</td><td>{its}</td><td>{"" if same else "two meanings"}</td></tr>'
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("id", "you", "greedy", ""))
    table = (
        f'<table class="mb-table">{caption_of("what each new id means")}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    body = (
        f'<div class="mb-scroll mb-played" tabindex="0" role="region" aria-label="merges" data-scroll="played">{table}'
        "</div>"
        if rows
        else nothing("Each merge adds a row: what the new id means to you, and to greedy.")
    )
    return panel("Merges", body, aside="newest first" if rows else "")


def buttons(you: Play, *, counts: bool) -> str:
    """Undo, start again, let greedy choose, and show or hide the counted pairs."""

    def button(event: str, label: str, on: bool) -> str:
        off = "" if on else ' aria-disabled="true"'
        return f'<button type="button" class="mb-button" data-event="{event}" data-key="{event}"{off}>{label}</button>'

    return (
        '<div class="mb-buttons">'
        + button("undo", "↶ Undo", bool(you.moves))
        + button("again", "Start again", bool(you.moves))
        + button("as greedy", "Choose as greedy would", len(you.row) > 1)
        + button("counts", "Hide the counts" if counts else "Show the counts", True)
        + "</div>"
    )


def draw_still(you: Play, them: Play) -> str:
    """The widget as a picture."""
    made = len(you.moves)
    still = Still(
        "Be the tokenizer", f"After {counted(made, 'merge')}: you have {len(you.row)} tokens, greedy {len(them.row)}."
    )
    for name, play in (("You", you), ("Greedy", them)):
        still.text(f"{name}: {counted(len(play.row), 'token')}", bold=True)
        still.tokens([[(idx, play.vocab[idx]) for idx in play.row]], lines=4)
    still.text("In JupyterLab, press a token: it merges with the next one, everywhere that pair stands.")
    return still.svg()


# --- the widget


class BeTheTokenizer(TextLab):
    """A sentence to be tokenized by hand: choose a pair, and its places fuse. Greedy, which is what training does,
    makes as many merges beside you.

    >>> BeTheTokenizer("she sells sea shells")
    >>> BeTheTokenizer("tick tock", moves=[[99, 107]])  # after one merge, of "c" and "k"
    >>> BeTheTokenizer("tick tock", counts=False)            # count for yourself

    `moves` are the pairs that were chosen, in order; setting it replays them. `you` and `greedy` are the two plays:
    `widget.you.row` is your row of ids, `len(widget.greedy.row)` the number of greedy's tokens.
    Keys: arrows from token to token, Enter merges, Backspace takes the last merge back.
    """

    example = 'BeTheTokenizer("tick tock goes the clock")'
    moves: List[Any] = List(help="[left id, right id] of each merge, in order")
    counts = Bool(True, help="whether the pairs are counted for you")
    redraw_on = ("text", "moves", "counts", "large")
    label = "Your sentence"
    longest = LONGEST_PLAYED
    rows = 1

    def __init__(self, text: str = "tick tock goes the clock", **traits: Any) -> None:
        self._here: int | None = None
        self._set_up("")
        moves = traits.pop("moves", [])
        super().__init__(text, **traits)
        self.add_class("mb-game")
        self.stage.hotkeys = ["Backspace"]
        self.moves = moves

    @property
    def you(self) -> Play:
        """Your play."""
        return self._plays[-1]

    @property
    def greedy(self) -> Play:
        """Greedy's play, after as many merges."""
        self._greedy += islice(self._greedy_goes_on, max(0, len(self.moves) + 1 - len(self._greedy)))
        return self._greedy[min(len(self.moves), len(self._greedy) - 1)]

    @property
    def _best(self) -> int | None:
        """The fewest tokens that so many merges can leave; None if to find it would take too long."""
        merges = len(self.moves)
        if merges not in self._fewest:
            known = self._fewest.items()
            too_many = any(best is None and fewer < merges for fewer, best in known)  # more merges take longer still
            self._fewest[merges] = None if too_many else fewest(self._plays[0].row, merges)
        return self._fewest[merges]

    def _set_up(self, text: str) -> None:
        # What has been found out stays, so that a merge costs the same however many were made before it.
        self._plays = [begin(text)]
        self._greedy: list[Play] = []
        self._greedy_goes_on = greedy(text)
        self._fewest: dict[int, int | None] = {}

    @observe("text")
    def _begin_anew(self, change: Any) -> None:
        self._set_up(self.text)
        self.moves = []

    @validate("moves")
    def _possible(self, proposal: Any) -> list[list[int]]:
        pairs = [(a, b) for a, b in proposal["value"]]
        made = self._plays[-1].moves
        kept = next(first for first in range(len(made), -1, -1) if made[:first] == pairs[:first])
        plays = self._plays[: kept + 1]
        for number, pair in enumerate(pairs[kept:], kept + 1):
            if pair not in get_stats(plays[-1].row):
                raise TraitError(f"merge {number} is of {pair}, and that pair does not stand in the row")
            plays.append(plays[-1].after(pair))
        self._plays = plays
        return [list(pair) for pair in pairs]

    def picture(self) -> dict[str, str]:
        you, them = self.you, self.greedy
        before = self._plays[-2] if len(self._plays) > 1 else None
        best = self._best if before else None
        words = said(you, them, before, best, counts=self.counts)
        side = self.direction
        parts = {
            "status": f'<div class="mb-status" role="status" aria-live="polite"><p>{words}</p></div>',
            "you": row_panel(you, dir=side, here=self._here, counts=self.counts),
            "greedy": greedy_panel(them, dir=side),
            "buttons": buttons(you, counts=self.counts),
        }
        if self.counts:
            parts["pairs"] = pairs_panel(you)
        parts["merges"] = merges_panel(you, them)
        return parts if self.large else parts | {"help": notice(HELP)}  # on a slide there is no room for it

    def still(self) -> str:
        return draw_still(self.you, self.greedy)

    def describe(self) -> str:
        made = counted(len(self.moves), "merge")
        return f"{made}, {counted(len(self.you.row), 'token')}; greedy {len(self.greedy.row)}"

    def on_event(self, name: str, value: Any) -> None:
        if name == "merge":
            a, b, *place = map(int, str(value).split(","))
            self._here = place[0] if place else None
            if (a, b) in get_stats(self.you.row):
                self.moves = [*self.moves, [a, b]]
        elif name == "undo" or (name == "key" and value == "Backspace"):
            self.moves = self.moves[:-1]
        elif name == "again":
            self.moves = []
        elif name == "as greedy" and (pair := greedy_choice(self.you)):
            self._here = None
            self.moves = [*self.moves, list(pair)]
        elif name == "counts":
            self.counts = not self.counts
