"""A streamed folder of pictures takes no more memory when it grows."""

import sys
from pathlib import Path

import pytest

psutil = pytest.importorskip("psutil")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="its processes tell their memory differently")
def test_memory_stays_flat_while_a_folder_grows_sixteenfold(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[1]))
    from benchmarks.folder.__main__ import grow

    small, large = grow(240, side=224, workers=1, growth=(1, 16))  # four batches: fewer never fill the read-ahead
    assert (small["images"], large["images"]) == (240, 3840)
    name = "pss" if "pss" in small else "rss"
    assert large[name] - small[name] < 130  # MiB; held in memory, 3,600 more pictures would take 516
