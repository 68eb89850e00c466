"""Claims about queues and copies: what their checks measure, against back ends and transfers of known time."""

import threading
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_queues as queues
from d2lab.core.timing import time_interleaved

QUEUED = "operations-are-queued-and-python-goes-on"
ACROSS = "copying-between-processor-and-gpu-often-is-slow"
PIECES = "few-large-transfers-beat-many-small-ones"


class Clock:
    """Time that passes only by sleeping, and a thread that sleeps in it: what it is given is done in turn."""

    def __init__(self, workers=1):
        self.now = self.done = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, sleep, seconds):
        done = self.done = max(self.now, self.done) + seconds

        def result():
            self.now = max(self.now, done)

        return SimpleNamespace(result=result)


def evidence_of(name, **sizes):
    return find_claim(name).run(**sizes)[0]


def test_the_processor_computes_first_and_a_thread_is_only_given_the_work():
    assert queues.returned_share(torch.device("cpu")) > 0.5
    assert queues.issued_share() < 0.5


@pytest.mark.parametrize(
    ("processor", "thread", "others", "verdict"),
    [
        (0.99, 0.01, [], "depends on hardware"),
        (0.99, 0.01, [0.02, 0.03], "depends on hardware"),
        (0.99, 0.01, [0.02, 0.97], "does not hold"),
        (0.99, 0.99, [], "does not hold"),
        (0.02, 0.01, [0.02], "holds"),
    ],
)
def test_the_verdict_on_asynchronous_calls_follows_from_the_shares(monkeypatch, processor, thread, others, verdict):
    shares = {f"cuda:{number}": share for number, share in enumerate(others)} | {"cpu": processor}
    monkeypatch.setattr(queues, "accelerators", lambda: [torch.device("cuda", k) for k in range(len(others))])
    monkeypatch.setattr(queues, "returned_share", lambda device: shares[str(device)])
    monkeypatch.setattr(queues, "issued_share", lambda: thread)
    found = evidence_of(QUEUED)
    assert found.verdict == verdict
    assert found.value["early"] == sum(share < 0.5 for share in others)


def test_the_back_end_hides_the_front_end_where_its_work_is_longer():
    found = evidence_of("front-and-back-end-work-at-once", draws=30, operations=1000)
    assert found.verdict == "holds in scope"
    assert 1 < found.value["large"] < 1.1 < found.value["small"]
    assert 0 < found.value["cases"] < 30


def test_a_model_in_which_nothing_is_hidden_fails(monkeypatch):
    in_turn = queues.run_queue
    monkeypatch.setattr(
        queues, "run_queue", lambda *times, waits, read_s: in_turn(*times, waits=range(50), read_s=read_s)
    )
    assert evidence_of("front-and-back-end-work-at-once", draws=20, operations=50).verdict == "does not hold"


def test_transfers_bring_all_bytes(monkeypatch, tmp_path):
    monkeypatch.setattr(queues, "SIZE", 1 << 14)
    sent = []
    take = queues.socket.socket.recv_into

    def taken(connection, buffer):
        count = take(connection, buffer)
        sent.append(bytes(buffer[:count]))
        return count

    monkeypatch.setattr(queues.socket.socket, "recv_into", taken, raising=False)
    monkeypatch.setattr(queues.os, "urandom", lambda count: bytes(range(256)) * (count // 256))
    with queues.socket_transfer() as transfer:
        for piece in (1 << 14, 1 << 10):
            transfer(piece)()
    assert b"".join(sent) == 2 * bytes(range(256)) * 64
    file = tmp_path / "written"
    monkeypatch.setattr(queues.tempfile, "TemporaryFile", lambda buffering: file.open("w+b", buffering=buffering))
    with queues.file_transfer() as transfer:
        transfer(1 << 10)()
    assert file.read_bytes() == bytes(range(256)) * 64
    assert [len(piece) for piece in queues.pieces_of(1 << 10)] == [1 << 10] * 16


def test_memory_is_copied_whole_in_pieces(monkeypatch):
    monkeypatch.setattr(queues, "SIZE", 1 << 12)
    act = queues.memory_transfer(1 << 10)
    pieces = next(cell.cell_contents for cell in act.__closure__)
    act()
    assert len(pieces) == 4
    assert all(there.numel() == 1 << 10 and (there == 1).all() for there, _ in pieces)


def test_a_transfer_whose_pieces_are_slow_is_found_slower(monkeypatch):
    slow = {queues.SIZE: 0.002, queues.PIECE: 0.02}
    clock = Clock()
    monkeypatch.setattr(queues, "time_interleaved", partial(time_interleaved, clock=clock))
    assert queues.slower_in_pieces(lambda piece: lambda: clock.sleep(slow[piece]), rounds=5) == pytest.approx(10)


@pytest.mark.parametrize(("ratios", "verdict"), [([9, 5, 2], "holds in scope"), ([9, 5, 1.2], "does not hold")])
def test_every_way_must_be_slower_in_pieces(monkeypatch, ratios, verdict):
    given = iter(ratios)
    monkeypatch.setattr(queues, "slower_in_pieces", lambda _: next(given))
    found = evidence_of(PIECES)
    assert (found.verdict, found.value["least"]) == (verdict, min(ratios))


def test_waiting_for_every_result_adds_the_lanes(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(queues, "time_interleaved", partial(time_interleaved, clock=clock))
    monkeypatch.setattr(queues, "time", clock)
    monkeypatch.setattr(queues, "ThreadPoolExecutor", lambda _: clock)
    # 20 operations of 1 ms and 2 ms: in turn 60 ms, in two lanes 20 x 2 ms and the first issue
    assert queues.slower_when_waiting() == pytest.approx(60 / 41)


@pytest.mark.parametrize(
    ("found", "verdict"), [([], "not decided"), ([30.0], "holds in scope"), ([30.0, 1.1], "depends on hardware")]
)
def test_copies_to_an_accelerator_are_not_decided_without_one(monkeypatch, found, verdict):
    given = iter([*found, 7.0])
    monkeypatch.setattr(queues, "accelerators", lambda: [torch.device("cuda", k) for k in range(len(found))])
    monkeypatch.setattr(queues, "slower_across", lambda _: next(given))
    monkeypatch.setattr(queues, "slower_when_waiting", lambda: 1.5)
    told = evidence_of(ACROSS)
    assert (told.verdict, told.value["within"], told.value["accelerators"]) == (verdict, 7.0, len(found))


def test_small_copies_within_memory_are_slower():
    assert queues.slower_across(torch.device("cpu")) > 1.5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]
