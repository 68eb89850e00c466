"""Streamed mini-batches are those held in memory, whoever reads them."""

import multiprocessing
import pickle
import signal

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from d2lab.core.errors import ConfigError
from d2lab.data import stream as stream_module
from d2lab.data.batches import Batches
from d2lab.data.split import Split
from d2lab.data.stream import MappedArrays, StreamedBatches

CPU = torch.device("cpu")


@pytest.fixture
def arrays():
    numbers = np.random.default_rng(0)
    return numbers.integers(0, 256, (53, 1, 4, 4), dtype=np.uint8), numbers.integers(0, 10, 53)


@pytest.fixture
def mapped(arrays, tmp_path):
    """The same arrays in files."""
    for name, array in zip(("inputs", "targets"), arrays, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    return [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("inputs", "targets")]


def held(arrays, **settings):
    return Batches(Split(*map(torch.from_numpy, arrays)), batch_size=8, seed=5, device=CPU, **settings)


def streamed(arrays, **settings):
    return StreamedBatches(MappedArrays(*arrays), batch_size=8, seed=5, device=CPU, **settings)


def assert_same_batches(mine, theirs, epoch=0, start=0):
    pairs = zip(mine.epoch(epoch, start=start), theirs.epoch(epoch, start=start), strict=True)
    count = 0
    for (inputs, targets), (other_inputs, other_targets) in pairs:
        assert torch.equal(inputs, other_inputs)
        assert torch.equal(targets, other_targets)
        assert inputs.dtype == other_inputs.dtype
        count += 1
    assert count == mine.steps - start


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("epoch", "start"), [(0, 0), (3, 0), (3, 4)])
def test_mapped_files_give_the_batches_held_in_memory(arrays, mapped, drop_last, epoch, start):
    settings = {"drop_last": drop_last}
    assert_same_batches(streamed(mapped, **settings), held(arrays, **settings), epoch, start)


@pytest.mark.slow
@pytest.mark.parametrize("method", sorted(multiprocessing.get_all_start_methods()))
def test_two_workers_give_the_same_batches_however_they_are_started(arrays, mapped, method, monkeypatch):
    def loader(*args, **kwargs):
        return DataLoader(*args, multiprocessing_context=method, **kwargs)

    monkeypatch.setattr(stream_module, "DataLoader", loader)
    assert_same_batches(streamed(mapped, workers=2), held(arrays), epoch=1, start=2)


def test_a_started_worker_opens_the_file_again_instead_of_being_sent_it(tmp_path):
    np.save(tmp_path / "large.npy", np.arange(100_000.0))
    large = np.load(tmp_path / "large.npy", mmap_mode="r")
    sent = pickle.dumps(MappedArrays(large, large))
    assert len(sent) < 2000
    again = pickle.loads(sent)  # noqa: S301
    assert isinstance(again.inputs, np.memmap)
    assert np.array_equal(again.inputs, large)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mapped_file_of_either_order_and_any_offset_is_opened_as_it_was(tmp_path, order):
    raw = np.memmap(tmp_path / "raw", dtype=np.int32, mode="w+", shape=(4, 6), offset=12, order=order)
    raw[:] = np.arange(24).reshape(4, 6)
    raw.flush()
    again = pickle.loads(pickle.dumps(MappedArrays(raw, raw)))  # noqa: S301
    assert np.array_equal(again.inputs, raw)


def test_a_part_of_a_mapped_file_is_sent_as_the_part_it_is(mapped):
    part = MappedArrays(mapped[0][10:20], mapped[1][10:20])
    again = pickle.loads(pickle.dumps(part))  # noqa: S301
    assert np.array_equal(again.inputs, mapped[0][10:20])


def test_reading_leaves_torchs_own_generator_alone(mapped):
    before = torch.get_rng_state()
    list(streamed(mapped).epoch(0))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_worker_leaves_ctrl_c_to_the_process_that_trains():
    before = signal.getsignal(signal.SIGINT)
    try:
        stream_module._ignore_ctrl_c(0)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_read_can_be_written_to(mapped):
    inputs, _ = next(streamed(mapped).epoch(0))
    inputs.zero_()
    assert mapped[0].any()


def test_one_batch_is_read_by_one_call(arrays):
    calls = []

    class Source(MappedArrays):
        def __getitems__(self, indices):
            calls.append(len(indices))
            return super().__getitems__(indices)

    list(StreamedBatches(Source(*arrays), batch_size=8, seed=5, device=CPU).epoch(0))
    assert calls == [8] * 6 + [5]


def test_bad_sources_and_workers_are_refused(arrays):
    with pytest.raises(ConfigError, match=r"targets: got 52, need 53, one for each input\."):
        MappedArrays(arrays[0], arrays[1][:-1])
    with pytest.raises(ConfigError, match=r"workers: got -1, need 0 or more\."):
        streamed(arrays, workers=-1)
    with pytest.raises(ConfigError, match=r"batch_size: got 100, need at most 53"):
        StreamedBatches(MappedArrays(*arrays), batch_size=100, seed=0, device=CPU, drop_last=True)
