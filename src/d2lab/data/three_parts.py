"""Sets whose publisher set apart a part for validation too."""

from dataclasses import dataclass

from d2lab.data.split import Dataset, Split


@dataclass(frozen=True, eq=False)
class ThreeParts(Dataset):
    """A set with a validation part of its own, which is read where validation is asked for and otherwise left alone.

    Args:
        valid: what settings are chosen by.
    """

    valid: Split
