"""What `python -m minbpe.export` writes is read by those it is written for, with the same ids."""

import base64
import json
import shutil
import subprocess

import pytest

from minbpe import RegexTokenizer, corpora, export
from minbpe.patterns import CL100K_SPLIT_PATTERN, GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, GPT4O_SPLIT_PATTERN

SPECIALS = {"<|endoftext|>": 700, "<|pad|>": 705}
TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}<|endoftext|>{% endfor %}"
TEXTS = [
    corpora.load("story")[:3000],
    corpora.load("parallel")[:5000],
    "Yes . No !  I'll'S 1234\n\n \n  end<|endoftext|>Übung 한국어 مرحبا 😉👩‍👩‍👧 <|pad|>  ",
    "\t x\r\n\r\n'ſ $a_b++ ",
]


def trained(pattern=GPT4_SPLIT_PATTERN):
    tokenizer = RegexTokenizer(pattern)
    tokenizer.train([corpora.load("story"), corpora.load("parallel")], 700)
    tokenizer.register_special_tokens(SPECIALS)
    return tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The .model file of a trained tokenizer."""
    prefix = tmp_path_factory.mktemp("export") / "mine"
    trained().save(prefix)
    return prefix.with_suffix(".model")


@pytest.mark.parametrize("pattern", [GPT4_SPLIT_PATTERN, r"\w+|[^\w\s]+", ""])
def test_tiktoken_reads_its_file(tmp_path, pattern):
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    tokenizer = trained(pattern)
    tokenizer.save(tmp_path / "mine")
    path = tmp_path / "mine.tiktoken"
    assert export.main([str(tmp_path / "mine.model"), "--to", "tiktoken", str(path)]) == 0
    rest = json.loads((tmp_path / "mine.tiktoken.json").read_text("utf-8"))
    encoding = tiktoken.Encoding(mergeable_ranks=load_tiktoken_bpe(str(path)), **rest)
    assert encoding.name == "mine"
    for text in TEXTS:
        assert encoding.encode(text, allowed_special="all") == tokenizer.encode(text, "all")


def test_tokenizers_reads_its_file(model, tmp_path):
    import tokenizers

    assert export.main([str(model), "--to", "huggingface", str(tmp_path / "hf")]) == 0
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "hf" / "tokenizer.json"))
    for text in TEXTS:
        assert theirs.encode(text).ids == trained().encode(text, "all")


@pytest.mark.long
def test_transformers_reads_its_folder_with_eos_pad_and_chat_template(model, tmp_path):
    transformers = pytest.importorskip("transformers", reason="pip install -e .[export]")
    (tmp_path / "chat.jinja").write_text(TEMPLATE, encoding="utf-8")
    command = [str(model), "--to", "huggingface", str(tmp_path / "hf"), "--eos", "<|endoftext|>", "--pad", "<|pad|>"]
    assert export.main([*command, "--chat-template", str(tmp_path / "chat.jinja")]) == 0
    theirs, tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf"), trained()
    for text in TEXTS:
        ids = tokenizer.encode(text, "all")
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids) == text
    assert (theirs.eos_token_id, theirs.pad_token_id, theirs.bos_token) == (700, 705, None)
    assert theirs(["a", "a story"], padding=True)["input_ids"][0][-1] == 705
    chat = theirs.apply_chat_template([{"role": "user", "content": "Hello"}], tokenize=True)
    assert getattr(chat, "input_ids", chat) == tokenizer.encode("user: Hello<|endoftext|>", "all")


def test_a_gguf_holds_the_tokens_the_merges_and_the_roles(model, tmp_path):
    gguf = pytest.importorskip("gguf", reason="pip install -e .[export]")
    path, tokenizer = tmp_path / "mine.gguf", trained()
    assert export.main([str(model), "--to", "gguf", str(path), "--eos", "<|endoftext|>", "--pad", "<|pad|>"]) == 0
    fields = {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items()}
    assert fields["tokenizer.ggml.model"] == "gpt2"
    assert fields["tokenizer.ggml.pre"] == "llama-bpe"
    tokens = fields["tokenizer.ggml.tokens"]
    assert len(tokens) == 706
    assert {special: tokens.index(special) for special in SPECIALS} == SPECIALS
    assert tokens[701] == "[unused 701]"
    assert len(fields["tokenizer.ggml.merges"]) == len(tokenizer.merges)
    assert fields["tokenizer.ggml.eos_token_id"] == 700
    assert fields["tokenizer.ggml.padding_token_id"] == 705
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.gguf"]


NODE = """
import {readFileSync, writeFileSync} from "fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";
const llama = await getLlama({gpu: false, build: "never", skipDownload: true, logLevel: LlamaLogLevel.error});
const [model, texts, ids] = process.argv.slice(2);
const loaded = await llama.loadModel({modelPath: model, vocabOnly: true});
const encode = text => Array.from(loaded.tokenize(text, true, "trimLeadingSpace"));
writeFileSync(ids, JSON.stringify(JSON.parse(readFileSync(texts, "utf8")).map(encode)));
process.exit(0);
"""


@pytest.mark.long
def test_llama_cpp_reads_the_gguf(tmp_path):
    """node-llama-cpp carries a built llama.cpp; it is installed for this test alone."""
    pytest.importorskip("gguf", reason="pip install -e .[export]")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to install node-llama-cpp with")
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    packages = ["node-llama-cpp@3.22.1", "@node-llama-cpp/linux-x64@3.22.1"]
    command = [npm, "install", "--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts", *packages]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"node-llama-cpp cannot be installed here: {done.stderr[-200:]}")
    (tmp_path / "encode.mjs").write_text(NODE, encoding="utf-8")
    (tmp_path / "texts.json").write_text(json.dumps([*TEXTS, corpora.load("english")[:50000]]), encoding="utf-8")
    for pattern in (GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN):
        tokenizer = trained(pattern)
        export.export_gguf(tokenizer, tmp_path / "mine.gguf")
        subprocess.run(["node", "encode.mjs", "mine.gguf", "texts.json", "ids.json"], cwd=tmp_path, check=True)
        ids = json.loads((tmp_path / "ids.json").read_text("utf-8"))
        expected = [tokenizer.encode(text, "all") for text in json.loads((tmp_path / "texts.json").read_text("utf-8"))]
        assert ids == expected


# What is refused, before anything is written


@pytest.mark.parametrize("pattern", [GPT4O_SPLIT_PATTERN, CL100K_SPLIT_PATTERN, r"\w+|\W", ""])
def test_a_pattern_that_llama_cpp_does_not_have_is_refused(tmp_path, pattern):
    pytest.importorskip("gguf", reason="pip install -e .[export]")
    with pytest.raises(ValueError, match=r"llama\.cpp has no pre-tokenizer.*--pattern gpt2 or gpt4"):
        export.export_gguf(trained(pattern), tmp_path / "x.gguf")
    assert list(tmp_path.iterdir()) == []


def test_special_tokens_that_can_overlap_are_refused_for_llama_cpp(tmp_path):
    pytest.importorskip("gguf", reason="pip install -e .[export]")
    tokenizer = trained()
    tokenizer.register_special_tokens({"<|a|>": 700, "|>b": 701})
    with pytest.raises(ValueError, match=r"'<\|a\|>' and '\|>b' can overlap"):
        export.export_gguf(tokenizer, tmp_path / "x.gguf")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "huggingface", "--eos", "<|end|>"], "'<|end|>', for eos, is not a special token"),
        (["--to", "tiktoken", "--pad", "<|pad|>"], "tiktoken knows neither --bos, --eos and --pad"),
        (["--to", "huggingface", "--chat-template", "missing.jinja"], "missing.jinja"),
    ],
)
def test_an_error_is_one_line_and_nothing_is_written(model, tmp_path, capsys, options, message):
    assert export.main([str(model), str(tmp_path / "out"), *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("minbpe.export: error: ") and message in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_gguf_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    with pytest.raises(ValueError, match="pip install gguf"):
        export.export_gguf(trained(), tmp_path / "x.gguf")


def test_the_ranks_are_in_order_one_a_line(model, tmp_path):
    assert export.main([str(model), "--to", "tiktoken", str(tmp_path / "x")]) == 0
    lines = (tmp_path / "x").read_bytes().split(b"\n")
    assert lines[0] == base64.b64encode(b"\x00") + b" 0"
    assert [int(line.split()[1]) for line in lines[:-1]] == list(range(700))
