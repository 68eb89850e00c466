"""d2lab exercise list, start, check, and d2lab progress."""

import pytest


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("D2LAB_PROGRESS", str(tmp_path / "home" / "progress.json"))
    monkeypatch.setenv("D2LAB_LANGUAGE", "en")
    return tmp_path


def test_list_and_start(here, d2lab):
    code, out, _ = d2lab("exercise", "list")
    assert code == 0
    assert "02-linear-regression / linear-regression" in out
    assert "· predict" in out
    assert "线性模型的预测" in d2lab("exercise", "list", "linear-regression", "--language", "zh")[1]
    code, out, _ = d2lab("exercise", "start", "half_square")
    assert code == 0
    assert "d2lab exercise check half_square.py" in out
    assert "NotImplementedError" in (here / "half_square.py").read_text(encoding="utf-8")


def test_a_file_that_is_there_is_not_written_over(here, d2lab):
    (here / "predict.py").write_text("my work")
    code, _, err = d2lab("exercise", "start", "predict")
    assert code == 2
    assert "exists" in err
    assert (here / "predict.py").read_text() == "my work"


@pytest.mark.slow
def test_check_and_progress(here, d2lab):
    d2lab("exercise", "start", "predict")
    file = here / "predict.py"
    code, out, _ = d2lab("exercise", "check", "predict.py")
    assert code == 1
    assert "NotImplementedError" in out
    file.write_text(
        file.read_text(encoding="utf-8").replace("raise NotImplementedError", "return inputs @ weights + bias")
    )
    code, out, _ = d2lab("exercise", "check", "predict.py")
    assert (code, out.strip()) == (0, "predict: right")
    code, out, _ = d2lab("progress")
    assert code == 0
    assert "█" in out
    assert "1 of " in out
    assert "✓ predict" in d2lab("exercise", "list", "predict")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("exercise", "start", "predicts"), "Did you mean 'predict'?"),
        (("exercise", "list", "no-such-lesson"), "need a lesson"),
        (("exercise", "check", "nowhere.py"), "nowhere.py"),
        (("exercise", "list", "--language", "fr"), "need zh or en"),
        (("exercise", "list", "--course", "nowhere"), "NN-slug/exercises/name.py"),
        (("progress", "--language", "fr"), "need zh or en"),
    ],
)
def test_bad_input_is_one_line(here, d2lab, arguments, said):
    code, _, err = d2lab(*arguments)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_a_broken_progress_file_is_said_and_kept(here, d2lab):
    file = here / "home" / "progress.json"
    file.parent.mkdir()
    file.write_text("broken")
    code, _, err = d2lab("progress")
    assert code == 2
    assert "D2LAB_PROGRESS" in err
    assert file.read_text() == "broken"
