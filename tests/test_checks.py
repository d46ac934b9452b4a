"""The checks of the exercises: right answers pass, wrong ones are told what is wrong, and nothing stops the kernel."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import operator
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import warnings
from random import Random

import pytest
import regex as regex_module
from checks import right, right_exercises  # noqa: F401  (it fills RIGHT)
from checks.asked import NAMES, busy_machine, failure, in_a_row  # noqa: F401  (a fixture for all tests here)
from checks.right import RIGHT

import minbpe
from minbpe import gpt4, merging, regex
from minbpe.lab.checks import (
    EXERCISES,
    CheckFailed,
    check,
    checking,
    examine,
    examining,
    inputs,
    runner,
    telling,
    watch,
)
from minbpe.lab.checks.runner import Local
from minbpe.lab.checks.show import show

TABLE = {  # what is written in each notebook, and in its exercises
    "01-bytes": ("utf8_encode bytes_per_char decode_utf8", "count_code_points truncate_utf8 decode_by_hand"),
    "02-pairs": ("get_stats top_pair", "pair_places top_pairs get_stats_in_pieces"),
    "03-merges": ("merge train build_vocab", "unmerge smallest_vocab merge_by_replace"),
    "04-encode-decode": ("decode encode BasicTokenizer", "token_spans stream_decode encode_one_by_one"),
    "05-regex-splitting": ("split train_chunks encode_ordinary", "lost_text group_digits train_on_counts"),
    "06-special-tokens": ("split_special encode_special decode_special", "find_special chat_ids split_by_hand"),
    "07-gpt4-parity": (
        "split_token recover_merges byte_shuffle GPT4Tokenizer",
        "load_ranks unreachable RanksTokenizer",
    ),
    "08-speed": ("count_chunks fast_train fast_encode", "add_counts update_stats fast_train_chunks"),
    "09-in-the-wild": ("tokens_per_char language_premium", "encode_code_points bits_per_byte unused_tokens"),
}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(runner, "SECONDS", 0.3)
    monkeypatch.setattr(watch, "MEMORY", 1 << 26)


@pytest.fixture(params=["signal", "thread", "trace"])
def mechanism(request, monkeypatch):
    """All ways to stop an answer: the one of this system, the one that works on all, and that of a browser."""
    if request.param == "signal" and not hasattr(signal, "setitimer"):
        pytest.skip("this system has no timer signal")
    monkeypatch.setattr(watch, "WATCH", request.param)
    return request.param


# --- the list of exercises


def test_the_exercises_are_those_of_the_course():
    listed = {}
    for each in check.exercises():
        listed.setdefault(each.notebook, {"notebook": [], "exercises": []})[each.asked_in].append(each.name)
        assert each.signature.removeprefix("class ").startswith(each.name)
    assert listed == {
        notebook: {"notebook": here.split(), "exercises": there.split()} for notebook, (here, there) in TABLE.items()
    }


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'merge'"):
        check("mrege", right.merge_while)
    with pytest.raises(ValueError, match="The name comes first"):
        check(right.merge_while, "merge")


def test_it_stays_light():
    code = (
        "import sys, minbpe.lab.checks; print([m for m in ('ipywidgets', 'matplotlib', 'IPython') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# --- values as code


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a" * 31, "'a' * 31"),
        ("It's a word. " * 500, '"It\'s a word. " * 500'),
        (("one two " * 500)[4:-1], "'two one ' * 499 + 'two'"),
        ("ab" * 10, repr("ab" * 10)),
        ("abc" * 200 + "x", repr("abc" * 200 + "x")),
    ],
)
def test_a_text_that_repeats_is_shown_in_a_line(text, shown):
    assert show(text) == shown
    assert eval(shown) == text


# --- right answers


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_pass(name, capsys):
    assert len(RIGHT[name]) >= 4
    for answer in RIGHT[name]:
        check(name, answer, seed=0)
    lines = capsys.readouterr().out.splitlines()
    assert {line.removesuffix(" (It also prints; that can go now.)") for line in lines} == {
        f"✓ {name}: {EXERCISES[name].passed}"
    }


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_right_answers_are_right_on_the_random_inputs_of_200_seeds(name):
    exercise = EXERCISES[name]
    callers = [Local(answer) for answer in RIGHT[name]]
    for seed in range(200):
        for args in examining.random_cases(exercise, seed):
            trials = [examining.attempt(exercise, caller, args) for caller in callers]
            assert not [trial for trial in trials if trial.problem], f"seed {seed}: {exercise.write(args)}"


def talks_and_takes_options(function):
    def answer(*args, verbose=True, **options):
        if verbose:
            print("called with", args)
        result = function(*args)
        if verbose:
            print("result:", result)
        return result

    return answer


@pytest.mark.parametrize("name", NAMES)
def test_prints_and_options_do_no_harm(name, capsys):
    check(name, spoilt(name, talks_and_takes_options), seed=0)
    assert capsys.readouterr().out == f"✓ {name}: {EXERCISES[name].passed} (It also prints; that can go now.)\n"


def empty_for_what_is_long(pieces):
    return {} if type(pieces).__name__ == "generator" else EXERCISES["get_stats_in_pieces"].reference(pieces)


class NotReadyForMany(EXERCISES["RanksTokenizer"].reference):
    def __init__(self, ranks):
        self.many = len(ranks) > 50_000
        if not self.many:
            super().__init__(ranks)

    def encode(self, text):
        return [] if self.many else super().encode(text)


@pytest.mark.parametrize(
    "name, answer", [("get_stats_in_pieces", empty_for_what_is_long), ("RanksTokenizer", NotReadyForMany)]
)
def test_a_demand_for_little_memory_or_time_is_one_for_the_right_result_too(name, answer):
    assert failure(name, answer).diagnosis == "wrong on a large input"


def test_memory_that_was_measured_before_does_not_count():
    tracemalloc.start()
    try:
        held = list(range(200_000))
        del held
        check("get_stats_in_pieces", RIGHT["get_stats_in_pieces"][0], seed=0)
    finally:
        tracemalloc.stop()


def test_a_message_with_all_numbers_names_none():
    def load_ranks(lines):
        try:
            return EXERCISES["load_ranks"].reference(lines)
        except ValueError:
            raise ValueError("line " + " ".join(map(str, range(2000)))) from None

    assert failure("load_ranks", load_ranks).diagnosis == "no line is named"


def test_any_callable_will_do():
    class Merger:
        def __call__(self, ids, pair, idx):
            return right.merge_while(ids, pair, idx)

        def merge(self, ids, pair, idx):
            return self(ids, pair, idx)

    check("merge", Merger())
    check("merge", Merger().merge)
    check("merge", functools.partial(right.merge_while))
    check("utf8_encode", functools.cache(right.by_hand))


@pytest.mark.parametrize("name", NAMES)
def test_a_right_answer_is_checked_in_two_seconds(name):
    def seconds():
        started = time.process_time()
        check(name, RIGHT[name][0])
        return time.process_time() - started

    seconds()  # whatever is read from files is read once
    # What else the machine does can only add to it.
    assert any(seconds() < 2 for _ in range(3))


def test_fresh_inputs_each_time_and_the_same_for_a_seed():
    def seen(seed):
        texts = []
        check("bytes_per_char", lambda text: texts.append(text) or [len(c.encode()) for c in text], seed=seed)
        return texts

    assert seen(1) == seen(1)
    assert seen(None) != seen(None)


def test_a_debugging_print_does_not_fail_a_right_answer(capsys):
    def merge(ids, pair, idx):
        print("merging", ids)
        return right.merge_while(ids, pair, idx)

    check("merge", merge)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "It also prints" in out


def test_an_answer_goes_by_the_name_that_it_has_in_the_notebook(capsys):
    def written(source):
        names = {"__name__": "__main__"}
        exec(source, names)
        return names["merge_again"]

    signature = "def merge_again(ids, pair, idx):"
    failed = failure("merge", written(f"{signature} return list(ids)"))
    assert (failed.exercise, failed.call) == ("merge", "merge_again([1, 2], (1, 2), 9)")
    assert str(failed).startswith("✗ merge_again: not right yet")
    assert str(failure("merge", written(f"{signature} ..."))).startswith("✗ merge_again is not done yet.")
    assert failure("merge", written("def merge_again(ids): return ids")).hint == (
        "Begin it with: def merge_again(ids, pair, idx) -> list[int]:"
    )
    assert failure("merge", written("merge_again = lambda ids, pair, idx: ids")).call == "merge([1, 2], (1, 2), 9)"

    replaced = "''.join(map(chr, ids)).replace(''.join(map(chr, pair)), chr(idx))"
    check("merge", written(f"{signature} return list(map(ord, {replaced}))"))
    assert capsys.readouterr().out.startswith("✓ merge_again: ")


def test_a_numpy_like_int_or_a_dict_subclass_is_as_good():
    check("get_stats", lambda ids, counts=None: right.get_stats_counter(ids, counts))
    check("merge", lambda ids, pair, idx: right.merge_with_a_stack(ids, pair, idx))


def test_the_hooks_of_a_pass(capsys):
    passed = []
    fresh = checking.Check()
    fresh.on_pass(passed.append)
    with pytest.raises(CheckFailed):
        fresh("merge", lambda ids, pair, idx: ids)
    assert passed == []
    fresh("merge", right.merge_while)
    assert passed == ["merge"]

    fresh.on_pass(lambda name: 1 / 0)
    with pytest.warns(UserWarning, match="merge is passed, but this could not be kept"):
        fresh("merge", right.merge_while)


# --- the message


def test_the_message_shows_the_call_what_should_be_and_what_is():
    reuses = next(each for each in EXERCISES["merge"].misconceptions if "reuses" in each.name)
    failed = failure("merge", reuses.answer)
    assert failed.call == "merge([1, 1, 1], (1, 1), 9)"
    assert (failed.expected, failed.got) == ([9, 1], [9, 9])
    assert failed.diagnosis == "a merge reuses what it consumed"
    assert str(failed) == "\n".join(failed._render_traceback_())
    assert str(failed) == (
        "✗ merge: not right yet\n"
        "\n"
        "    merge([1, 1, 1], (1, 1), 9)\n"
        "\n"
        "    expected  [9, 1]\n"
        "    got       [9, 9]\n"
        "\n"
        "It looks as if an id that has just been merged is used again for the next\n"
        "pair.\n"
        "\n"
        "Hint: In [1, 1, 1] the one in the middle can go into one pair only. How far\n"
        "do you step after a merge?"
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_random_failure_is_made_small(seed):
    failed = failure("bytes_per_char", lambda text: [2] * len(text) if "t" in text else right.comprehension(text), seed)
    assert failed.call == "bytes_per_char('t')"
    failed = failure("merge", lambda ids, pair, idx: right.merge_while(ids, pair, idx)[:17], seed)
    assert len(failed.got) == 17
    assert len(failed.expected) == 18


def test_the_text_is_the_same_for_the_same_seed():
    def answer(ids, pair, idx):
        return right.merge_while(ids, pair, idx)[:17]

    assert str(failure("merge", answer, 5)) == str(failure("merge", answer, 5))


# --- faults of form: each is met by a sentence of its own


def spoilt(name, change):
    """A right answer to the exercise, changed: a function, or a class with its encode changed."""
    answer = RIGHT[name][0]
    if not EXERCISES[name].methods:
        return change(answer)
    return type(name, (answer,), {"encode": change(answer.encode)})


def change_arguments(function):
    def answer(*args):
        result = function(*args)
        for each in args:
            if isinstance(each, (list, dict, set)):
                each.clear()
        return result

    return answer


def print_result(function):
    return lambda *args: print(function(*args))


def call_itself(function):
    def again(*args):
        return again(*args)

    return again


def loop_for_ever(function):
    def answer(*args):
        while True:
            try:
                while True:
                    args += ()
            except Exception:
                pass

    return answer


def not_implemented(function):
    def answer(*args):
        raise NotImplementedError

    return answer


def generate(function):
    def answer(*args):
        yield function(*args)

    return answer


def divide(function):
    return lambda *args: 1 // 0


FAULTS = {
    "returns nothing": (lambda function: lambda *args: None if args else 0, "returned nothing"),
    "prints": (print_result, "printed its result"),
    "generator": (generate, "which has not made its values yet"),
    "wrong type": (lambda function: lambda *args: {"a", 1}, "returned a set; the exercise asks for"),
    "raises": (divide, "raised ZeroDivisionError"),
    "endless recursion": (call_itself, "went on calling itself"),
    "never returns": (loop_for_ever, "still running after"),
    "not done": (not_implemented, "is not done yet"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_form_is_named(name, fault, monkeypatch):
    if EXERCISES[name].through and fault in ("returns nothing", "prints", "generator", "wrong type"):
        pytest.skip("what the function returns is taken by what drives it")
    if EXERCISES[name].returns == set[bytes] and fault == "wrong type":
        pytest.skip("here a set is asked for")
    if fault == "never returns":
        monkeypatch.setattr(runner, "SECONDS", 0.1)
    change, sentence = FAULTS[fault]
    failed = failure(name, spoilt(name, change))
    assert failed.fault == fault
    assert failed.diagnosis == ("divided by nothing" if fault == "raises" else fault)
    assert sentence in in_a_row(failed)
    assert failed.hint
    if fault != "not done":
        assert failed.call
    if fault == "never returns":
        assert failed.call in str(failed).replace("\n    ", "\n")


@pytest.mark.parametrize(
    "name", [name for name in NAMES if any(isinstance(each, (list, dict, set)) for each in EXERCISES[name].cases[-1])]
)
def test_changing_the_arguments_is_named(name):
    if EXERCISES[name].through:
        pytest.skip("what drives it has copied them: here they are to be changed")
    failed = failure(name, change_arguments(RIGHT[name][0]))
    assert failed.fault == "changes its arguments"
    assert "changed what it was given" in str(failed)


def blanks():
    def dots(*args): ...

    def nothing(*args):
        pass

    def documented(*args):
        """What it should do."""

    def raises(*args):
        raise NotImplementedError

    def raises_with_words(*args):
        raise NotImplementedError("write me")

    def returns_dots(*args):
        return ...

    return [..., dots, nothing, documented, raises, raises_with_words, returns_dots]


@pytest.mark.parametrize("name", [name for name in NAMES if not EXERCISES[name].methods])
def test_a_blank_function_is_not_done_yet(name):
    for blank in blanks():
        failed = failure(name, blank)
        assert str(failed).startswith(f"✗ {name} is not done yet.")
        assert failed.fault == "not done"


@pytest.mark.parametrize("name", ["BasicTokenizer", "GPT4Tokenizer"])
def test_a_blank_class_is_not_done_yet(name):
    class Blank:
        def __init__(self, *args):
            raise NotImplementedError

        train = encode = decode = None

    for method in ("train", "encode", "decode"):
        setattr(Blank, method, lambda self, *args: None)
    assert failure(name, Blank).fault == "not done"
    half = type(name, (RIGHT[name][0],), {"decode": not_implemented(None)})
    assert "is not done yet" in str(failure(name, half))


def test_an_answer_that_is_none():
    failed = failure("merge", [1, 2])
    assert failed.fault == "not callable"
    assert 'check("merge", merge)' in failed.hint
    failed = failure("BasicTokenizer", RIGHT["BasicTokenizer"][0]())
    assert failed.fault == "instance"
    failed = failure("BasicTokenizer", right.merge_while)
    assert failed.fault


def test_a_wrong_signature_is_told_the_right_one():
    failed = failure("merge", lambda ids, pair: ids)
    assert failed.fault == "signature"
    assert "takes (ids, pair)" in str(failed)
    assert "def merge(ids, pair, idx)" in str(failed)
    failed = failure("get_stats", lambda ids: {})
    assert failed.fault == "signature"

    class Half:
        def train(self, text):
            return text

        encode = train

    assert "no method decode" in str(failure("BasicTokenizer", Half))
    Half.decode = Half.encode
    assert "Your train takes" in str(failure("BasicTokenizer", Half))


def test_what_is_remembered_between_calls_is_noticed():
    def get_stats(ids, counts={}):  # noqa: B006
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        return counts

    failed = failure("get_stats", get_stats)
    assert failed.fault == "remembers"
    assert "default argument" in failed.hint
    first, second = failed.call.splitlines()
    get_stats.__defaults__[0].clear()
    names = {"get_stats": get_stats}
    assert eval(first, names)
    assert eval(second, names) == failed.got != failed.expected  # the two calls, pasted into a fresh notebook


def test_a_default_that_grows_is_noticed_where_a_repeated_call_gives_the_same():
    def build_vocab(merges, vocab={i: bytes([i]) for i in range(256)}):  # noqa: B006
        for (a, b), idx in merges.items():
            vocab[idx] = vocab[a] + vocab[b]
        return vocab

    failed = failure("build_vocab", build_vocab)
    assert failed.fault == failed.diagnosis == "remembers"
    assert failed.call == "build_vocab({(97, 98): 256})\nbuild_vocab({(97, 98): 300})"
    assert "By itself the second call is right" in in_a_row(failed)


def test_an_error_that_is_returned_is_no_error_that_is_raised():
    def utf8_encode(code_point):
        try:
            return chr(code_point).encode()
        except ValueError:
            return ValueError("no character")

    failed = failure("utf8_encode", utf8_encode)
    assert failed.fault == "returns an error"
    assert "This call returned a ValueError, as if it were a result." in str(failed)


def test_another_exercise_or_a_class_in_place_of_the_function_is_told():
    assert "This is get_stats; the exercise is merge." in str(failure("merge", named("get_stats", lambda ids: {})))
    assert "This is a class; the check needs a function." in str(failure("merge", right.WithAVocab))


def named(name, function):
    function.__name__ = function.__qualname__ = name
    return function


def test_async_and_methods_that_are_blank_are_told():
    async def merge(ids, pair, idx):
        return ids

    class Half(right.WithAVocab):
        def decode(self, ids): ...

    class Waiting(right.WithAVocab):
        async def decode(self, ids):
            return ""

    assert failure("merge", merge).hint == "Leave out the word async."
    assert failure("BasicTokenizer", Waiting).fault == "async"
    assert str(failure("BasicTokenizer", Half)).startswith("✗ BasicTokenizer.decode is not done yet.")


def test_methods_that_init_puts_on_the_object_are_methods():
    class Closures:
        def __init__(self):
            inner = right.WithAVocab()
            self.train, self.encode, self.decode = inner.train, inner.encode, inner.decode

    check("BasicTokenizer", Closures)


def test_what_init_asks_for_is_told():
    class Asking(right.WithAVocab):
        def __init__(self, vocab_size):
            super().__init__()

    failed = failure("BasicTokenizer", Asking)
    assert "Your class takes (vocab_size) when an object is made; the check makes it with 0 arguments." in in_a_row(
        failed
    )


def test_a_method_that_changes_its_argument_is_told_by_its_name():
    class Emptying(right.WithAVocab):
        def decode(self, ids):
            text = super().decode(ids)
            ids.clear()
            return text

    failed = failure("BasicTokenizer", Emptying)
    assert failed.fault == "changes its arguments"
    assert "This call changed what it was given, an argument of decode. It was [97], and is [] afterwards." in in_a_row(
        failed
    )


def test_a_line_of_a_library_is_not_taken_for_the_learners():
    def split(text):
        return regex_module.findall(r"\S+", [text])

    text = str(failure("split", split))
    assert "regex_module.findall" in text
    assert "in line" in text


def test_numbers_that_do_not_come_from_the_ranks_are_told_so():
    for shuffle in [
        lambda ranks: {i: i - 33 for i in range(256)},
        lambda ranks: {i: (i - 33) % 256 for i in range(256)},
    ]:
        said = in_a_row(failure("byte_shuffle", shuffle))
        assert "The numbers do not come from `ranks`: look each byte up there." in said
        assert "too low" not in said and "With which number does the first one begin?" not in said


def test_the_piece_of_a_pattern_that_should_have_taken_a_chunk_is_named():
    pieces = [r"'(?i:[sdmt]|ll|ve|re)", r".?\p{L}+", r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*"]
    pattern = "|".join([*pieces, r"\s*[\r\n]", r"\s+(?!\S)", r"\s+"])
    said = in_a_row(failure("split", lambda text: regex_module.findall(pattern, text)))
    assert "In GPT-4's pattern the piece `digits` takes that" in said
    assert "look at the pieces tried before it" in said and "*" not in said.partition("In GPT-4's")[2]


def test_the_advice_on_a_wrong_type_is_good_advice():
    assert "tuple(…)" in failure("top_pair", lambda stats: list(max(stats, key=stats.get))).hint
    assert "tuple(…)" not in failure("top_pair", lambda stats: [max(stats, key=stats.get)]).hint
    assert "+=" in failure("encode", lambda text, merges: [list(text.encode())]).hint
    assert "brackets" in failure("decode", lambda ids, vocab: "".join).hint


def test_two_objects_are_two():
    class Shared(right.WithAVocab):
        def train(self, text, vocab_size):
            super().train(text, vocab_size)
            Shared.last = self.merges

        def encode(self, text):
            return right.encode_in_order(text, self.last)

    assert failure("BasicTokenizer", Shared).call == (
        "t = BasicTokenizer()\nu = BasicTokenizer()\nt.train('', 256)\nu.train('xy', 257)\nt.encode('xy')"
    )


def test_the_message_of_an_error_must_name_the_id():
    def decode(ids, vocab):
        if any(idx not in vocab for idx in ids):
            raise ValueError("unknown")
        return b"".join(map(vocab.get, ids)).decode(errors="replace")

    assert "its message does not name 98: 'unknown'" in in_a_row(failure("decode", decode))


def test_an_error_is_shown_with_the_line_of_the_answer():
    def merge(ids, pair, idx):
        return [ids[i] for i in range(len(ids) + 1)]

    failed = failure("merge", merge)
    assert "IndexError: list index out of range" in str(failed)
    assert "of <listcomp>" not in str(failed)
    assert "return [ids[i] for i in range(len(ids) + 1)]" in str(failed)
    assert isinstance(failed.got, IndexError)


def test_what_an_answer_prints_is_shown_when_it_fails(capsys):
    def merge(ids, pair, idx):
        print("so far", ids)
        return ids

    failed = failure("merge", merge)
    assert "printed   so far" in str(failed)
    assert capsys.readouterr().out == ""


def test_exit_does_not_take_the_kernel_along():
    failed = failure("merge", lambda ids, pair, idx: sys.exit(3))
    assert failed.fault == "raises"
    assert "SystemExit" in str(failed)


def test_an_interrupt_goes_through():
    def merge(ids, pair, idx):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("merge", merge)


def watch_state():
    if not hasattr(signal, "setitimer"):
        return threading.active_count()
    return threading.active_count(), signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0


def test_an_interrupt_while_the_watch_is_set_up_leaves_nothing_behind(mechanism, monkeypatch):
    def interrupted(watch):
        raise KeyboardInterrupt

    watches = {"signal": watch._SignalWatch, "thread": watch._ThreadWatch, "trace": watch._TraceWatch}
    monkeypatch.setattr(watches[mechanism], "start", interrupted)
    before = watch_state()
    with pytest.raises(KeyboardInterrupt):
        check("merge", right.merge_while)
    assert watch_state() == before


# --- the course's own functions


def own_functions():
    basic = minbpe.BasicTokenizer()
    basic.train("the theme of the thesis", 270)

    def train(text, vocab_size):
        basic = minbpe.BasicTokenizer()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            basic.train(text, vocab_size)
        return basic.merges

    def encode(text, merges):
        return merging.apply_merges(text.encode(), merges.get)

    def ordinary(text, merges):
        t = minbpe.RegexTokenizer()
        t._use_merges(merges)
        return t.encode(text)

    def decode(ids, vocab):
        t = minbpe.BasicTokenizer()
        t.vocab = vocab
        return t.decode(ids)

    def copied(ids, pair, idx):
        return None

    copied.__code__, copied.__doc__ = minbpe.merge.__code__, minbpe.merge.__doc__

    yield from [("get_stats", minbpe.get_stats), ("merge", minbpe.merge), ("merge", copied)]
    yield from [("merge", functools.partial(minbpe.merge)), ("merge", lambda *args: minbpe.merge(*args))]
    yield from [("merge", lambda ids, pair, idx: right.merge_while(ids, pair, idx) and minbpe.merge(ids, pair, idx))]
    yield from [("train", train), ("fast_train", train), ("encode", encode), ("fast_encode", encode)]
    yield from [("encode_ordinary", ordinary), ("decode", decode), ("recover_merges", gpt4.recover_merges)]
    yield from [("BasicTokenizer", minbpe.BasicTokenizer), ("BasicTokenizer", type("T", (minbpe.BasicTokenizer,), {}))]
    yield from [("GPT4Tokenizer", minbpe.GPT4Tokenizer), ("split", regex.Splitter(regex.GPT4_SPLIT_PATTERN).split)]
    yield from [(name, EXERCISES[name].reference) for name in NAMES]


@pytest.mark.parametrize("name, answer", list(own_functions()))
def test_the_courses_own_function_is_recognised(name, answer):
    failed = failure(name, answer)
    assert failed.fault == "course function"
    assert "the course's own code" in str(failed)


def test_the_same_few_lines_are_nobodys_own():
    def get_stats(ids, counts=None):
        counts = {} if counts is None else counts
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        return counts

    check("get_stats", get_stats)


def test_helpers_of_other_exercises_may_be_used():
    def train(text, vocab_size):
        ids, merges = list(text.encode()), {}
        for idx in range(256, vocab_size):
            stats = minbpe.get_stats(ids)
            if not stats:
                break
            pair = max(stats, key=stats.get)
            ids = minbpe.merge(ids, pair, idx)
            merges[pair] = idx
        return merges

    check("train", train)


# --- answers that never return


def plain():
    while True:
        pass


def catches_errors():
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def catches_everything():
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722
            pass


def catches_it_twice():
    while True:
        try:
            try:
                while True:
                    len("")
            except:  # noqa: E722
                pass
        except:  # noqa: E722
            pass


def insists_in_finally():
    try:
        while True:
            pass
    finally:
        while True:
            pass


def gives_up_and_returns():
    try:
        while True:
            pass
    except BaseException:
        return [1]


def in_a_generator():
    return sum(1 for _ in itertools.count())


def in_threads_of_its_own():
    done = threading.Event()
    while not done.wait(0.01):
        pass


def grows():
    row = []
    while True:
        row.append(len(row))


def prints():
    while True:
        print("still here")


STUBBORN = [
    plain,
    catches_errors,
    catches_everything,
    catches_it_twice,
    insists_in_finally,
    gives_up_and_returns,
    in_a_generator,
    in_threads_of_its_own,
    grows,
    prints,
]


@pytest.mark.parametrize("answer", STUBBORN)
def test_whatever_does_not_return_is_stopped(answer, quick, mechanism):
    tracer, profiler = sys.gettrace(), sys.getprofile()
    failed = failure("merge", lambda ids, pair, idx: answer())
    assert failed.fault in ("never returns", "memory")
    assert failed.call == "merge([], (1, 2), 9)"
    assert (sys.gettrace(), sys.getprofile()) == (tracer, profiler)
    for _ in range(100_000):  # nothing is left behind that would strike later
        pass


def test_the_sentence_names_the_seconds(monkeypatch):
    assert runner.SECONDS == 5
    monkeypatch.setattr(runner, "SECONDS", 0.2)
    assert "still running after 0.2 seconds" in str(failure("merge", lambda ids, pair, idx: plain()))
    assert runner.run.__defaults__[0] is None


@pytest.mark.slow
def test_an_endless_loop_has_five_seconds_as_it_stands():
    wall, processor = time.perf_counter(), time.process_time()
    failed = failure("merge", lambda ids, pair, idx: plain())
    assert "still running after 5 seconds" in str(failed)
    assert time.perf_counter() - wall >= 5
    assert time.process_time() - processor < 7  # what others do on this machine does not count


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the timer signal")
def test_a_sleep_is_interrupted(quick):
    assert failure("merge", lambda ids, pair, idx: time.sleep(60)).fault == "never returns"


def test_outside_of_the_main_thread_too(quick):
    found = []

    def work():
        try:
            check("merge", lambda ids, pair, idx: catches_everything())
        except CheckFailed as failed:
            found.append(failed.fault)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert found == ["never returns"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the timer signal")
def test_someone_elses_timer_goes_on():
    rang = []
    before = signal.signal(signal.SIGALRM, lambda *args: rang.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        check("top_pair", right.top_by_loop)
        until = time.perf_counter() + 60
        while not rang and time.perf_counter() < until:
            time.sleep(0.01)
        assert rang
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not watch.memory_held(), reason="this system does not tell its memory")
def test_memory_is_watched(monkeypatch, mechanism):
    monkeypatch.setattr(watch, "MEMORY", 1 << 26)

    def merge(ids, pair, idx):
        row = []
        while True:
            row.append(bytearray(1 << 20))

    failed = failure("merge", merge)
    assert failed.fault == "memory"
    assert "more and more memory" in str(failed)


# --- speed


@pytest.mark.parametrize(
    "name, answer",
    [
        ("fast_train", right.train_loop),
        ("fast_train", right.train_on_characters_that_are_bytes),
        ("fast_encode", right.encode_in_order),
        ("fast_encode", right.encode_min),
    ],
)
def test_right_but_slow_is_not_enough(name, answer, monkeypatch):
    failed = failure(name, answer)
    assert failed.fault == "too slow"
    assert "right on all that was tried" in in_a_row(failed)
    assert failed.diagnosis == "too slow"
    assert re.search(r"^from minbpe.lab.checks.nb08_speed import", failed.call)


def test_fast_but_wrong_on_a_long_text_is_found():
    fast = RIGHT["fast_train"][1]

    def fast_train(text, size):
        merges = fast(text, size)
        return dict(list(merges.items())[:-1]) if len(text) > 20_000 else merges

    failed = failure("fast_train", fast_train)
    assert "On this long text" in str(failed)


# --- what is told of a crash, of the state, and of the check itself


def crash_in_merge(ids, pair, idx):
    merged, i = [], 0
    while i < len(ids):
        found = (ids[i], ids[i + 1]) == pair
        merged.append(idx if found else ids[i])
        i += 2 if found else 1
    return merged


def crash_in_train(text, vocab_size):
    ids, merges = list(text.encode()), {}
    for idx in range(256, vocab_size):
        stats = right.get_stats_counter(ids, None)
        pair = max(stats, key=stats.get)
        ids = right.merge_while(ids, pair, idx)
        merges[pair] = idx
    return merges


def crash_in_get_stats(ids, counts=None):
    counts = {} if counts is None else counts
    for pair in itertools.pairwise(ids):
        counts[pair] += 1
    return counts


def crash_in_decode(ids, vocab):
    if any(idx not in vocab for idx in ids):
        raise ValueError(f"one of {ids} is unknown")
    return "".join(vocab[idx] for idx in ids)


def crash_in_split(text):
    return re.findall(r"\p{L}+", text)


def crash_in_encode_special(text, special_tokens, allowed_special, encode_ordinary):
    special_tokens.get(allowed_special)
    return EXERCISES["encode_special"].reference(text, special_tokens, allowed_special, encode_ordinary)


def crash_at_a_born_pair(text, vocab_size):
    return {(97, 98): 256}[256, 97]


def crash_at_a_pair_that_is_gone(text, vocab_size):
    return next(place for place in [] if place)


@pytest.mark.parametrize(
    "name, answer, diagnosis, hint",
    [
        ("fast_train", crash_at_a_born_pair, "born pairs without places", "its places must be in `places`"),
        ("fast_train", crash_at_a_pair_that_is_gone, "a born pair that is gone again", "must not enter the heap"),
        ("merge", crash_in_merge, "an index too far", "The last item has no neighbour to its right"),
        ("train", crash_in_train, "never out of pairs", "What does max say of an empty dict"),
        ("get_stats", crash_in_get_stats, "a missing key", ".get(key, 0) gives 0 then"),
        ("decode", crash_in_decode, "text and bytes joined", 'Bytes are joined by b"".join'),
        ("split", crash_in_split, "re does not know the pattern", "Only the package regex knows"),
        ("encode_special", crash_in_encode_special, "a collection is looked up", "by =="),
    ],
)
def test_a_crash_is_told_by_what_it_usually_comes_from_and_with_its_line(name, answer, diagnosis, hint):
    failed = failure(name, answer)
    assert failed.fault == "raises"
    assert failed.diagnosis == diagnosis
    assert hint in failed.hint
    assert re.search(rf"in line \d+ of {answer.__name__}: ", str(failed))


def test_a_raise_of_the_learners_own_is_no_crash():
    def merge(ids, pair, idx):
        if not ids:
            raise ValueError("nothing to merge")
        return right.merge_while(ids, pair, idx)

    failed = failure("merge", merge)
    assert failed.diagnosis == "raises for a right input"
    assert "Here your own code raises ValueError: nothing to merge, though this input is a right one." in in_a_row(
        failed
    )


def test_state_of_every_kind_is_shown_as_a_pair_of_calls():
    source = """
seen = {}
def with_a_global(ids, pair, idx):
    seen[len(ids)] = seen.get(len(ids)) or merged(ids, pair, idx)
    return list(seen[len(ids)])
def with_an_attribute(ids, pair, idx):
    with_an_attribute.calls = getattr(with_an_attribute, "calls", 0) + 1
    return merged(ids, pair, idx)[: 6 - with_an_attribute.calls // 4]
total = 0
def with_a_number(ids, pair, idx):
    global total
    total += 1
    return merged(ids, pair, idx) if total < 3 else list(ids)
"""
    names = {"merged": right.merge_while}
    exec(source, names)
    failed = failure("merge", names["with_a_global"])
    assert failed.diagnosis == "remembers"
    first, second = failed.call.splitlines()
    assert first.startswith("merge([")
    assert second.startswith("merge([")
    assert failure("merge", names["with_a_number"]).diagnosis == "remembers"


def test_what_an_answer_kept_is_put_back():
    def keeps(value, seen=[]):  # noqa: B006
        seen.append(value)
        return len(seen)

    caller = Local(keeps)
    values = [caller.call([runner.Step((1,))], clean=clean).value for clean in (False, False, True, False)]
    assert values == [1, 2, 1, 2]


def test_values_from_another_cell_are_told():
    names = {"regex": regex_module}
    exec("letters = r'[a-z]+'\ndef split(text): return regex.findall(letters + '|[^a-z]+', text)", names)
    assert "`letters` comes from outside the function" in in_a_row(failure("split", names["split"]))
    exec("letters = 'abc'\ndef split(text): return [text.letters]", names)
    assert "outside the function" not in in_a_row(failure("split", names["split"]))  # an attribute of that name


def test_values_from_another_cell_are_told_of_a_class():
    names = {"train": minbpe.lab.checks.inputs.train}
    exec(
        """
merges = {(97, 98): 256}
class BasicTokenizer:
    def train(self, text, vocab_size): self.merges = train(text, vocab_size)
    def encode(self, text): return [merges.get((97, 98))]
    def decode(self, ids): return ""
""",
        names,
    )
    said = in_a_row(failure("BasicTokenizer", names["BasicTokenizer"]))
    assert "`merges` comes from outside the class" in said
    assert "Hint: What an object has learned it keeps itself, under a name that begins with self: `self.merges`" in said


def test_a_blank_that_was_not_filled_is_named():
    def encode(text, merges):
        ids = list(text.encode("utf-8"))
        while len(ids) > 1:
            pair = ...
            ids = minbpe.merge(ids, pair, merges[pair])
        return ids

    assert "`...` still stands where a line of yours belongs" in in_a_row(failure("encode", encode))


def test_values_that_the_notebook_gives_are_not_told():
    names = {"PATTERNS": ["0xxxxxxx"]}
    exec("def utf8_encode(code_point): return bytes([code_point % 256] * len(PATTERNS))", names)
    assert "outside the function" not in in_a_row(failure("utf8_encode", names["utf8_encode"]))


def test_what_an_exercise_forbids_is_told_of_a_wrong_answer_too():
    def decode_by_hand(data):
        return data.decode("utf-8")[:3]

    assert "It uses `decode`, too: this exercise is to be done without." in in_a_row(
        failure("decode_by_hand", decode_by_hand)
    )


def test_an_earlier_call_that_changes_an_object_is_told():
    class BasicTokenizer(RIGHT["BasicTokenizer"][0]):
        def encode(self, text):
            ids = super().encode(text)
            self.merges = {}
            return ids

    failed = failure("BasicTokenizer", BasicTokenizer)
    assert failed.diagnosis == "an earlier call changes the object"
    assert re.search(r"Without `t\.encode\(.*\)` before it, the last call is right", str(failed))


def test_an_error_in_what_the_check_hands_in_is_in_no_line_of_the_answer():
    def language_premium(encode, texts, base="English"):
        return dict.fromkeys(texts, float(len(encode(list(texts)))))

    failed = failure("language_premium", language_premium)
    assert failed.fault == "raises"
    assert "return dict.fromkeys" in str(failed)


@pytest.mark.parametrize(
    "line, hint",
    [
        ("ids[len(ids)]", "How many items are there just then"),
        ("[ids[i + 1] for i in range(len(ids))]", "no neighbour to its right"),
        ("{}[pair]", "Was it ever put in"),
        ("{}[pair] + 1", ".get(key, 0)"),
        ("sum([ids])", "sum begins at the number 0"),
        ("b'a b'.split(' ')", 'b" "'),
    ],
)
def test_the_same_error_has_another_hint_on_another_line(line, hint, tmp_path):
    source = f"def merge(ids, pair, idx):\n    return {line}\n"
    path = tmp_path / "answer.py"  # so that the line can be read
    path.write_text(source, encoding="utf-8")
    names = {"__name__": "__main__"}
    exec(compile(source, str(path), "exec"), names)
    assert hint in in_a_row(failure("merge", names["merge"]))


def test_a_failing_call_is_made_smaller_only_within_what_the_exercise_speaks_of(monkeypatch):
    def no_id_below_ten(args):
        return min(args[0], default=0) >= 10

    monkeypatch.setattr(EXERCISES["merge"], "possible", no_id_below_ten)
    monkeypatch.setattr(EXERCISES["merge"], "cases", [([10, 20, 30, 40, 20, 30], (20, 30), 99)])
    monkeypatch.setattr(EXERCISES["merge"], "known", {})
    failed = failure("merge", lambda ids, pair, idx: [*right.merge_while(ids, pair, idx), 7])
    ids = eval(failed.call.removeprefix("merge"), {})[0]
    assert min(ids, default=0) >= 10


@pytest.mark.parametrize(
    "expected, got, sentence",
    [
        ([], [97], "Nothing should come back here, and"),
        ([(0, "a"), (1, "b")], [(1, "b"), (0, "a")], "the right items, in another order"),
        ([1, 2, 3], [3, 2, 1], "the right list, in reverse"),
        ((b"a", b"bc"), (b"ab", b"c"), "after 2 bytes, not after 1"),
        ((b"ab", b"c"), (b"a", b"bc"), "after 1 byte, not after 2"),
    ],
)
def test_what_a_wrong_value_says_by_itself(expected, got, sentence):
    assert sentence in telling.tell(expected, got).sentence


def test_a_check_that_cannot_run_says_so_and_nothing_of_the_answer(monkeypatch):
    def no_threads(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(watch, "WATCH", "thread")
    monkeypatch.setattr(watch._ThreadWatch, "start", no_threads)
    failed = failure("merge", right.merge_while)
    assert str(failed).startswith("✗ merge: this check could not run")
    assert "can't start new thread" in in_a_row(failed)
    assert "says nothing about your answer" in in_a_row(failed)
    assert "not right" not in str(failed)


def test_an_answer_can_be_elsewhere():
    """A Caller that lets through plain data alone, as a grader's does: pickled there and back here."""
    import pickle

    class Elsewhere:
        def __init__(self, answer):
            self.there = Local(answer)

        def facts(self, methods=()):
            return pickle.loads(pickle.dumps(self.there.facts(methods)))

        def call(self, steps, seconds=None, **options):
            return pickle.loads(pickle.dumps(self.there.call(steps, seconds, **options)))

    for name in ("merge", "BasicTokenizer", "encode_special"):
        exercise = EXERCISES[name]
        assert examine(exercise, Elsewhere(RIGHT[name][0]), 0).passed
        for misconception in exercise.misconceptions[:2]:
            assert examine(exercise, Elsewhere(misconception.answer), 0) == examine(
                exercise, Local(misconception.answer), 0
            )


def test_the_runner_stands_alone(tmp_path):
    """In a Python that has these two files of ours alone it imports, calls, and stops what never ends."""
    checks = tmp_path / "minbpe" / "lab" / "checks"
    checks.mkdir(parents=True)
    for package in (checks, checks.parent, checks.parent.parent):
        (package / "__init__.py").touch()
    for module in (runner, watch):
        shutil.copy(module.__file__, checks)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from minbpe.lab.checks import runner as r\n"
        "def loop(x):\n    while x:\n        x = x\n"
        "print(r.Local(max).call([r.Step(([1, 3],))]).value, r.Local(loop).call([r.Step((1,))], 0.2).stopped)\n"
        "print(r.__file__.startswith(sys.argv[1]), 'regex' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["3 time", "True False"]


# --- in a notebook


def test_a_notebook_shows_the_message_and_no_traceback(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    cells = [
        "from minbpe.lab.checks import check\nkept = 42\ndef merge(ids, pair, idx):\n    return ids[:-1]",
        'check("merge", merge)',
        "def merge(ids, pair, idx):\n    while True:\n        pass",
        'from minbpe.lab.checks import runner\nrunner.SECONDS = 0.5\ncheck("merge", merge)',
        "kept",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(
        notebook, allow_errors=True, timeout=60, resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[1][0].ename == "CheckFailed"
    assert outputs[1][0].traceback[0] == "✗ merge: not right yet"
    assert not any("Traceback" in line or "minbpe/lab" in line for line in outputs[1][0].traceback)
    assert "still running" in "\n".join(outputs[3][0].traceback)
    assert outputs[4][0].data["text/plain"] == "42"


def test_shrinking_never_makes_a_vocabulary_without_its_bytes():
    vocab = inputs.vocab_of({(97, 98): 256, (256, 97): 257})
    assert all(len(less) >= 256 for less in inputs.smaller(vocab))
    assert len(list(inputs.smaller(vocab))) == 2


# --- rules and demands that nobody gets around


def decoded_under_another_name(data):
    return len(DECODED(data))


def decoded_by_a_caller(data):
    return len(CALLER(data))


def decoded_by_a_match(data):
    match data:
        case object(decode=found):
            return len(found())


def decoded_by_its_name_as_a_text(data):
    return len(getattr(data, "decode")())  # noqa: B009


def decoded_in_a_method(data):
    return len(Decoder().of(data))


def decoded_by_what_it_keeps(data):
    return len(decoded_by_what_it_keeps.keeps(data))


class Decoder:
    def of(self, data):
        return data.decode()

    def __call__(self, data):
        return len(data.decode())


def plainly_decoded(data):
    return len(data.decode())


def says_it_wraps_another(data):
    return len(data.decode())


DECODED, CALLER = bytes.decode, operator.methodcaller("decode")
decoded_by_what_it_keeps.keeps = lambda data: data.decode()
says_it_wraps_another.__wrapped__ = lambda data: 0


@pytest.mark.parametrize(
    "answer",
    [
        *(decoded_under_another_name, decoded_by_a_caller, decoded_by_a_match, decoded_by_its_name_as_a_text),
        *(decoded_in_a_method, decoded_by_what_it_keeps, Decoder(), says_it_wraps_another),
        *(functools.cache(plainly_decoded), functools.lru_cache(5)(plainly_decoded), functools.partial(DECODED)),
    ],
)
def test_what_an_exercise_forbids_is_found_wherever_it_stands(answer):
    count = (lambda data: len(answer(data))) if isinstance(answer, functools.partial) else answer
    failed = failure("count_code_points", count)
    assert (failed.fault, "it uses `decode`" in in_a_row(failed)) == ("rule", True)


def test_what_a_function_says_it_wraps_is_not_what_an_exercise_asks_for():
    def merge_by_replace(ids, pair, idx):
        return right.merge_while(ids, pair, idx)

    merge_by_replace.__wrapped__ = lambda ids, pair, idx: "".replace
    assert "the exercise asks for `replace`" in in_a_row(failure("merge_by_replace", merge_by_replace))


@pytest.mark.parametrize("around", [functools.cache, functools.lru_cache(5), lambda answer: functools.partial(answer)])
def test_an_answer_may_be_wrapped_and_is_still_what_it_is(around):
    check("count_code_points", around(RIGHT["count_code_points"][0]), seed=0)
    copied = around(gpt4.recover_merges)
    assert runner.facts_of(copied).origin == "minbpe.gpt4.recover_merges"


def test_waiting_on_small_inputs_gets_nobody_around_the_large_ones(monkeypatch):
    monkeypatch.setattr(examining, "ENOUGH", 0.0)
    exercise = dataclasses.replace(EXERCISES["pair_places"], draw=lambda rng, size: (size,))
    sizes = [size for (size,) in examining.random_cases(exercise, 0)]
    assert len(sizes) == examining.FEWEST + examining.LARGE
    assert min(sizes[-examining.LARGE :]) > 0.9 * exercise.size


class Noting(Local):
    """Keeps what it is called with."""

    def __init__(self, answer):
        super().__init__(answer)
        self.called = []

    def call(self, steps, seconds=None, **more):
        self.called.append(repr([step.args for step in steps]))
        return super().call(steps, seconds, **more)


@pytest.mark.parametrize("name", [name for name, exercise in EXERCISES.items() if exercise.more])
def test_the_last_demand_has_other_inputs_each_time_and_the_same_for_a_seed(name):
    def asked(seed):
        caller = Noting(RIGHT[name][0])
        assert EXERCISES[name].more(caller, Random(seed)) is None
        return caller.called[-1]

    assert asked(1) == asked(1) != asked(2)


@pytest.mark.parametrize("wrong", [10**5000, [10**5000], {1: -(10**5000)}], ids=["a number", "in a list", "in a dict"])
def test_a_number_too_long_to_be_written_is_wrong_and_shown_by_its_length(wrong):
    failed = failure("pair_places", lambda ids, pair: wrong)
    assert failed.fault == "wrong type"
    assert "a number of 5001 digits" in str(failed)
