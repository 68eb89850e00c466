"""benchmarks/gpu without a GPU: what it refuses, what it keeps, what it trains again, and its tables."""

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
CPU = torch.device("cpu")
MACHINE = {"processor": "P", "cores": 2, "system": "Linux", "python": "3.12", "source": "s", "device": "Card",
           "libraries": {"torch": "2.15.0"}}  # fmt: skip


def part(name):
    return importlib.import_module(f"benchmarks.gpu.{name}")


@pytest.fixture(autouse=True)
def _checkout_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture
def bench(monkeypatch, tmp_path, capsys):
    """The command, on a machine that has only its processor."""
    command = part("__main__")
    monkeypatch.setattr("d2lab.core.device.available_devices", lambda: ("cpu",))
    out = tmp_path / "results.json"

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["benchmarks.gpu", *words, "--out", str(out)])
        code = command.main()
        return code, *capsys.readouterr(), json.loads(out.read_text()) if out.exists() else {}

    return run


def test_without_a_gpu_one_line_says_so(bench):
    for words in ((), ("--device", "cpu"), ("--quick",), ("--device", "cuda")):
        code, out, err, result = bench(*words)
        assert code == 2
        assert out == ""
        assert err.count("\n") == 1
        assert result == {}
    assert "a GPU: got 'only cpu', need cuda, mps or xpu" in bench()[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--nets", "lenet,lenett"), "--models: got 'lenett', need some of lenet, alexnet"),
        (("--targets", "97"), "--targets: got '97', need some of 94, 95, 96"),
        (("--seeds", "0"), "--seeds: got 0, need 1 or more"),
        (("--minutes", "0"), "--minutes: got 0.0, need above 0"),
        (("--epochs", "-1"), "--epochs: got -1, need 1 or more"),
    ],
)
def test_bad_words_are_refused_before_anything_is_trained(bench, words, said):
    code, _, err, result = bench("--device", "cpu", "--quick", *words)
    assert code == 2
    assert said in err
    assert result == {}


def test_a_missing_recipe_is_refused_by_name(bench, monkeypatch):
    for module in ("run", "work"):
        monkeypatch.setattr(part(module), "FAST", "cifar10-fastest")
    code, _, err, _ = bench("--device", "cpu", "--quick", "--stage", "cifar10")
    assert code == 2
    assert "recipe: got 'cifar10-fastest'" in err


@pytest.mark.slow
def test_a_try_on_the_processor_goes_the_whole_way_and_goes_on_where_it_stopped(bench, monkeypatch):
    words = ("--device", "cpu", "--quick", "--nets", "lenet")
    code, out, err, result = bench(*words)
    assert code == 0
    for precision in ("float32", "bfloat16"):
        (entry,) = result["notes"]["lenet"][precision]
        assert entry["examples_per_s"] > 0
        assert 0 <= entry["accuracy"] <= 1
        assert (entry["seed"], entry["epochs"], entry["peak_bytes"]) == (0, 2, None)
        assert result["floors"]["lenet"][precision]["examples_per_s"] > 0
    assert out.count("| LeNet, sigmoid |") == 2
    assert err.count("seed 0") == 2
    assert "seed 0" not in bench(*words)[2]  # all is there
    settings = {0.94: {"epochs": 2, "widths": "8,16,16", "momentum": 0.5}}
    for module in ("run", "work", "table"):
        monkeypatch.setattr(part(module), "TARGETS", settings)
    code, out, _, result = bench("--device", "cpu", "--quick", "--stage", "cifar10", "--targets", "94")
    assert code == 0
    (entry,) = result["cifar10"]["0.94"]
    assert (entry["settings"], entry["data"]) == (settings[0.94], "cifar10")
    assert entry["seconds"] > 0
    assert len(result["notes"]["lenet"]) == 2  # the other stage is kept
    assert "epochs=2, widths=8,16,16, momentum=0.5" in out


@pytest.mark.slow
def test_a_step_is_profiled_and_taken_inside_ddp(bench, monkeypatch):
    for module in ("run", "table"):
        monkeypatch.setattr(part(module), "PROFILED", ("lenet",))
    for stage in ("profile", "ddp"):
        code, out, _, result = bench("--device", "cpu", "--quick", "--stage", stage)
        assert code == 0
    found = result["profiles"]["lenet"]
    assert sum(found["causes"].values()) == pytest.approx(1)
    assert found["roof"]["flops_per_s"]["float32"] > 0
    share = result["ddp"]["lenet"]
    assert 0 < share["from"] <= share["share"] <= share["to"]
    assert f"| LeNet, sigmoid | {1000 * found['seconds']:.1f} | {found['bottleneck']} |" in out
    assert not torch.distributed.is_initialized()


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """A bench whose runs take no time; it lists what was trained."""
    run, done = part("run"), []

    def notes_run(net, precision, seed, epochs, device, *, quick):
        done.append((net, precision, seed))
        if net == "alexnet":
            raise torch.OutOfMemoryError("out of memory: tried to allocate\nmore words")
        return {"examples_per_s": 100.0, "accuracy": 0.9, "peak_bytes": 2**20}

    def fast_run(target, seed, device, *, data, quick):
        done.append((target, seed))
        settings = dict(run.TARGETS[target])
        return {
            "accuracy": target,
            "seconds": 1.0,
            "seconds_with_start": 2.0,
            "peak_bytes": 0,
            "settings": settings,
            "data": data,
        }

    monkeypatch.setattr(run.work, "notes_run", notes_run)
    monkeypatch.setattr(run.work, "fast_run", fast_run)
    monkeypatch.setattr(run.work, "floor", lambda *_, **__: 200.0)
    monkeypatch.setattr(run, "find_recipe", lambda name: None)
    return lambda: run.Bench(tmp_path / "r.json", CPU, commit="abc"), done


def test_what_is_missing_is_trained_and_what_other_code_made_is_trained_again(trained):
    make, done = trained
    make().notes(["lenet"], 2, 10)
    assert done == [("lenet", p, s) for p in ("float32", "bfloat16") for s in (0, 1)]
    done.clear()
    make().notes(["lenet"], 3, 10)
    assert [seed for _, _, seed in done] == [2, 2]
    done.clear()
    make().notes(["lenet"], 3, 5)  # another budget
    assert len(done) == 6
    done.clear()
    bench = make()
    bench.made_by = "another source"
    bench.notes(["lenet"], 3, 5)
    assert len(done) == 6
    assert bench.result["commit"] == "abc"


def test_a_net_that_does_not_fit_fails_alone(trained):
    make, done = trained
    bench = make()
    bench.notes(["alexnet", "lenet"], 1, 10)
    assert bench.failures == ["alexnet  float32  seed 0", "alexnet  bfloat16  seed 0"]
    assert list(bench.result["notes"]) == ["lenet"]
    assert len(done) == 4


def test_what_says_most_comes_first_and_nothing_begins_after_the_time(trained, monkeypatch):
    make, done = trained
    run = part("run")
    monkeypatch.setattr(run, "PROFILED", ("lenet",))
    monkeypatch.setattr(run.work, "profiled", lambda *_, **__: done.append("profile") or {})
    monkeypatch.setattr(run.work, "ddp_share", lambda *_, **__: done.append("ddp") or {})
    make().everything(["lenet", "nin"], [0.94, 0.96], 2, 10)
    assert done[:4] == ["profile", "ddp", (0.94, 0), (0.94, 0)]
    assert done[4:6] == [("lenet", "bfloat16", 0), ("nin", "bfloat16", 0)]
    assert done[6:8] == [(0.96, 0), (0.96, 0)]
    assert ("lenet", "float32", 1) in done[8:]
    assert len(done) == len(set(done)) + 4  # each target warms up as often as something of it is missing
    done.clear()
    late = make()
    late.made_by, late.ends = "another source", 0.0
    late.everything(["lenet"], [0.94], 1, 10)
    assert done == []


def test_targets_warm_up_once_and_other_settings_are_trained_anew(trained, monkeypatch):
    make, done = trained
    make().cifar10([0.94, 0.95], 2)
    assert done == [(0.94, 0), (0.94, 0), (0.94, 1), (0.95, 0), (0.95, 0), (0.95, 1)]
    done.clear()
    make().cifar10([0.94], 2)
    assert done == []
    bench = make()
    bench.data = "cifar10-jpeg"
    bench.cifar10([0.94], 1)
    assert len(done) == 2
    done.clear()
    make().cifar10([0.94], 2)
    done.clear()
    monkeypatch.setitem(part("run").TARGETS, 0.94, {"epochs": 10, "width": 96})
    make().cifar10([0.94], 2)
    assert len(done) == 3


def test_the_first_epoch_counts_as_the_median_of_the_others():
    assert part("work").warm_seconds([50.0, 1.0, 3.0, 2.0]) == 8.0
    assert part("work").warm_seconds([5.0]) == 5.0


def test_tables_put_our_numbers_beside_the_notes():
    entry = {"epochs": 10, "examples_per_s": 93_026.0, "peak_bytes": 3 * 2**20}
    entries = [{**entry, "seed": s, "accuracy": a} for s, a in enumerate([0.78, 0.80, 0.82])]
    fast = [{"accuracy": a, "seconds": t, "seconds_with_start": t + 1, "peak_bytes": None,
             "settings": {"epochs": 10, "width": 64}} for a, t in ((0.941, 3.0), (0.943, 3.2))]  # fmt: skip
    result = {
        "machine": MACHINE, "commit": "0123456789abc",
        "notes": {"lenet": {"float32": entries}, "lenet-norm": {"bfloat16": entries[:1]}},
        "floors": {"lenet": {"float32": {"examples_per_s": 100_000.0}}},
        "cifar10": {"0.94": fast, "0.95": [{**fast[0], "accuracy": 0.93}]},
    }  # fmt: skip
    table = part("table")
    for language in ("en", "zh"):
        text = table.markdown(result, language)
        row = "| float32 | 93,026 | 100,000 | 93% | 0.8000 ± 0.0200 (3) | 3 | 46,513 | 2.0x | 0.792 |"
        assert row in text
        norm = "| bfloat16 | 93,026 | - | - | 0.7800 (1) | 3 | 80,304 (scratch), 137,883 (concise) | 1.2x, 0.7x |"
        assert norm in text
        assert "| 94% | epochs=10, width=64 | 0.9420 ± 0.0014 (2) | 3.10 ± 0.14 (2) | 4.10 ± 0.14 (2) | - |" in text
        assert "| 95% (missed) |" in text
        assert "012345678" in text
        widths = [line.count("|") for line in text.splitlines() if line.startswith("|")]
        assert widths == [11] * 4 + [7] * 4


def test_pages_hold_numbers_only_from_results():
    table, results = part("table"), ROOT / "benchmarks" / "gpu" / "results.json"
    result = json.loads(results.read_text("utf-8")) if results.exists() else {}
    for language, name in (("en", "benchmarks-gpu.md"), ("zh", "benchmarks-gpu.zh.md")):
        page = (ROOT / "docs" / name).read_text("utf-8")
        block = page.partition(table.BEGIN)[2].partition(table.END)[0].strip()
        assert block == table.markdown(result, language)
        assert results.exists() or "| " not in block


def test_every_net_of_the_notes_has_its_recipe_at_the_notes_settings():
    from benchmarks.vs_book.contest import MODELS

    from d2lab.experiments.plan import plan

    for net in part("contest").NOTES:
        settings = plan(MODELS[net].recipe, data="fashion-mnist", device="cpu").settings
        assert settings.loop.epochs == 10
        assert settings.loop.batch_size == MODELS[net].batch
        assert settings.optimizer.learning_rate == MODELS[net].rate
        assert getattr(settings.model, "side", None) == (MODELS[net].side or 28)
