"""A tokenizer gives the same ids here, in tiktoken and in Hugging Face tokenizers."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minbpe import BasicTokenizer, RegexTokenizer, corpora, interop, vocabularies
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN

PATTERNS = {
    "gpt2": GPT2_SPLIT_PATTERN,
    "gpt4": GPT4_SPLIT_PATTERN,
    "gpt4o": GPT4O_SPLIT_PATTERN,
    "words only": r"\w+",
    "no pattern": "",
    "capture groups": r"(\s+)|(\S)(\S)?",
}
SPECIALS = {"<|endoftext|>": 100257, "<|endoftext|><|pad|>": 5000, "¿fin?": 900}
SHIPPED = [record.name for record in vocabularies.VOCABULARIES.values() if record.ships]


@pytest.fixture(scope="module", params=[*PATTERNS, "basic"])
def trained(request):
    """A trained tokenizer, and the same in tiktoken and in tokenizers."""
    text = corpora.load("story")[:8000] + corpora.load("parallel")[:30000] + corpora.load("unicode")
    tokenizer = BasicTokenizer() if request.param == "basic" else RegexTokenizer(PATTERNS[request.param])
    tokenizer.train(text, 800)
    if request.param != "basic":
        tokenizer.register_special_tokens(SPECIALS)
    return tokenizer, interop.to_tiktoken(tokenizer, "trained-here"), interop.to_huggingface(tokenizer)


def encode_with_specials(tokenizer, text):
    return tokenizer.encode(text, "all") if isinstance(tokenizer, RegexTokenizer) else tokenizer.encode(text)


def assert_same_ids(trained, text):
    tokenizer, theirs, huggingface = trained
    ids = encode_with_specials(tokenizer, text)
    assert theirs.encode(text, allowed_special="all") == ids
    assert huggingface.encode(text).ids == ids
    assert theirs.decode(ids) == tokenizer.decode(ids)
    if "¿fin?" not in text:  # Hugging Face decodes the "¿" of a special token as if it stood for a byte
        assert huggingface.decode(ids, skip_special_tokens=False) == tokenizer.decode(ids)


@pytest.mark.parametrize("name", ["letters", "table", "code", "parallel", "unicode"])
def test_a_trained_tokenizer_gives_the_same_ids_everywhere_on_every_corpus(trained, name):
    assert_same_ids(trained, corpora.load(name))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(text=st.text(st.characters(exclude_categories=["Cs"])) | st.text("ab' \n\u0558\u00dfſSs1²\u0301😉<|>"))
def test_a_trained_tokenizer_gives_the_same_ids_everywhere_on_any_text(trained, text):
    assert_same_ids(trained, text)


def test_special_tokens_are_found_everywhere_and_the_longest_wins(trained):
    if isinstance(trained[0], RegexTokenizer):
        assert_same_ids(trained, "a<|endoftext|>b<|endoftext|><|pad|>¿fin?c")
        assert trained[0].encode("<|endoftext|><|pad|>", "all") == [5000]


@pytest.mark.parametrize("name", SHIPPED)
def test_an_encoding_of_tiktoken_gives_its_ids_here(name):
    encoding = vocabularies.get_encoding(name)
    tokenizer = interop.from_tiktoken(encoding)
    assert isinstance(tokenizer, RegexTokenizer)
    text = corpora.load("all") + "<|endoftext|> \u0558's"
    assert tokenizer.encode(text, "all") == encoding.encode(text, allowed_special="all")
    assert tokenizer.decode(tokenizer.encode(text, "all")) == text


@pytest.mark.parametrize("name", SHIPPED)
def test_the_recovered_merges_of_tiktokens_encodings_make_every_token(name, tmp_path):
    tokenizer = interop.from_tiktoken(vocabularies.get_encoding(name))
    assert len(tokenizer.merges) + 256 == len(tokenizer.vocab)
    tokenizer.save(tmp_path / name)
    loaded = RegexTokenizer()
    loaded.load(tmp_path / f"{name}.model")
    text = corpora.load("unicode") + corpora.load("parallel") + corpora.load("python")
    assert loaded.encode(text) == tokenizer.encode(text)


def test_a_tokenizer_can_go_to_tiktoken_and_come_back():
    tokenizer = RegexTokenizer()
    tokenizer.train(corpora.load("story"), 600)
    back = interop.from_tiktoken(interop.to_tiktoken(tokenizer, "there"))
    assert back.merges == tokenizer.merges
    assert back.vocab == tokenizer.vocab


def test_what_a_pattern_leaves_out_is_kept_by_tiktoken_too():
    tokenizer = RegexTokenizer(r"[a-z]+")
    tokenizer.train("ab, ab, ab", 258)
    encoding = interop.to_tiktoken(tokenizer, "gaps")
    assert encoding.decode(encoding.encode_ordinary("ab, ab!?")) == "ab, ab!?"
    assert encoding.encode_ordinary("ab, ab!?") == tokenizer.encode("ab, ab!?")


@pytest.mark.parametrize("convert", [lambda t: interop.to_tiktoken(t, "x"), interop.to_huggingface])
@pytest.mark.parametrize("pattern", ["a*", r"(a)\1", "(?r)a"])
def test_a_pattern_that_the_others_would_read_differently_is_refused(convert, pattern):
    with pytest.raises(ValueError, match="pattern"):
        convert(RegexTokenizer(pattern))


def test_a_special_token_spelled_like_another_token_is_refused_for_hugging_face():
    tokenizer = RegexTokenizer()
    tokenizer.register_special_tokens({"a": 300})
    with pytest.raises(ValueError, match="'a' is spelled like the token 97"):
        interop.to_huggingface(tokenizer)


def test_without_the_package_tokenizers_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ValueError, match="pip install tokenizers"):
        interop.to_huggingface(BasicTokenizer())


def test_an_encoding_without_the_bytes_in_its_first_ids_is_refused():
    import tiktoken

    ranks = {bytes([byte]): byte + 1 for byte in range(256)}
    encoding = tiktoken.Encoding("shifted", pat_str=r"\S+", mergeable_ranks=ranks, special_tokens={})
    with pytest.raises(ValueError, match="ids 0 to 255"):
        interop.from_tiktoken(encoding)
