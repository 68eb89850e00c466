"""The explorers of performance: their numbers are those of d2lab.inspection.roofline and d2lab.parallel.systolic."""

from itertools import pairwise

import pytest
import torch

from d2lab.inspection.operation_costs import Cost, CostCounter
from d2lab.inspection.roofline import Roof, bounds
from d2lab.parallel import systolic_clocks, systolic_cycles, systolic_use

pytestmark = pytest.mark.slow
SHAPES = [(0, 0, 0), (6, 6, 6), (10, 10, 0), (3, 9, 12), (13, 13, 13)]  # powers of two
ACTS = {"product": lambda a, b, c: a @ b, "add": lambda a, b, c: c + c, "sum": lambda a, b, c: c.sum(1)}


@pytest.mark.parametrize("kind", ACTS)
@pytest.mark.parametrize("type_", ["float64", "float32", "bfloat16"])
def test_operations_and_bytes_are_those_that_are_counted_in_torch(explorer, kind, type_):
    _, read = explorer("roofline", {"kind": kind, "type": type_, "m": 3, "k": 5, "n": 2})
    a, b, c = (torch.ones(shape, dtype=getattr(torch, type_)) for shape in ((8, 32), (32, 4), (8, 4)))
    counter = CostCounter()
    with counter:
        made = ACTS[kind](a, b, c)
    found = read("e.result")
    read_bytes = {"product": a.nbytes + b.nbytes, "add": 2 * c.nbytes, "sum": c.nbytes}[kind]
    assert found["bytes"] == read_bytes + made.nbytes
    assert found["intensity"] == found["flops"] / found["bytes"]
    assert found["flops"] == (counter.costs[""].flops if kind == "product" else 8 * 4)


@pytest.mark.parametrize("machine", ["processor", "gpu"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ACTS)
def test_the_limit_that_binds_is_the_one_of_d2lab(explorer, machine, shape, kind):
    state = dict(zip("mkn", shape, strict=True)) | {"machine": machine, "kind": kind}
    _, read = explorer("roofline", state)
    limits, found = read("e.data.machine"), read("e.result")
    roof = Roof(
        flops_per_s={name: float(rate) for name, rate in limits["rates"].items()},
        bytes_per_s={1: float(limits["bandwidth"])},
        operation_s=limits["overhead"],
    )
    cost = Cost(flops=found["flops"], bytes=found["bytes"], operations=1, largest=found["bytes"])
    wanted = bounds(cost, roof, "float32")
    assert found["regime"] == wanted.regime
    assert found["least"] == pytest.approx(wanted.least_s)
    seconds = found["seconds"]
    assert list(seconds.values()) == pytest.approx([wanted.compute_s, wanted.bandwidth_s, wanted.overhead_s])
    assert found["ridge"] == pytest.approx(roof.ridge("float32"))
    assert found["reached"] == pytest.approx(found["flops"] / wanted.least_s)
    assert f"The limit is {wanted.regime}" in read("e.words.textContent")
    assert read("[...e.querySelectorAll('.d2-bad span')][0].textContent") == wanted.regime


def test_the_three_limits_take_over_one_after_the_other(explorer):
    page, read = explorer("roofline", {"m": 0, "k": 0, "n": 0})
    seen = []
    for _ in range(14):
        seen.append(read("e.result.regime"))
        page.click("[data-key=double]")
    assert list(dict.fromkeys(seen)) == ["overhead", "compute"]  # 2.5 us of bandwidth are over before overhead is
    page.click("[data-key=again]")
    assert read("e.sides") == [64, 64, 64]
    for _ in range(20):
        page.click("[data-key=half]")
    assert read("e.sides") == [1, 1, 1]


def test_a_sum_has_no_k(explorer):
    page, read = explorer("roofline")
    page.select_option("[data-key=kind]", index=1)
    assert page.is_disabled("[data-key=k]")
    assert read("e.result.intensity") == pytest.approx(1 / 12)
    page.select_option("[data-key=kind]", index=0)
    assert page.is_enabled("[data-key=k]")


def test_the_point_is_drawn_at_its_numbers(explorer):
    _, read = explorer("roofline", {"m": 10, "k": 10, "n": 10})
    x, y = read("[e.scale.x(e.result.intensity), e.scale.y(e.result.reached)]")
    point = read("['cx', 'cy'].map((name) => Number(e.querySelector('.d2-point').getAttribute(name)))")
    assert point == pytest.approx([x, y])
    assert y == pytest.approx(read("e.scale.y(50e9)"))  # on the flat part of the roof
    assert read("e.querySelectorAll('.d2-hollow').length") == 14


@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (3, 3, 3), (8, 4, 4), (2, 1, 4), (5, 4, 2)])
def test_each_clock_is_that_of_the_simulation(explorer, m, k, n):
    _, read = explorer("systolic", {"m": m, "k": k, "n": n, "clock": 1})
    data, found = read("e.data"), read("e.result")
    a, b = torch.tensor(data["a"]), torch.tensor(data["b"])
    wanted = list(systolic_clocks(a, b))
    assert [one["number"] for one in found["clocks"]] == [clock.number for clock in wanted]
    for one, clock in zip(found["clocks"], wanted, strict=True):
        assert one["sums"] == clock.sums.tolist()
        assert one["rows"] == clock.rows.tolist()
        assert (torch.tensor(one["inputs"]) * clock.busy).tolist() == (clock.inputs * clock.busy).tolist()
    assert found["busy"] == [int(clock.busy.sum()) for clock in wanted]
    assert found["use"] == pytest.approx(systolic_use(m, k, n))


@pytest.mark.parametrize(("rows", "layer"), [(0, 128), (10, 128), (10, 129), (5, 300)])
def test_the_chip_s_use_is_the_closed_form(explorer, rows, layer):
    _, read = explorer("systolic", {"batch": rows, "layer": layer})
    found = read("e.result")
    assert found["cycles"] == systolic_cycles(2**rows, layer, layer, 128)
    assert found["chip"] == pytest.approx(systolic_use(2**rows, layer, layer, 128))


def test_what_leaves_at_the_bottom_is_the_product(explorer):
    page, read = explorer("systolic", {"m": 3, "k": 2, "n": 2, "clock": 1})
    data, left = read("e.data"), []
    for _ in range(5):
        left += read("[...e.querySelectorAll('.d2-leaves')].map((one) => Number(one.textContent.slice(2)))")
        page.click("[data-key=next]")
    wanted = torch.tensor(data["a"]) @ torch.tensor(data["b"])
    assert sorted(left) == sorted(wanted.flatten().tolist())
    assert read("e.state.clock") == 1  # round again


def test_fewer_rows_end_the_clock_earlier_and_numbers_wait_in_a_skew(explorer):
    page, read = explorer("systolic", {"m": 8, "k": 4, "n": 4, "clock": 14})
    page.evaluate("document.querySelector('d2-systolic').changed('m', 1)")
    assert read("e.state.clock") == 7
    assert read("Number(e.querySelector('[data-key=clock]').max)") == 7
    page.evaluate("document.querySelector('d2-systolic').changed('clock', 1)")
    places = read("[...e.querySelectorAll('.d2-waits')].map((one) => Number(one.getAttribute('x')))")
    assert len(places) == 3  # the first row has its number already
    assert places == sorted(places, reverse=True)
    assert len({round(b - a) for a, b in pairwise(places)}) == 1
