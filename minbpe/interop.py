"""A tokenizer trained here, used from tiktoken and from Hugging Face tokenizers; and theirs, used here.

All hold the same two things in another dress. tiktoken has no merges, only ranks {bytes: id}: two tokens
merge when their bytes together have a rank. Hugging Face keeps the list of merges, and writes each byte as
a visible character. The patterns of patterns.py are the same to all three. A pattern of your own is written
out for the other engines, or refused (portable.py says how).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from minbpe.base import Tokenizer
from minbpe.gpt4 import RankedTokenizer
from minbpe.huggingface import AS_ONIGURUMA_HAS_IT, HuggingFaceTokenizer, from_huggingface, spelled
from minbpe.merging import apply_merges
from minbpe.patterns import KNOWN_PATTERNS
from minbpe.portable import Chars, complement, first_characters, parse, regex_dialect, sure_characters, write

if TYPE_CHECKING:
    import tiktoken
    import tokenizers

__all__ = ["from_huggingface", "from_tiktoken", "to_huggingface", "to_tiktoken"]

MAX_ID = 2**32 - 1  # both hold ids in 32 bits


def from_tiktoken(encoding: tiktoken.Encoding) -> RankedTokenizer:
    """A RegexTokenizer that gives the ids of `encoding`, special tokens included.

    ValueError where the ids of the 256 bytes are not 0 to 255, or `regex` cannot read the pattern.
    """
    return RankedTokenizer(encoding._mergeable_ranks, encoding._pat_str, encoding._special_tokens)


def to_tiktoken(tokenizer: Tokenizer, name: str) -> tiktoken.Encoding:
    """A tiktoken.Encoding called `name` that gives the ids of `tokenizer` for every text, special tokens included.

    ValueError for what tiktoken cannot hold: two tokens with the same bytes, a token that its own bytes do not
    encode to, special tokens of which one begins like another, a pattern that means something else there.
    tiktoken gives up (a panic, never other ids) on a text for which a pattern tracks back a million times.
    """
    import tiktoken

    _check_imported(tokenizer)
    check_ids(tokenizer)
    check_ranks(tokenizer)
    by_name = sorted(tokenizer.special_tokens)
    for shorter, longer in pairwise(by_name):
        if longer.startswith(shorter):
            raise ValueError(
                f"the special token {longer!r} begins with the special token {shorter!r}: tiktoken may take the "
                "shorter one where both fit. Rename one of them"
            )
    pattern = tiktoken_pattern(tokenizer.pattern)
    try:
        return tiktoken.Encoding(
            name,
            pat_str=pattern,
            mergeable_ranks={token: idx for idx, token in tokenizer.vocab.items()},
            special_tokens=dict(tokenizer.special_tokens),
        )
    except ValueError as error:
        raise ValueError(f"tiktoken cannot read the split pattern {tokenizer.pattern!r}: {str(error)[-300:]}") from None


def tiktoken_pattern(pattern: str) -> str:
    """`pattern` as tiktoken must be given it. ValueError if it cannot be carried over."""
    if not pattern:
        return r"[\s\S]+"
    if pattern in KNOWN_PATTERNS:
        return pattern
    # tiktoken drops what a pattern leaves out; here that is a chunk, so it must be one there.
    node = parse(pattern, regex_dialect())
    written = write(node)
    if not complement(sure_characters(node)):
        return written
    first = first_characters(node)
    never, maybe = write(Chars(complement(first))), write(Chars(first))
    return rf"(?:{written})|(?>{never}+|(?!{written}){maybe})+"


def to_huggingface(tokenizer: Tokenizer, *, encode_special_tokens: bool = False) -> tokenizers.Tokenizer:
    """A Tokenizer of Hugging Face's `tokenizers` that gives the ids of `tokenizer` for every text.

    It finds special tokens in the text, as encode(…, allowed_special="all") does here: chat templates need
    that. Whoever can write into the text can write special tokens, then. With `encode_special_tokens` (its
    own name for it) they are ordinary text, as with allowed_special="none"; but tokenizer.json does not keep
    the setting, so it must be set again after loading. Its decode garbles special tokens with letters beyond
    ASCII, which it takes for spelled-out bytes.

    ValueError without the package `tokenizers`, and for what it cannot hold: two tokens with the same bytes,
    a special token spelled like another token, two special tokens with one id, a pattern that means something
    else there.
    """
    try:
        from tokenizers import AddedToken, decoders, models, pre_tokenizers
        from tokenizers import Tokenizer as Theirs
    except ImportError:
        raise ValueError("to_huggingface needs the package tokenizers: pip install tokenizers") from None

    if isinstance(tokenizer, HuggingFaceTokenizer):
        raise ValueError("this tokenizer came from Hugging Face: go on with the one that it was made from")
    check_ids(tokenizer)
    vocab = {spelled(token): idx for idx, token in tokenizer.vocab.items()}
    if len(vocab) < len(tokenizer.vocab):
        raise ValueError("two tokens have the same bytes, and Hugging Face tells tokens apart by their bytes")
    special_ids = set()
    for special, idx in tokenizer.special_tokens.items():
        if special in vocab:
            raise ValueError(f"the special token {special!r} is spelled like the token {vocab[special]}")
        if idx in special_ids:
            raise ValueError(f"the special token {special!r} is another name for the id {idx}, which can have only one")
        special_ids.add(idx)
    by_rank = sorted(tokenizer.merges.items(), key=lambda merge: merge[1])
    merges = [(spelled(tokenizer.vocab[a]), spelled(tokenizer.vocab[b])) for (a, b), _ in by_rank]
    # Published ranks hold tokens that no merge makes: such a token is found only where it is a whole chunk.
    whole = isinstance(tokenizer, RankedTokenizer)
    unmade = tokenizer.vocab.keys() - tokenizer.merges.values() if whole else ()
    for idx in unmade:
        if len(_merged(tokenizer, tokenizer.vocab[idx])) == 2:
            raise ValueError(f"the token {idx} has a lower rank than the half that it is made of, which has no merge")
    model = models.BPE(vocab=vocab | tokenizer.special_tokens, merges=merges, ignore_merges=whole)
    result = Theirs(model)
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = [_huggingface_split(tokenizer.pattern)] if tokenizer.pattern else []
    result.pre_tokenizer = pre_tokenizers.Sequence([*split, to_bytes])
    result.decoder = decoders.ByteLevel()
    result.add_special_tokens(
        [AddedToken(special, special=True, normalized=False) for special in tokenizer.special_tokens]
    )
    result.encode_special_tokens = encode_special_tokens
    return result


def _huggingface_split(pattern: str) -> tokenizers.pre_tokenizers.Split:
    from tokenizers import Regex, pre_tokenizers

    written = AS_ONIGURUMA_HAS_IT.get(pattern) or write(parse(pattern, regex_dialect()))
    try:
        return pre_tokenizers.Split(Regex(written), behavior="isolated")
    except Exception as error:  # the bindings raise a bare Exception
        raise ValueError(f"tokenizers cannot read the split pattern {pattern!r}: {error}") from None


def check_ids(tokenizer: Tokenizer) -> None:
    """ValueError for ids that do not fit, and for merges that are not in order of learning."""
    for idx in (*tokenizer.vocab, *tokenizer.special_tokens.values()):
        if not 0 <= idx <= MAX_ID:
            raise ValueError(f"the id {idx} does not fit into 32 bits, which is all that others have for an id")
    if isinstance(tokenizer, RankedTokenizer):
        return  # its merges, slow to recover, are in order
    known = {idx for idx, token in tokenizer.vocab.items() if len(token) == 1}
    for (a, b), idx in sorted(tokenizer.merges.items(), key=lambda merge: merge[1]):
        if not {a, b} <= known:
            raise ValueError(f"the merge of {a} and {b} into {idx} comes before the one that makes its halves")
        if tokenizer.vocab[idx] != tokenizer.vocab[a] + tokenizer.vocab[b]:
            raise ValueError(f"the token {idx} is not what the merge of {a} and {b} gives")
        known.add(idx)


def _check_imported(tokenizer: Tokenizer) -> None:
    """ValueError for what only Hugging Face can hold."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        ids = list(tokenizer.merges.values())
        if tokenizer.normalizers or len(tokenizer.stages) > 1 or tokenizer.late or ids != sorted(ids):
            raise ValueError(
                "this tokenizer came from Hugging Face with a normalizer, several patterns, added tokens that are "
                "looked for one after the other, or ids out of the order of learning, which cannot be carried over"
            )


def check_ranks(tokenizer: Tokenizer) -> None:
    """ValueError where merging by bytes would give other ids than merging by pairs.

    It gives the same if each token comes out for its own bytes. For take two tokens side by side, and their
    bytes together the bytes of a third: no merge has reached across these bytes, or it would be there. So up to
    here all went as it goes for these bytes alone, where the last step to the third token is a merge of these two.
    """
    if len({*tokenizer.vocab.values()}) < len(tokenizer.vocab):
        raise ValueError("two tokens have the same bytes, and tiktoken tells tokens apart by their bytes")
    if isinstance(tokenizer, RankedTokenizer):
        return  # which merges by bytes itself
    for idx, token in tokenizer.vocab.items():
        ids = _merged(tokenizer, token)
        # A token may have no merges if it is found where it is a whole chunk, and nothing merges into it by bytes.
        found_whole = isinstance(tokenizer, HuggingFaceTokenizer) and token in tokenizer.whole and len(ids) > 2
        if ids != [idx] and not found_whole:
            raise ValueError(f"the token {idx}, {token!r}, encodes to {ids} here; tiktoken would give [{idx}]")


def _merged(tokenizer: Tokenizer, token: bytes) -> list[int]:
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return tokenizer.merge_only(token)
    return apply_merges(token.translate(tokenizer.byte_shuffle), tokenizer.merges.get)
