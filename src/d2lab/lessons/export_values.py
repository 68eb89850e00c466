"""Values exported by a code cell and inserted into the prose when the page is rendered."""

from d2lab.core.errors import ConfigError

VALUES_MIME = "application/vnd.d2lab.values+json"


def keep(**values: float | int | str) -> None:
    """Export values for {value}`name` and {value}`name:.1%` in the prose of this lesson.

    Nothing is displayed; outside a notebook the call has no effect.

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
