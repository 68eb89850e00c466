"""Pre-tokens: where a text may be cut before bytes are merged.

Source: Radford, Wu, Child, Luan, Amodei, Sutskever 2019, "Language models are unsupervised multitask learners",
    section 2.2: contractions; letters, digits or other characters, each with one space before them; white space.
"""

import re
import unicodedata
from functools import cache

SPACE = (
    r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # Unicode's; Python's \s has \x1c to \x1f too
)
LAST = 0x20000  # no number of Unicode's category N lies behind the first two planes


def pretokens(text: str) -> list[str]:
    """Return the pieces of a text, which joined give it back.

    >>> pretokens("I'm at 3rd place,  see?")
    ['I', "'m", ' at', ' 3', 'rd', ' place', ',', ' ', ' see', '?']
    """
    return _pattern().findall(text)


@cache
def _pattern() -> re.Pattern[str]:
    r"""Return GPT-2's pattern in the terms of `re`, which knows neither \p{L} nor \p{N}."""
    numbers = "".join(_ranges([c for c in range(LAST) if unicodedata.category(chr(c)) in {"Nd", "Nl", "No"}]))
    letters = rf"[^\W_{numbers}]"  # \w is letters, numbers and _
    other = rf"(?:[^\w{SPACE}]|_)"
    parts = ["'(?:s|t|re|ve|m|ll|d)", f" ?{letters}+", f" ?[{numbers}]+", f" ?{other}+"]
    return re.compile("|".join([*parts, f"[{SPACE}]+(?![^{SPACE}])", f"[{SPACE}]+"]))


def _ranges(points: list[int]) -> list[str]:
    """Return neighboring code points as ranges of a character class."""
    starts = [p for i, p in enumerate(points) if i == 0 or points[i - 1] != p - 1]
    ends = [p for i, p in enumerate(points) if i == len(points) - 1 or points[i + 1] != p + 1]
    return [f"{chr(first)}-{chr(last)}" for first, last in zip(starts, ends, strict=True)]
