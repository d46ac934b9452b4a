"""minbpe: byte-pair encoding, the way language models read text. The companion package of the course.

>>> from minbpe import BasicTokenizer, RegexTokenizer, GPT4Tokenizer
"""

from minbpe.base import Tokenizer, get_stats, merge, render_token
from minbpe.basic import BasicTokenizer
from minbpe.gpt4 import GPT4Tokenizer
from minbpe.regex import RegexTokenizer
from minbpe.streaming import StreamDecoder

__version__ = "0.1.0"

__all__ = [
    "BasicTokenizer",
    "GPT4Tokenizer",
    "RegexTokenizer",
    "StreamDecoder",
    "Tokenizer",
    "get_stats",
    "merge",
    "render_token",
]
