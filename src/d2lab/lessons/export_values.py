"""Numbers that a lesson's prose may name: kept by a code cell, written into the sentence when the page is made."""

from d2lab.core.errors import ConfigError

VALUES_MIME = "application/vnd.d2lab.values+json"


def keep(**values: float | int | str) -> None:
    """Keep values under names, for {value}`name` and {value}`name:.1%` in the prose of this lesson.

    Outside a notebook nothing happens; in one, nothing is shown.

    Args:
        values: a number or a word by name.

    Raises:
        ConfigError: a value is neither.
    """
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, float | int | str):
            raise ConfigError(f"keep({name}=...)", got=type(value).__name__, need="a number or a word", fix="float(x)?")
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        display({VALUES_MIME: values}, raw=True)  # type: ignore[no-untyped-call]
