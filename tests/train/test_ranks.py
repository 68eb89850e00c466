"""Several processes train as one: the same weights and rows in float64, whatever their number."""

import pytest
import torch
from tests.parallel.groups import results_of_groups
from tests.train.rank_processes import CASES, RESUMED, WORLDS, results

from d2lab.parallel.ranks import ALONE, Ranks

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
several = pytest.mark.parametrize("world", [world for world in WORLDS if world > 1])
each_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return results_of_groups(results, WORLDS, tmp_path_factory.mktemp("ranks"))


def furthest(one, other):
    assert one.keys() == other.keys()
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


@each_case
@several
def test_weights_are_those_of_one_process(found, world, case):
    expected = found[1][0][case]["weights"]
    for rank in range(world):
        assert furthest(found[world][rank][case]["weights"], expected) <= 1e-12


@each_case
@several
def test_all_processes_hold_the_same_bits(found, world, case):
    first, *others = (of_rank[case] for of_rank in found[world])
    for other in others:
        assert furthest(other["weights"], first["weights"]) == 0
        assert other["rows"] == first["rows"]


@each_case
@several
def test_rows_are_those_of_one_process(found, world, case):
    expected, rows = found[1][0][case]["rows"], found[world][0][case]["rows"]
    assert [row.keys() for row in rows] == [row.keys() for row in expected]
    for row, of_one in zip(rows, expected, strict=True):
        for name, value in row.items():  # an evaluation rounds the losses of batches to float32
            assert value == pytest.approx(of_one[name], rel=1e-6 if name == "test_loss" else 1e-11), name
    assert [row["examples"] for row in rows if "epoch" in row] == [43, 43]


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("sharded")])
@several
def test_a_share_is_held_in_each_process(found, world, case):
    whole = found[1][0][case]["own"]
    shares = [found[world][rank][case]["own"] for rank in range(world)]
    assert sum(shares) == whole
    assert max(shares) < 1.25 * whole / world  # layers of 3 rows can't be shared more equally


@pytest.mark.parametrize("case", RESUMED)
@pytest.mark.parametrize("world", WORLDS)
def test_a_checkpoint_amid_an_epoch_is_gone_on_from_to_the_bit(found, world, case):
    for rank in range(world):
        undisturbed, resumed = found[world][rank]["resumed"][case]
        assert furthest(undisturbed["weights"], resumed["weights"]) == 0
        epochs = [[row for row in one["rows"] if "epoch" in row] for one in (undisturbed, resumed)]
        assert len(epochs[0]) == 2
        if case != "sharded":
            assert epochs[0] == epochs[1]


@several
def test_processes_draw_dropout_of_their_own_and_agree(found, world):
    first, second = (found[world][rank] for rank in (0, 1))
    assert first["resumed"]["dropout"][0]["rows"] == second["resumed"]["dropout"][0]["rows"]
    for rank in range(world):
        assert found[world][rank]["any"] == (False, True, True)
        assert found[world][rank]["sum"].tolist() == [world * (world + 1) // 2]
        assert found[world][rank]["gathered"] == [f"of {other}" for other in range(world)]
        assert found[world][rank]["leader's"] == "of 0"


@pytest.mark.parametrize("world", WORLDS)
def test_each_process_restores_the_generators_that_it_kept(found, world):
    assert all(of_rank["drawn again"] for of_rank in found[world])


def test_parts_of_a_batch_are_the_batch():
    for count in range(20):
        for world in range(1, 6):
            rows = [range(count)[Ranks(rank, world).part.rows(count)] for rank in range(world)]
            assert [row for part in rows for row in part] == list(range(count))
            assert max(map(len, rows)) - min(map(len, rows)) <= 1


def test_one_process_agrees_with_itself():
    assert ALONE.any(True, False) == (True, False)
    assert ALONE.gather("x") == ["x"]
    assert ALONE.from_leader("x") == "x"
    with ALONE.leader_first():
        assert float(ALONE.sum(torch.tensor(2.0))) == 2
