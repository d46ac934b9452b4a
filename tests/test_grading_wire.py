"""What goes over the wire between a check and an answer is data, and not more of it than there must be."""

import dataclasses
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minbpe.lab.checks.runner import Code, Outcome, Raised, Step, Thing
from minbpe.lab.grading.inside import wire

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers() | st.tuples(st.integers(), st.text()), inner)
    ),
    max_leaves=20,
)


def sent(value):
    return wire.decode(wire.unpack(wire.pack({"value": wire.encode(value)})[4:])["value"], Code)


def same(one, other):
    """Equal, and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is dict:
        return same(list(one.items()), list(other.items()))
    return one == other


@settings(max_examples=40)
@given(PLAIN)
def test_values_come_out_as_they_went_in_with_their_types(value):
    assert same(sent(value), value)


def test_each_field_of_a_record_is_sent():
    """A field that is left out is blank on the other side, and what depends on it is never asked."""
    for record, shape in wire.RECORDS.items():
        assert {each.name for each in dataclasses.fields(record)} == set(shape)


def test_records_of_a_check_come_out_whole():
    error = Raised("KeyError", "'a'", ("KeyError", "LookupError"), 3, "return a['a']", "f")
    outcome = Outcome(value=[Thing("iterator", "generator")], error=error, args=([1], {2: b"x"}), given_back=0)
    assert sent(outcome) == outcome
    (step,) = sent([Step((Code("iter([1, 2])"), {1, 2}), method="encode", on="t")])
    assert (list(step.args[0].make()), step.args[1], step.method) == ([1, 2], {1, 2}, "encode")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"int": "0x1", "float": "0x1p0"},
        {"dict": [[[], 1]]},
        {"set": [[1]]},
        {"Outcome": [1, None]},
        {"Outcome": [1, "no error", "", "", {"tuple": []}, None, "", ""]},
        {"Raised": ["ValueError", "", ["ValueError"], 0, "", ""]},
        {"code": "__import__('os').system('echo')"},
        {"Verdict": []},
        {"bytes": "ä"},
        1.5,
    ],
)
def test_what_is_no_value_is_refused(data):
    with pytest.raises(wire.WireError):
        wire.decode(data)


@pytest.mark.parametrize(
    "members",
    [
        [{"int": hex(number * (2**61 - 1))} for number in range(40_000)],
        [{"tuple": [{"int": hex(number * (2**61 - 1))}, 1]} for number in range(40_000)],
    ],
    ids=["numbers", "pairs"],
)
@pytest.mark.parametrize("tag", ["set", "frozenset", "dict"])
def test_members_with_one_hash_are_refused_before_they_take_minutes(members, tag):
    begun = time.process_time()
    with pytest.raises(wire.WireError, match="same hash"):
        wire.decode({tag: [[each, 1] for each in members] if tag == "dict" else members})
    assert time.process_time() - begun < 5


def test_a_message_of_too_many_values_is_refused_before_it_is_read():
    body = b'{"answer":[' + b"[]," * wire.MOST + b"[]]}"
    with pytest.raises(wire.WireError, match="too many values"):
        wire.unpack(body)
    with pytest.raises(wire.WireError, match="too many to be sent"):
        wire.pack({"answer": [0] * (wire.MOST + 9)})
    vocabulary = {"answer": wire.encode({b"%d" % idx: idx for idx in range(200_000)})}
    assert wire.unpack(wire.pack(vocabulary)[4:]) == vocabulary


def test_what_is_too_large_or_too_deep_is_refused():
    deep = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(wire.WireError, match="too deep"):
        wire.encode(deep)
    with pytest.raises(wire.WireError, match="too deep"):
        wire.decode(deep)
    with pytest.raises(wire.WireError, match="no message"):
        wire.unpack(b"[" * 10**6)
    with pytest.raises(wire.WireError, match="too much"):
        wire.pack({"value": "x" * (wire.LARGEST + 1)})
    with pytest.raises(wire.WireError, match="too long"):
        wire.length_of(b"\xff\xff\xff\xff")
    with pytest.raises(wire.WireError, match="cannot be sent"):
        wire.encode(object())
