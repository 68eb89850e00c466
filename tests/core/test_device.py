"""Devices by name, where a model lives, and the word when a batch lives elsewhere. A second device is torch's meta."""

import ctypes
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from d2lab.core import device, device_card, machine
from d2lab.core.device import devices, numbered, require_same_device, synchronize, where
from d2lab.core.device_card import DeviceCard, describe_device
from d2lab.core.errors import ConfigError
from d2lab.core.machine import host_memory

CPU, META = torch.device("cpu"), torch.device("meta")


def test_every_device_is_listed_by_number_and_the_processor_last(monkeypatch):
    assert devices()[-1] == CPU
    monkeypatch.setattr(device, "available_devices", lambda: ("cuda", "mps", "cpu"))
    monkeypatch.setattr(torch, "get_device_module", lambda kind: SimpleNamespace(device_count=lambda: 2))
    assert [str(d) for d in devices()] == ["cuda:0", "cuda:1", "mps", "cpu"]


def test_one_device_has_one_name(monkeypatch):
    monkeypatch.setattr(torch, "get_device_module", lambda kind: SimpleNamespace(current_device=lambda: 1))
    assert numbered(torch.device("cuda")) == torch.device("cuda:1")
    assert numbered(torch.device("cuda:0")) == torch.device("cuda:0")
    assert numbered(torch.device("cpu:0")) == CPU
    assert numbered(torch.device("mps:0")) == torch.device("mps")


def test_only_an_accelerator_is_waited_for(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.accelerator, "synchronize", waited.append)
    for name in ("cpu", "meta", "cuda:1"):
        synchronize(torch.device(name))
    assert waited == [torch.device("cuda:1")]


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight
        self.register_buffer("count", torch.zeros(2, dtype=torch.int64))


def test_a_net_says_where_its_tensors_live_and_what_they_weigh():
    found = where(Tied())
    assert [(s.device, s.dtype, s.tensors, s.bytes) for s in found] == [
        (CPU, torch.float32, 1, 64),
        (CPU, torch.int64, 1, 16),
    ]
    split = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, device="meta").half())
    assert {(str(s.device), s.dtype, s.bytes) for s in where(split)} == {
        ("cpu", torch.float32, 32),
        ("meta", torch.float16, 6),
    }
    assert where(nn.ReLU()) == ()


def test_a_batch_that_lives_elsewhere_is_refused_with_what_to_do():
    model = nn.Linear(3, 2)
    require_same_device(model, torch.zeros(1, 3), CPU, torch.device("cpu:0"))
    with pytest.raises(ConfigError) as caught:
        require_same_device(model, torch.zeros(1, 3), torch.zeros(1, 3, device="meta"))
    assert str(caught.value) == (
        "the batch's device: got 'meta', need cpu, where the model is. Move it: batch.to('cpu'), or the model to meta."
    )
    with pytest.raises(ConfigError, match="the batch's device: got 'meta'"):
        require_same_device(model, META)


def test_a_net_on_two_devices_is_refused():
    split = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, device="meta"))
    with pytest.raises(ConfigError, match=r"the model's device: got 'cpu, meta', need one device .*model\.to\('cpu'\)"):
        require_same_device(split, torch.zeros(1, 3))


def test_what_torch_lets_pass_is_let_pass():
    require_same_device(nn.ReLU(), META)  # no tensor of its own
    on_meta = nn.Linear(3, 2, device="meta")
    require_same_device(on_meta, torch.tensor(2.0))  # a number: torch hands it over
    assert (on_meta.weight * torch.tensor(2.0)).device == META
    with pytest.raises(ConfigError):
        require_same_device(on_meta, torch.ones(1))


def test_the_processor_says_its_name_and_memory():
    card = describe_device(CPU)
    assert card.name
    assert card.total_bytes is None or card.total_bytes > (card.free_bytes or 0) > 2**20


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((8_000_000_000, 6_500_000_000), "Card, 6.5 of 8.0 GB free"),
        ((8_000_000_000, None), "Card, 8.0 GB of memory"),
        ((8_000_000_000, 0), "Card, 0.0 of 8.0 GB free"),
        ((None, None), "Card, memory unknown"),
    ],
)
def test_a_card_says_what_is_known(sizes, said):
    assert DeviceCard(CPU, "Card", *sizes).describe() == said


def test_a_graphics_card_is_asked_by_its_number(monkeypatch):
    asked = []
    module = SimpleNamespace(
        get_device_properties=lambda d: SimpleNamespace(name=f"Card {d.index}", total_memory=100),
        mem_get_info=lambda d: asked.append(d) or (40, 100),
    )
    monkeypatch.setattr(torch, "get_device_module", lambda kind: module)
    second = torch.device("cuda:1")
    assert describe_device(second) == DeviceCard(second, "Card 1", 100, 40)
    assert asked == [second]
    del module.mem_get_info  # an older torch for xpu
    assert describe_device(second).free_bytes is None


def test_apple_graphics_have_what_macos_advises(monkeypatch):
    monkeypatch.setattr(device_card.torch.mps, "recommended_max_memory", lambda: 100)
    monkeypatch.setattr(device_card.torch.mps, "driver_allocated_memory", lambda: 30)
    card = describe_device(torch.device("mps"))
    assert (card.total_bytes, card.free_bytes) == (100, 70)


def test_windows_is_asked_in_its_own_words(monkeypatch):
    def answer(status):
        assert status._obj.length == ctypes.sizeof(machine._MemoryStatus) == 64  # what sysinfoapi.h has
        status._obj.total, status._obj.free = 16, 5
        return 1

    kernel = SimpleNamespace(GlobalMemoryStatusEx=answer)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(machine.sys, "platform", "win32")
    assert host_memory() == (16, 5)
    kernel.GlobalMemoryStatusEx = lambda status: 0
    assert host_memory() == (None, None)


def test_a_system_that_tells_nothing_is_no_error(monkeypatch):
    def unknown(name):
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(machine.os, "sysconf", unknown)
    assert host_memory() == (None, None)
