"""Renews minbpe/unicode_classes.txt from the installed tiktoken: python tools/unicode_classes.py"""

from itertools import pairwise

import tiktoken

from minbpe.patterns import CLASSES, CLASSES_FILE


def read_classes_off_tiktoken() -> str:
    """What unicode_classes.txt should say: which code points tiktoken, as installed, takes for which class."""
    every = "".join(chr(code_point) for code_point in range(0x110000) if not 0xD800 <= code_point <= 0xDFFF)
    single_bytes = {bytes([byte]): byte for byte in range(256)}
    lines = ["# Classes of characters, first and last code point, as tiktoken has them; see patterns.py"]
    for name in CLASSES:
        probe = tiktoken.Encoding(
            "probe",
            pat_str=r"\s" if name == "s" else rf"\p{{{name}}}",
            mergeable_ranks=single_bytes,
            special_tokens={},
        )
        found = [ord(character) for character in probe.decode(probe.encode_ordinary(every))]
        starts = [found[0]] + [b for a, b in pairwise(found) if b != a + 1]
        ends = [a for a, b in pairwise(found) if b != a + 1] + [found[-1]]
        lines += [f"{name} {start:04x} {end:04x}" for start, end in zip(starts, ends, strict=True)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    CLASSES_FILE.write_text(read_classes_off_tiktoken(), encoding="utf-8", newline="\n")
    print(f"{CLASSES_FILE.name} renewed from tiktoken {tiktoken.__version__}")
