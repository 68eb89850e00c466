"""A FIFO, a device or a folder where a data file should be: refused in a line, never waited for."""

import os
import sys
from pathlib import Path

import pytest

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.archive import unpack
from d2lab.data.idx import map_idx, read_idx
from d2lab.data.kaggle import read_labels
from d2lab.data.pickled import read_pickled
from d2lab.experiments.config_file import read_config
from d2lab.pretrained.weights import read_weights
from d2lab.recipes.catalog import find_file

READERS = {
    "labels": read_labels,
    "idx": lambda path: read_idx(path, limit_bytes=1000),
    "mapped idx": map_idx,
    "pickled": lambda path: read_pickled(path, limit_bytes=1000),
    "archive": lambda path: unpack(path, path.with_name("out"), limit_bytes=1000, limit_files=9),
    "weights": read_weights,
    "recipe": find_file,
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs among its files")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["FIFO", "device", "folder"])
def test_it_is_refused_in_a_line(reader, kind, tmp_path):
    path = tmp_path / "file"
    {"FIFO": lambda: os.mkfifo(path), "device": lambda: path.symlink_to("/dev/zero"), "folder": path.mkdir}[kind]()
    with pytest.raises((DataError, ConfigError)) as caught:
        READERS[reader](path)
    assert "\n" not in str(caught.value)
    assert kind in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/zero")
def test_settings_are_read_no_further_than_their_limit():
    with pytest.raises(ConfigError, match="over 1 MB"):
        read_config(Path("/dev/zero"))
