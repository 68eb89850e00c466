"""Keep the memory of one training step for the next one.

glibc gives every block above 128 KB back to the kernel when it is freed, so each step of a training loop pays
for fresh, zeroed pages again: about a quarter of the step of a small convolutional model. Raising two limits of
malloc keeps the pages. Elsewhere (macOS, Windows, musl) nothing is done and nothing is needed.

Source: mallopt(3), Linux man-pages.
"""

import ctypes
import platform

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
MEBIBYTE = 1 << 20


def configure_malloc() -> bool:
    """Ask malloc to keep up to half a gigabyte of freed memory; tell whether it agreed."""
    if platform.libc_ver()[0] != "glibc":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    limits = {M_MMAP_THRESHOLD: 32 * MEBIBYTE, M_TRIM_THRESHOLD: 512 * MEBIBYTE, M_TOP_PAD: 64 * MEBIBYTE}
    return all(mallopt(option, value) == 1 for option, value in limits.items())
