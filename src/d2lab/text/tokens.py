"""Units of a text: characters, words, bytes.

A language model counts in its units, so two perplexities compare only where the units are the same; bits per byte
compare always (`d2lab.text.likelihood`).
"""

import re
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int64, Integer, UInt8
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # written without spaces: a character is a word
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['\u2019-][^\W_{HAN}]+)*|[^\w\s]|_")
_NOT_LETTERS = re.compile(r"[^A-Za-z]+")


def keep_letters(text: str) -> str:
    """Return the text in lower case, with each run of anything but the letters a to z made one space.

    Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.2 (its line breaks go, too).

    >>> keep_letters("The Time-Machine, by H. G. Wells [1898]")
    'the time machine by h g wells'
    """
    return _NOT_LETTERS.sub(" ", text).strip().lower()


def characters(text: str) -> list[str]:
    """Return the characters (Unicode code points) of a text, in order.

    >>> characters("a 词")
    ['a', ' ', '词']
    """
    return list(text)


def words(text: str) -> list[str]:
    """Return the words and the punctuation marks of a text, in order; a Chinese character counts as a word.

    Case is kept, and apostrophes and hyphens within a word stay in it.

    >>> words("It isn't 3-D, 是吗？")
    ['It', "isn't", '3-D', ',', '是', '吗', '？']
    """
    return _WORD.findall(text)


def to_bytes(text: str) -> UInt8[Tensor, " bytes"]:
    """Return the bytes of a text in UTF-8.

    Raises:
        DataError: the text holds half of a surrogate pair, which UTF-8 cannot write.
    """
    try:
        return torch.from_numpy(np.frombuffer(bytearray(text.encode("utf-8")), np.uint8))
    except UnicodeEncodeError as cause:
        raise DataError(
            "the text", got=text[cause.start : cause.end], need="characters that UTF-8 can write"
        ) from cause


def from_bytes(values: Integer[Tensor, " bytes"]) -> str:
    """Return the text of these bytes; what is no UTF-8, such as the half of a character, becomes U+FFFD.

    Raises:
        ConfigError: a value is no byte.
    """
    if values.numel() and (int(values.min()) < 0 or int(values.max()) > 255):
        raise ConfigError("a byte", got=f"{int(values.min())} to {int(values.max())}", need="0 to 255")
    return bytes(values.to(torch.uint8).cpu().numpy()).decode("utf-8", errors="replace")


def listed_ids(ids: Integer[Tensor, " tokens"] | Sequence[int], count: int) -> list[int]:
    """Return the numbers of tokens as a list, for a vocabulary of `count`.

    Raises:
        ConfigError: a number has no token.
    """
    numbers = ids.tolist() if isinstance(ids, Tensor) else list(ids)
    outside = [number for number in numbers if not 0 <= number < count]
    if outside:
        raise ConfigError("the number of a token", got=outside[0], need=f"0 to {count - 1}")
    return numbers


def code_points(text: str) -> Int64[np.ndarray, " characters"]:
    """Return the Unicode number of each character, as one array.

    Source: The Unicode Consortium 2023, "The Unicode Standard", section 3.9 (UTF-32).
    """
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
