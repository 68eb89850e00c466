"""What machine, system and versions a number was measured on; its memory, and how long freed memory is kept."""

import ctypes
import hashlib
import os
import platform
import shutil
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import d2lab

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
MEBIBYTE = 1 << 20
VERSIONED = ("torch", "numpy", "scikit-learn", "matplotlib", "safetensors")


def describe_machine() -> dict[str, object]:
    """Describe this machine in plain values that fit a JSON file; nothing personal, no host name."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "processor": processor_name(),
        "cores": usable_cores(),
        "python": platform.python_version(),
        "d2lab": d2lab.__version__,
        "source": source_hash(),
        "libraries": {name: version_of(name) for name in VERSIONED},
    }


def version_of(package: str) -> str | None:
    """Return the installed version of a package, or None; does not import it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def usable_cores() -> int:
    """Count the cores that this process may use (a container or taskset may allow fewer than there are)."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """Name the processor as the system does, or its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def host_memory() -> tuple[int | None, int | None]:
    """Return the bytes of main memory, and how many of them are free for a new program; None where nobody says."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None, None
    meminfo = Path("/proc/meminfo")
    lines = meminfo.read_text().splitlines() if meminfo.exists() else []
    free = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
    return total, free


class _MemoryStatus(ctypes.Structure):
    """What GlobalMemoryStatusEx fills in. Source: Microsoft, sysinfoapi.h, MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("free", ctypes.c_uint64),
        ("others", ctypes.c_uint64 * 5),
    )


def _windows_memory() -> tuple[int | None, int | None]:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    answered = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return (status.total, status.free) if answered else (None, None)


def configure_malloc() -> bool:
    """Ask malloc to keep up to half a gigabyte of freed memory for the next step; tell whether it agreed.

    glibc gives every block above 128 KB back to the kernel when it is freed, so each step of a training loop pays for
    fresh, zeroed pages again: about a quarter of the step of a small convolutional model. Raising two limits of malloc
    keeps the pages. Elsewhere (macOS, Windows, musl) nothing is done and nothing is needed.

    Source: mallopt(3), Linux man-pages.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    limits = {M_MMAP_THRESHOLD: 32 * MEBIBYTE, M_TRIM_THRESHOLD: 512 * MEBIBYTE, M_TOP_PAD: 64 * MEBIBYTE}
    return all(mallopt(option, value) == 1 for option, value in limits.items())


def cpp_compiler() -> str | None:
    """Name the C++ compiler that torch.compile would find on this machine, or None.

    That is the one named by the environment variable CXX, else g++, clang++ on macOS, cl on Windows: torch asks for no
    other, even where another is there.
    """
    usual = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    name = os.environ.get("CXX") or usual
    return name if shutil.which(name) or shutil.which(name.split()[0]) else None  # "ccache g++" is a name, too


@cache
def source_hash() -> str:
    """Hash the package's own source, so that a record tells which code made it (first 16 hex digits)."""
    root = Path(d2lab.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]
