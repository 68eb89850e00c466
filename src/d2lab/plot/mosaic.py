"""Many small images as one."""

import numpy as np
from numpy.typing import NDArray


def mosaic(units: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Lay units into a grid; NaN, which is drawn as nothing, parts the channels by one gap and the units by two."""
    count, channels, height, width = units.shape
    gap = max(1, max(height, width) // 10)
    between = gap if channels == 1 else 2 * gap
    wide = channels * width + (channels - 1) * gap
    tiled = np.full((rows * (height + between) - between, columns * (wide + between) - between), np.nan)
    for number in range(count):
        top, left = (number // columns) * (height + between), (number % columns) * (wide + between)
        for channel in range(channels):
            start = left + channel * (width + gap)
            tiled[top : top + height, start : start + width] = units[number, channel]
    return tiled
