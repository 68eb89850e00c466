"""The parts of benchmarks/vs_book that need no second environment: sums, tables, what is kept, the worker's wire."""

import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MACHINE = {"processor": "P", "cores": 2, "system": "Linux", "python": "3.11.1", "source": "s",
           "libraries": {"torch": "2.15.0"}}  # fmt: skip
PEER = {"python": "3.11.1", "libraries": {"torch": "2.15.0", "d2l": "0.17.6"}}


def part(name):
    return importlib.import_module(f"benchmarks.vs_book.{name}")


@pytest.fixture(autouse=True)
def _checkout_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def one_round(book, ours, compiled=None):
    return {"book": book, "ours": ours, "ours-chosen": ours, "ours-compiled": compiled, "floor-plain": 100.0,
            "floor-ours": 200.0}  # fmt: skip


@pytest.fixture
def result():
    rounds = [one_round(10.0, 40.0), one_round(1.0, 30.0), one_round(20.0, 100.0)]
    entries = [{"seed": s, "epochs": 10, "accuracy": a} for s, a in enumerate([0.8, 0.82, 0.84])]
    return {
        "machine": MACHINE,
        "peer": PEER,
        "commit": "0123456789abcdef",
        "speed": {"lenet": {"rounds": rounds, "threads": {"ours-chosen": 2}}},
        "accuracy": {"lenet": {"book": entries, "ours": entries[:1]}},
        "memory": {"lenet": {"book": {"rss": 900.0, "pss": 300.0}, "ours": {"rss": 200.0}}},
    }


def test_a_ratio_pairs_the_two_sides_within_a_round():
    found = part("table").summarize_speed([one_round(10.0, 40.0), one_round(1.0, 30.0), one_round(20.0, 100.0)])
    assert found["median"]["book"] == 10.0
    assert found["ratio"]["ours / book"] == 5.0  # of 4, 30 and 5; the ratio of medians would be 4
    assert found["ratio"]["ours-chosen / floor-ours"] == 0.2


def test_a_turn_that_one_round_lacks_has_no_median():
    found = part("table").summarize_speed([one_round(10.0, 40.0, 50.0), one_round(10.0, 40.0)])
    assert "ours-compiled" not in found["median"]
    assert "ours-compiled / book" not in found["ratio"]


def test_accuracy_is_summed_up_over_seeds(result):
    found = part("table").summarize(result)["accuracy"]["lenet"]
    assert found["book"] == {"mean": 0.82, "sd": 0.02, "n": 3}
    assert found["ours"] == {"mean": 0.8, "sd": None, "n": 1}


def test_tables_of_both_languages_hold_the_same_numbers(result):
    table = part("table")
    english, chinese = (table.markdown(result, language) for language in ("en", "zh"))
    for number in ("5.0x", "40 (2)", "20%", "0.8200 ± 0.0200 (3)", "| 300 | 200 |", "commit 012345678"):
        assert number in english
        assert number in chinese
    for text in (english, chinese):
        widths = [line.count("|") for line in text.splitlines() if line.startswith("|")]
        assert widths == [10] * 3 + [6] * 3


def test_results_of_one_stage_alone_make_tables(result):
    table = part("table")
    for missing in ("speed", "accuracy", "memory"):
        some = {name: value for name, value in result.items() if name != missing}
        assert table.markdown(some, "en")


def test_a_block_is_put_between_the_marks_again_and_again():
    table = part("table")
    page = f"above\n{table.BEGIN}\nold\n{table.END}\nbelow\n"
    once = table.place(page, "new")
    assert once == f"above\n{table.BEGIN}\nnew\n{table.END}\nbelow\n"
    assert table.place(once, "new") == once
    with pytest.raises(ValueError, match="without"):
        table.place("no marks", "new")


def test_pages_have_their_marks_and_numbers_only_from_results():
    table, results = part("table"), ROOT / "benchmarks" / "vs_book" / "results.json"
    for language, name in (("en", "benchmarks.md"), ("zh", "benchmarks.zh.md")):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        block = page.partition(table.BEGIN)[2].partition(table.END)[0].strip()
        if results.exists():
            assert block == table.markdown(json.loads(results.read_text(encoding="utf-8")), language)
        else:
            assert "| " not in block


def test_accuracy_goes_on_with_what_the_same_code_made():
    run = part("run")
    good = {"seed": 0, "epochs": 10, "made_by": "me", "accuracy": 0.8}
    others = [{**good, "epochs": 1}, {**good, "made_by": "another"}]
    assert run.still_good([good, *others], 10, "me") == [good]
    mine = run.made_of("ours", {"machine": MACHINE, "peer": PEER})
    assert mine == "source s, torch 2.15.0"
    assert run.made_of("book", {"machine": {}, "peer": PEER}) == "d2l 0.17.6, torch 2.15.0"


def test_an_unknown_net_is_refused_with_the_known_ones():
    with pytest.raises(Exception, match=r"--models: got 'lennet', need some of softmax, mlp, lenet"):
        part("run").check_models(["mlp", "lennet"])


def test_a_results_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "results.json"
    assert part("run").read(path) == {}
    for text in ("{half", "[]"):
        path.write_text(text)
        with pytest.raises(Exception, match="one this benchmark wrote"):
            part("run").read(path)


WORKER = """
from benchmarks.vs_book.wire import serve
import os
def double(n):
    print("not a reply")
    return {"doubled": 2 * n}
serve({"double": double, "die": lambda: os._exit(3)})
"""


def test_a_worker_answers_says_what_failed_and_is_missed_when_dead(tmp_path, monkeypatch):
    wire = part("wire")
    (tmp_path / "doubler.py").write_text(WORKER)
    monkeypatch.chdir(tmp_path)
    with wire.Worker(sys.executable, "doubler", tmp_path, tmp_path / "log") as worker:
        assert worker.ask({"cmd": "double", "n": 21}) == {"doubled": 42}
        with pytest.raises(wire.WorkerError, match="TypeError"):
            worker.ask({"cmd": "double"})
        assert worker.ask({"cmd": "double", "n": 1}) == {"doubled": 2}
        with pytest.raises(wire.WorkerError, match="ended"):
            worker.ask({"cmd": "die"})
    assert "not a reply" in (tmp_path / "log").read_text()
    assert worker.process.poll() == 3


def test_the_books_side_never_imports_ours():
    for name in ("peer", "wire", "contest"):
        assert "import d2lab" not in (source := (ROOT / f"benchmarks/vs_book/{name}.py").read_text("utf-8"))
        assert "from d2lab" not in source


def test_both_sides_train_nets_of_the_same_size():
    from d2lab.experiments.build import count_parameters
    from d2lab.experiments.plan import plan

    for name, make in part("large").LARGE.items():
        ours = count_parameters(plan(part("contest").MODELS[name].recipe, data="fashion-mnist", device="cpu"))
        assert sum(p.numel() for p in make().parameters()) == ours


def test_a_window_leaves_out_what_warms_up():
    import torch

    batches = [(torch.zeros(4, 1), torch.zeros(4)) for _ in range(6)]
    window = part("peer").Window(batches, 3)
    assert len(list(window)) == 4
    assert len(window) // 5 == 1  # what the book's loop divides by
    assert window.examples == 12
    assert part("ours").step_sizes("alexnet", 60_000, 1) == [128] * 3
    assert part("ours").step_sizes("lenet", 600, 2) == [256, 256, 88] * 2


def test_large_nets_have_a_table_of_their_own(result):
    large = {"book": 10.0, "ours": 20.0, "ours-bfloat16": 40.0, "floor-plain": 18.0, "floor-ours": 25.0}
    result["speed"]["alexnet"] = {"rounds": [large], "threads": {}}
    text = part("table").markdown(result, "en")
    assert "| AlexNet | 224 | 10.0 | 20.0 | 2.00x | 40.0 | 4.00x | 18.0 | 25.0 | 80% |" in text
    assert text.count("AlexNet") == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_of_reduced_nets_is_that_of_its_record(language):
    reduced = importlib.import_module("benchmarks.reduced")
    results = json.loads(reduced.RESULTS.read_text(encoding="utf-8"))
    block = reduced.PAGES[language].read_text(encoding="utf-8").partition(reduced.BEGIN)[2].partition(reduced.END)[0]
    assert block.strip() == reduced.markdown(results, language)
    assert [len(runs) for runs in results.values()] == [3] * len(reduced.MODELS)
    assert {len(run["epochs"]) for runs in results.values() for run in runs} == {10}
