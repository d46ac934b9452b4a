"""A tokenizer trained here, used from tiktoken and from Hugging Face tokenizers; and tiktoken's, used here.

Both hold the same two things in another dress. tiktoken has no merges, only ranks {bytes: id}: two tokens
merge when their bytes together have a rank. Hugging Face keeps the list of merges, and writes each byte as
a visible character. The patterns of patterns.py are the same to all three. A pattern of your own is read
by each with its own regular expressions, which differ in rare features.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import regex

from minbpe.base import Tokenizer
from minbpe.gpt4 import RankedTokenizer
from minbpe.patterns import KNOWN_PATTERNS

if TYPE_CHECKING:
    import tiktoken
    import tokenizers


def from_tiktoken(encoding: tiktoken.Encoding) -> RankedTokenizer:
    """A RegexTokenizer that gives the ids of `encoding`, special tokens included.

    ValueError where the ids of the 256 bytes are not 0 to 255, or `regex` cannot read the pattern.
    """
    return RankedTokenizer(encoding._mergeable_ranks, encoding._pat_str, encoding._special_tokens)


def to_tiktoken(tokenizer: Tokenizer, name: str) -> tiktoken.Encoding:
    """A tiktoken.Encoding called `name` that gives the ids of `tokenizer`, special tokens included.

    ValueError for what tiktoken cannot hold: two tokens with the same bytes, a pattern it cannot read.
    """
    import tiktoken

    ranks = {token: idx for idx, token in tokenizer.vocab.items()}
    if len(ranks) < len(tokenizer.vocab):
        raise ValueError("two tokens have the same bytes, and tiktoken tells tokens apart by their bytes")
    pattern = tokenizer.pattern
    if not pattern:
        pattern = r"[\s\S]+"
    elif pattern not in KNOWN_PATTERNS:
        # tiktoken drops what a pattern leaves out; here that is a chunk, so it must be one there.
        _check_portable(pattern)
        pattern = rf"(?:{pattern})|(?:(?!(?:{pattern}))[\s\S])+"
    try:
        return tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=dict(tokenizer.special_tokens)
        )
    except ValueError as error:
        raise ValueError(f"tiktoken cannot read the split pattern {tokenizer.pattern!r}: {error}") from None


def to_huggingface(tokenizer: Tokenizer) -> tokenizers.Tokenizer:
    """A Tokenizer of Hugging Face's `tokenizers` that gives the ids of `tokenizer`.

    It finds special tokens in the text, as encode(…, allowed_special="all") does here. Its decode garbles
    special tokens with letters beyond ASCII, which it takes for spelled-out bytes. ValueError without
    the package `tokenizers`, and for what it cannot hold: a special token spelled like another token, a
    pattern it cannot read.
    """
    try:
        from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers
        from tokenizers import Tokenizer as HuggingFaceTokenizer
    except ImportError:
        raise ValueError("to_huggingface needs the package tokenizers: pip install tokenizers") from None

    visible = _visible_bytes()
    names = {idx: "".join(visible[byte] for byte in token) for idx, token in tokenizer.vocab.items()}
    vocab = {name: idx for idx, name in names.items()}
    for special, idx in tokenizer.special_tokens.items():
        if special in vocab:
            raise ValueError(f"the special token {special!r} is spelled like the token {vocab[special]}")
        vocab[special] = idx
    result = HuggingFaceTokenizer(models.BPE(vocab=vocab, merges=[(names[a], names[b]) for a, b in tokenizer.merges]))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if tokenizer.pattern:
        if tokenizer.pattern not in KNOWN_PATTERNS:
            _check_portable(tokenizer.pattern)
        # Oniguruma takes {1,3}+ for a repeated group, where the others take it for a possessive {1,3}.
        # At the end of an alternative, as in our patterns, greedy and possessive are the same.
        pattern = tokenizer.pattern.replace("{1,3}+", "{1,3}")
        try:
            split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
        except Exception as error:  # the bindings raise a bare Exception
            raise ValueError(f"tokenizers cannot read the split pattern {pattern!r}: {error}") from None
        byte_level = pre_tokenizers.Sequence([split, byte_level])
    result.pre_tokenizer = byte_level
    result.decoder = decoders.ByteLevel()
    result.add_special_tokens(
        [AddedToken(special, special=True, normalized=False) for special in tokenizer.special_tokens]
    )
    return result


def _check_portable(pattern: str) -> None:
    """ValueError for patterns that mean something else, or crash, in the other engines."""
    compiled = regex.compile(pattern)
    if compiled.fullmatch(""):
        raise ValueError(f"the split pattern {pattern!r} also matches nothing at all; write + in place of *")
    if compiled.groups and re.search(r"\\[1-9]|\(\?P[=>]|\\g<", pattern):
        raise ValueError(f"the split pattern {pattern!r} refers back to a group, which cannot be carried over")


def _visible_bytes() -> list[str]:
    """For each byte the character that stands for it in GPT-2's alphabet, which `tokenizers` uses.

    The printable characters of Latin-1 stand for themselves, the other bytes for U+0100 and on.
    """
    visible = [chr(byte) if chr(byte).isprintable() and byte != 0x20 else "" for byte in range(256)]
    beyond = iter(range(0x100, 0x200))
    return [character or chr(next(beyond)) for character in visible]
