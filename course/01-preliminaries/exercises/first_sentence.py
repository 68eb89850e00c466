from d2lab.exercises import exercise


@exercise(
    "looking-things-up",
    order=2,
    zh="说明的第一句",
    en="The first sentence",
    arguments=lambda draw: (
        draw.choice(
            ("Adds. More.\n\nArgs:", "\n    Multiply two.\n    Twice.", "No dot here\n\nmore", "One. Two. Three.")
        ),
    ),
)
def first_sentence(text: str) -> str:
    """Return the first sentence of a description: up to the first dot (included) or the end of its first line.

    给出说明的第一句：到第一个句点（含）为止，没有句点就到第一行末尾；前后的空白不算。

    Args:
        text: a docstring.

    >>> first_sentence("  Draw. Then save.")
    'Draw.'
    """
    raise NotImplementedError


@first_sentence.solution(
    en="Take the first line, then look for a dot.",
    zh="先取第一行，再看有没有句点。",
)
def first_sentence(text):
    line = text.strip().splitlines()[0]
    head, dot, _ = line.partition(".")
    return head + dot


@first_sentence.mistake(en="The dot is missing.", zh="漏了句点。")
def without_dot(text):
    return text.strip().splitlines()[0].split(".")[0]


@first_sentence.mistake(en="The whole first line came back.", zh="返回了整个第一行。")
def first_line(text):
    return text.strip().splitlines()[0]


@first_sentence.mistake(en="Blanks in front were left.", zh="前面的空白没有去掉。")
def not_stripped(text):
    head, dot, _ = text.partition("\n\n")[0].partition(".")
    return head + ("." if dot or "." in text else "")


@first_sentence.mistake(en="The last sentence came back.", zh="返回的是最后一句。")
def last_sentence(text):
    return text.strip().splitlines()[-1]
