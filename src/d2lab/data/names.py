"""Many file names in one block of memory.

A million strings are a million objects, and each worker process that reads one changes its count of users, so that
its page is copied: the memory of a streamed set grows with every batch. Bytes and places in two arrays stay shared.
"""

import os
from collections.abc import Iterable

import numpy as np
from jaxtyping import Int64

from d2lab.core.errors import DataError


class Names:
    """Return names by their number; a name may hold whatever the system allows in one."""

    def __init__(self, names: Iterable[str]) -> None:
        block, ends = bytearray(), [0]
        for name in names:
            block += os.fsencode(name)
            ends.append(len(block))
        self._block = np.frombuffer(bytes(block), np.uint8)
        self._ends = np.array(ends, np.int64)
        self._rows = np.arange(len(ends) - 1, dtype=np.int64)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._rows)

    def __getitem__(self, number: int) -> str:
        """Return the name of this number.

        Raises:
            DataError: there is none.
        """
        if not 0 <= number < len(self):
            raise DataError("the number of a file", got=number, need=f"0 to {len(self) - 1}")
        row = self._rows[number]
        return os.fsdecode(self._block[self._ends[row] : self._ends[row + 1]].tobytes())

    def take(self, numbers: Int64[np.ndarray, " chosen"]) -> "Names":
        """Return some of the names, in this order; the block is shared."""
        chosen = object.__new__(Names)
        chosen._block, chosen._ends, chosen._rows = self._block, self._ends, self._rows[numbers]
        return chosen
