"""Chapter 19: from a text to numbers."""

from collections import Counter

from jaxtyping import Int64
from torch import Tensor

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.catalog import at_hand, load
from d2lab.data.texts import text_of

KINDS = 28  # letters, space and the unknown token


def letters() -> tuple[Int64[Tensor, " time"], Int64[Tensor, " later"]]:
    """Return the letters of the course's English prose as numbers: to train on, and held out."""
    parts = load("notes-en")
    train, test = (text.keep_letters(text_of(part)) for part in (parts.train, parts.test))
    known = text.Vocabulary(train)
    return known.encode(train), known.encode(test)


@claim(
    chapter=19,
    kind="definition",
    en="The Time Machine, letters alone and in lower case, has 3,221 lines, 32,775 words, 170,580 characters and 28 "
    "kinds of tokens.",
    zh="《时光机器》只留字母、转成小写之后，共 3221 行、32775 个词、170580 个字符，词元有 28 种。",
    scope="the file that the book reads; lines are joined without a space; the unknown token counts as a kind",
    scope_zh="以书中所用的文件为准；行与行直接相连，中间不加空格；未知词元也算一种",
    covers=("about 30,000 words",),
)
def time_machine_has_28_kinds_of_characters() -> Evidence:
    name = at_hand("time-machine", "notes-en")
    parts = load(name, fetch=False)
    lines = [text.keep_letters(line) for line in (text_of(parts.train) + text_of(parts.test)).splitlines()]
    letters, words = "".join(lines), [word for line in lines for word in line.split()]
    counts = (len(lines), len(words), len(letters), len(text.Vocabulary(letters)))
    right = counts == (3_221, 32_775, 170_580, 28)
    return Evidence(
        value=dict(zip(("lines", "words", "characters", "kinds"), counts, strict=True)),
        bound="3,221 lines, 32,775 words, 170,580 characters, 28 kinds",
        bound_zh="3221 行、32775 个词、170580 个字符、28 种词元",
        verdict=("holds in scope" if right else "does not hold") if name == "time-machine" else "not checkable",
        n=counts[2],
        data=name,
        stand_in=name != "time-machine",
        why_en=f"Counted in {name}: {{lines:,}} lines, {{words:,}} words, {{characters:,}} characters; the kinds are "
        "26 letters, the space and the unknown token, {kinds} in all. The statement is about the Time Machine.",
        why_zh=f"在 {name} 中数得 {{lines}} 行、{{words}} 个词、{{characters}} 个字符；26 个字母、空格再加未知词元，"
        "共 {kinds} 种。论断说的是《时光机器》。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="A vocabulary by frequency turns a text into numbers and back: the commonest tokens get the smallest numbers, "
    "what is rare or unseen gets 0.",
    zh="按频率建立词表，文本可以变成数字，也能变回来：越常见的词元编号越小，罕见的和没见过的一律为 0。",
    covers=("read, split into tokens, count, map to numbers",),
)
def texts_become_numbers_and_come_back() -> Evidence:
    lost, disorder, strangers, tokens = 0, 0, 0, 0
    for name in ("notes-en", "notes-zh"):
        words = text.words(text_of(load(name).train))
        for least in (1, 5):
            known = text.Vocabulary(words, min_count=least)
            ids = known.encode(words)
            counts = Counter(words)
            back = known.decode(ids)
            lost += sum(a != b for a, b in zip(words, back, strict=True) if a in known)
            strangers += sum(a != text.UNKNOWN for w, a in zip(words, back, strict=True) if w not in known)
            strangers += int(known.encode(["xylophone"])[0]) + abs(
                sum(n >= least for n in counts.values()) + 1 - len(known)
            )
            seen = ids.bincount(minlength=len(known))[1:]
            disorder += int((seen.diff() > 0).sum()) + int((seen < least).sum())
            tokens += len(words)
    return Evidence(
        value={"wrong": lost + disorder + strangers, "lost": lost, "disorder": disorder, "strangers": strangers},
        bound="0 tokens that come back as others, stand in the wrong order or have a number though they are unknown",
        bound_zh="变回别的词元、次序有误、未知却有编号的，各为 0 个",
        verdict="holds" if lost == disorder == strangers == 0 else "does not hold",
        n=tokens,
        data="notes-en, notes-zh",
        why_en="Of the words of both texts {lost} came back as others; only words below the least count are lost, as "
        "the one unknown token. What is not in the vocabulary can't be told apart any more.",
        why_zh="两种语言的文本中，有 {lost} 个词变回来时成了别的词；丢失的只有低于最小频数的词，它们同归于一个未知词"
        "元，从此再也分不开。",
    )
