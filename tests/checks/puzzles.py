"""The Parsons problems of the exercises, each with one of its wrong lines taken, and what is said of it."""

TOP_PAIR = """
def top_pair(stats):
    best = None
    for pair, count in stats.items():
        if best is None or count > stats[best]:
            best = pair
    return best
"""
BYTES_PER_CHAR = """
def bytes_per_char(text):
    sizes = []
    for character in text:
        data = character.encode("utf-8")
        sizes.append(len(data))
    return sizes
"""
TRAIN = """
def train(text, vocab_size):
    ids = list(text.encode("utf-8"))
    merges = {}
    for idx in range(256, vocab_size):
        stats = get_stats(ids)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        ids = merge(ids, pair, idx)
        merges[pair] = idx
    return merges
"""
ENCODE = """
def encode(text, merges):
    ids = list(text.encode("utf-8"))
    while len(ids) > 1:
        pair = min(get_stats(ids), key=lambda pair: merges.get(pair, math.inf))
        if pair not in merges:
            break
        ids = merge(ids, pair, merges[pair])
    return ids
"""
TRAIN_CHUNKS = """
def train_chunks(chunks, vocab_size):
    rows = [list(chunk.encode("utf-8")) for chunk in chunks]
    merges = {}
    for idx in range(256, vocab_size):
        stats = {}
        for row in rows:
            get_stats(row, stats)
        if not stats:
            break
        pair = max(stats, key=stats.get)
        rows = [merge(row, pair, idx) for row in rows]
        merges[pair] = idx
    return merges
"""
DECODE_SPECIAL = """
def decode_special(ids, vocab, special_tokens):
    names = {idx: name.encode("utf-8") for name, idx in special_tokens.items()}
    parts = []
    for idx in ids:
        if idx in vocab:
            parts.append(vocab[idx])
        elif idx in names:
            parts.append(names[idx])
        else:
            raise ValueError(f"no token has the id {idx}")
    return b"".join(parts).decode("utf-8", errors="replace")
"""
SPLIT_TOKEN = """
def split_token(ranks, token):
    pieces = [bytes([byte]) for byte in token]
    while len(pieces) > 2:
        joined = [left + right for left, right in pairwise(pieces)]
        place = min(range(len(joined)), key=lambda i: ranks.get(joined[i], math.inf))
        pieces[place : place + 2] = [joined[place]]
    return tuple(pieces)
"""
COUNT_CHUNKS = """
def count_chunks(texts, pattern):
    counts = {}
    for text in texts:
        for chunk in regex.findall(pattern, text):
            counts[chunk] = counts.get(chunk, 0) + 1
    return counts
"""
LANGUAGE_PREMIUM = """
def language_premium(encode, parallel, base="en"):
    tokens = {}
    for code, sentences in parallel.items():
        tokens[code] = sum(len(encode(sentence)) for sentence in sentences)
    return {code: tokens[code] / tokens[base] for code in tokens}
"""


def _taken(program: str, right: str, wrong: str) -> str:
    assert program.count(right) == 1
    return program.replace(right, wrong)


PUZZLES = [
    (name, _taken(program, right, wrong), diagnosis)
    for name, program, right, wrong, diagnosis in [
        ("bytes_per_char", BYTES_PER_CHAR, "= character.encode", "= text.encode", "the whole text each time"),
        ("bytes_per_char", BYTES_PER_CHAR, "append(len(data))", "append(1)", "every character is one byte"),
        ("top_pair", TOP_PAIR, "best = pair", "best = count", "the count is kept"),
        ("top_pair", TOP_PAIR, "in stats.items()", "in stats", "each pair is taken apart"),
        ("top_pair", TOP_PAIR, "count > stats", "count >= stats", "the last of equals"),
        ("train", TRAIN, "256, vocab_size", "256, 256 + vocab_size", "vocab size is the number of merges"),
        ("train", TRAIN, "get_stats(ids)", "get_stats(list(text.encode()))", "the merged ids are dropped"),
        ("encode", ENCODE, "min(get_stats(ids), key=lambda pair: merges.get(pair, math.inf))",
         "max(get_stats(ids), key=get_stats(ids).get)", "the most frequent pair or nothing"),
        ("encode", ENCODE, "min(get_stats(ids), key=lambda pair: merges.get(pair, math.inf))",
         "max(get_stats(ids), key=lambda pair: merges.get(pair, -1))", "latest merge first"),
        ("encode", ENCODE, "while len(ids) > 1", "while ids", "one id has a pair"),
        ("train_chunks", TRAIN_CHUNKS, '[list(chunk.encode("utf-8")) for chunk in chunks]',
         '[list("".join(chunks).encode("utf-8"))]', "chunks are joined"),
        ("train_chunks", TRAIN_CHUNKS, "get_stats(row, stats)", "stats = get_stats(row)", "counts of the last chunk"),
        ("decode_special", DECODE_SPECIAL, "elif idx in names", "elif idx in special_tokens", "the wrong way round"),
        ("decode_special", DECODE_SPECIAL, 'b"".join(parts).decode("utf-8", errors="replace")',
         '"".join(part.decode("utf-8", errors="replace") for part in parts)', "ids one by one"),
        ("split_token", SPLIT_TOKEN, "min(range(len(joined)), key=lambda i: ranks.get(joined[i], math.inf))",
         "joined.index(max(joined, key=len))", "the last byte is cut off"),
        ("split_token", SPLIT_TOKEN, "len(pieces) > 2", "len(pieces) > 1", "merged to the end"),
        ("split_token", SPLIT_TOKEN, "return tuple(pieces)", "return pieces", "wrong type"),
        ("count_chunks", COUNT_CHUNKS, "counts[chunk] = counts.get(chunk, 0) + 1", "counts[chunk] = 1",
         "every count is one"),
        ("count_chunks", COUNT_CHUNKS, "regex.findall(pattern, text)", "text.split()", "split at white space"),
        ("count_chunks", COUNT_CHUNKS, "for text in texts:", 'for text in ["".join(texts)]:', "texts are joined"),
        ("language_premium", LANGUAGE_PREMIUM, "tokens[code] / tokens[base]", "tokens[base] / tokens[code]",
         "base over language"),
        ("language_premium", LANGUAGE_PREMIUM, "/ tokens[base]", '/ tokens["en"]', "always english"),
        ("language_premium", LANGUAGE_PREMIUM, "sum(len(encode(sentence)) for sentence in sentences)",
         'len(encode("".join(sentences)))', "sentences are joined"),
    ]
]  # fmt: skip
