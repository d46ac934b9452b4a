"""The command line: a trained tokenizer, written in the files that others read.

    python -m minbpe.export mine.model --to tiktoken mine.tiktoken
    python -m minbpe.export mine.model --to huggingface mine/ --eos "<|endoftext|>" --chat-template chat.jinja
    python -m minbpe.export mine.model --to gguf mine.gguf

tiktoken      the ranks, as tiktoken.load.load_tiktoken_bpe reads them; beside them PATH.json, with the pattern, the
              special tokens and the name that tiktoken.Encoding(mergeable_ranks=…, **json) wants. (It keeps a
              copy of a file it has read: written anew, the file needs a new name, or an empty TIKTOKEN_CACHE_DIR)
huggingface   a folder with tokenizer.json and the tokenizer_config.json that transformers' AutoTokenizer needs
gguf          a vocabulary without a model, for llama.cpp. It has its split patterns built in: GPT-2's and GPT-4's are
              among them, a pattern of your own is not. Nor are the letters of the newest Unicode: llama.cpp may split
              words in scripts that were added since its tables were made in another way

What cannot be held with the same ids is refused, and nothing is written.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from minbpe import files
from minbpe.huggingface import spelled
from minbpe.interop import check_ids, check_ranks, tiktoken_pattern, to_huggingface, to_tiktoken
from minbpe.patterns import GPT2_SPLIT_PATTERN, GPT4_SPLIT_PATTERN, R50K_SPLIT_PATTERN
from minbpe.regex import RegexTokenizer

# llama.cpp's names for the pre-tokenizers that split as these patterns do. Llama 3's pattern comes to the same as
# minbpe's for GPT-4; tiktoken's cl100k_base today cuts white space at the end of a text in another way. For GPT-4o
# llama.cpp only comes close ("gpt-4o" takes every letter beyond a-z for a capital): English text gets other ids.
PRE_TOKENIZERS = {
    GPT2_SPLIT_PATTERN: "gpt-2",
    R50K_SPLIT_PATTERN: "gpt-2",
    GPT4_SPLIT_PATTERN: "llama-bpe",
}
MOST_ROWS = 1 << 20  # of a GGUF, which has a row for each id up to the highest


class Roles(NamedTuple):
    """Special tokens with a part to play, and the template that makes a text of a chat; None where there is none."""

    bos: str | None = None
    eos: str | None = None
    pad: str | None = None
    chat_template: str | None = None

    def tokens(self) -> dict[str, str]:
        """{"eos": its special token, …}"""
        named = {"bos": self.bos, "eos": self.eos, "pad": self.pad}
        return {role: token for role, token in named.items() if token is not None}


def export_tiktoken(tokenizer: RegexTokenizer, path: str | Path) -> None:
    """Write `path`, a file of ranks, and `path`.json. ValueError for what tiktoken cannot hold."""
    path = Path(path)
    to_tiktoken(tokenizer, path.stem)
    by_rank = sorted(tokenizer.vocab.items())
    ranks = b"".join(b"%s %d\n" % (b64encode(token), idx) for idx, token in by_rank)
    rest = {
        "name": path.stem,
        "pat_str": tiktoken_pattern(tokenizer.pattern),
        "special_tokens": tokenizer.special_tokens,
    }
    files.write_whole({path: ranks, path.with_name(f"{path.name}.json"): _json(rest)})


def export_huggingface(tokenizer: RegexTokenizer, folder: str | Path, roles: Roles = Roles()) -> None:  # noqa: B008
    """Write tokenizer.json and tokenizer_config.json into `folder`. ValueError for what `tokenizers` cannot hold."""
    _check_roles(tokenizer, roles)
    whole = to_huggingface(tokenizer).to_str(pretty=True)
    config: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,  # else its decode takes the space out of "Yes ."
        **{f"{role}_token": token for role, token in roles.tokens().items()},
    }
    if roles.chat_template is not None:
        config["chat_template"] = roles.chat_template
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files.write_whole(
        {folder / "tokenizer.json": whole.encode("utf-8"), folder / "tokenizer_config.json": _json(config)}
    )


def export_gguf(tokenizer: RegexTokenizer, path: str | Path, roles: Roles = Roles()) -> None:  # noqa: B008
    """Write a GGUF that holds the vocabulary alone, for llama.cpp, which gives the same ids for characters it knows.

    ValueError without the package `gguf`, for a pattern that llama.cpp does not have, and for special tokens that
    can overlap, of which it takes the longest and not the first.
    """
    try:
        import gguf
    except ImportError:
        raise ValueError("a GGUF is written by the package gguf: pip install gguf") from None
    _check_roles(tokenizer, roles)
    check_ids(tokenizer)
    check_ranks(tokenizer)
    pre_tokenizer = PRE_TOKENIZERS.get(tokenizer.pattern)
    if pre_tokenizer is None:
        raise ValueError(
            f"llama.cpp has no pre-tokenizer for the split pattern {tokenizer.pattern[:80]!r}: it has those of GPT-2 "
            "and GPT-4. Train with --pattern gpt2 or gpt4"
        )
    _check_no_overlap(tokenizer.special_tokens)
    rows = max([*tokenizer.vocab, *tokenizer.special_tokens.values()]) + 1
    if rows > MOST_ROWS:
        raise ValueError(f"a GGUF has a row for each id up to the highest, {rows - 1:,}: give special tokens lower ids")
    names, kinds = [f"[unused {idx}]" for idx in range(rows)], [gguf.TokenType.UNUSED] * rows
    for idx, token in tokenizer.vocab.items():
        names[idx], kinds[idx] = spelled(token), gguf.TokenType.NORMAL
    for special, idx in tokenizer.special_tokens.items():
        names[idx], kinds[idx] = special, gguf.TokenType.CONTROL
    by_rank = sorted(tokenizer.merges.items(), key=lambda merge: merge[1])
    merges = [f"{spelled(tokenizer.vocab[a])} {spelled(tokenizer.vocab[b])}" for (a, b), _ in by_rank]

    path = Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:  # so that a file is replaced whole or not at all
        part = Path(folder, path.name)
        writer = gguf.GGUFWriter(part, "llama")
        writer.add_name(path.stem)
        writer.add_tokenizer_model("gpt2")  # byte-level BPE, whoever's
        writer.add_tokenizer_pre(pre_tokenizer)
        writer.add_token_list(names)
        writer.add_token_types(kinds)
        writer.add_token_merges(merges)
        for role, special in roles.tokens().items():
            getattr(writer, f"add_{role}_token_id")(tokenizer.special_tokens[special])
        writer.add_add_bos_token(False)
        writer.add_add_eos_token(False)
        if roles.chat_template is not None:
            writer.add_chat_template(roles.chat_template)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        part.replace(path)


def _json(data: object) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _check_roles(tokenizer: RegexTokenizer, roles: Roles) -> None:
    for role, token in roles.tokens().items():
        if token not in tokenizer.special_tokens:
            known = ", ".join(map(repr, tokenizer.special_tokens)) or "none"
            raise ValueError(f"{token!r}, for {role}, is not a special token of this tokenizer; there are: {known}")


def _check_no_overlap(special_tokens: Sequence[str] | dict[str, int]) -> None:
    for a in special_tokens:
        for b in special_tokens:
            if any(a.endswith(b[:n]) for n in range(1, min(len(a), len(b)))):
                raise ValueError(
                    f"the special tokens {a!r} and {b!r} can overlap, and then llama.cpp takes the longer one, not the "
                    "one that begins first. Rename one of them"
                )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns its exit code: 0, or 2 after an error."""
    description, _, notes = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m minbpe.export",
        description=description,
        epilog=notes,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help="a .model file, from minbpe.train or save()")
    add("path", metavar="PATH", help="the file to write; for huggingface a folder")
    add("--to", required=True, choices=["tiktoken", "huggingface", "gguf"], help="who is to read it")
    for role, what in (("bos", "begins a text"), ("eos", "ends a text"), ("pad", "fills up a batch")):
        add(f"--{role}", metavar="TOKEN", help=f"the special token that {what}; not for tiktoken")
    add("--chat-template", metavar="FILE", help="a Jinja template that makes a text of a chat; not for tiktoken")
    args = parser.parse_args(argv)
    try:
        _run(args)
    except (OSError, ValueError) as error:
        print(f"minbpe.export: error: {error}", file=sys.stderr)
        return 2
    return 0


def _run(args: argparse.Namespace) -> None:
    tokenizer = RegexTokenizer()
    tokenizer.load(args.model)
    template = None if args.chat_template is None else Path(args.chat_template).read_text(encoding="utf-8")
    roles = Roles(args.bos, args.eos, args.pad, template)
    if args.to == "huggingface":
        export_huggingface(tokenizer, args.path, roles)
        print(f"{args.path}: transformers.AutoTokenizer.from_pretrained({str(args.path)!r}) reads it")
    elif args.to == "gguf":
        export_gguf(tokenizer, args.path, roles)
        print(f"{args.path}: a vocabulary for llama.cpp, without a model")
    elif roles != Roles():
        raise ValueError("tiktoken knows neither --bos, --eos and --pad nor --chat-template")
    else:
        export_tiktoken(tokenizer, args.path)
        reader = f"tiktoken.load.load_tiktoken_bpe({args.path!r})"
        print(f"{args.path}: {reader} reads it; the pattern and the special tokens are in {args.path}.json")


if __name__ == "__main__":
    sys.exit(main())
