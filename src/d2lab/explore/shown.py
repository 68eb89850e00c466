"""What is known of an explorer without running it."""

from dataclasses import dataclass

from d2lab.core.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An explorer.

    Args:
        name: of its page.
        element: that draws it.
        lesson: the label of the lesson that it belongs to.
        title: in both languages.
        tries: what to try, in both languages; sentences.
    """

    name: str
    element: str
    lesson: str
    title: dict[Language, str]
    tries: dict[Language, tuple[str, ...]]
