"""Records: rows that survive a cut, one process at a time."""

import multiprocessing

import pytest

from d2lab.core.errors import RunError
from d2lab.train.record import RunRecord


@pytest.fixture
def record(tmp_path):
    return RunRecord.create("mlp", 3, {"recipe": "mlp"}, {"threads": 1}, tmp_path)


def test_two_runs_in_one_second_have_two_folders(tmp_path):
    names = {RunRecord.create("mlp", 0, {}, {}, tmp_path).name for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("mlp-") for name in names)


def test_rows_come_back_as_they_were(record):
    rows = [{"step": 1, "loss": 0.1}, {"epoch": 1, "test_loss": 1 / 3}]
    assert record.append(rows[:1]) < record.append(rows[1:])
    assert record.rows() == rows


def test_a_line_that_a_kill_cut_short_is_left_out_and_cut_off(record):
    length = record.append([{"step": 1}])
    with (record.folder / "metrics.jsonl").open("ab") as f:
        f.write(b'{"step": 2, "lo')
    assert record.rows() == [{"step": 1}]
    record.cut(length)
    record.append([{"step": 2}])
    assert record.rows() == [{"step": 1}, {"step": 2}]


def test_refuses_a_broken_line_in_the_middle_and_a_file_too_short(record):
    length = record.append([{"step": 1}])
    with pytest.raises(RunError, match="checkpoint names"):
        record.cut(length + 1)
    with (record.folder / "metrics.jsonl").open("ab") as f:
        f.write(b"3\n")
    with pytest.raises(RunError, match="line 2"):
        record.rows()


def test_refuses_a_number_that_json_has_no_word_for(record):
    with pytest.raises(ValueError, match="JSON"):
        record.append([{"loss": float("nan")}])
    assert record.rows() == []


def test_refuses_a_file_where_the_runs_should_be(tmp_path):
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(RunError):
        RunRecord.create("mlp", 0, {}, {}, tmp_path / "runs")


def try_lock(folder, answer):
    try:
        with RunRecord(folder).lock():
            answer.put("got it")
    except RunError as error:
        answer.put(str(error))


def test_a_second_process_is_refused(record):
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    with record.lock():
        process = context.Process(target=try_lock, args=(record.folder, answer))
        process.start()
        assert "in use by another process" in answer.get(timeout=60)
        process.join()
    with record.lock():  # free again
        pass
