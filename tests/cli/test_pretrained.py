"""`d2lab pretrained` and `--from`, as a person at a terminal without a network meets them."""

import json
import sys

import pytest
import torch

pytest.importorskip("torchvision", exc_type=ImportError)
pytest.importorskip("timm", exc_type=ImportError)
NAME = "timm/test_resnet.r160_in1k"


@pytest.fixture
def file(tmp_path, cache):
    """A file of random weights for NAME."""
    import timm

    torch.manual_seed(0)
    torch.save(timm.create_model("test_resnet.r160_in1k").state_dict(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_what_there_is_is_counted_and_listed(d2lab, cache):
    code, out, _ = d2lab("pretrained")
    assert code == 0
    assert out.splitlines()[0].startswith("torchvision: 1")
    assert "d2lab pretrained list timm/" in out
    code, out, _ = d2lab("pretrained", "list", "resnet18.")
    rows = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert code == 0
    assert "ours" in rows["torchvision/resnet18.IMAGENET1K_V1"]
    assert "cc-by-nc-4.0" in rows["timm/resnet18.fb_ssl_yfcc100m_ft_in1k"]
    assert all("absent" in row for row in rows.values())
    assert d2lab("pretrained", "list", "resnet50.bamboo")[0] == 2  # timm has it, but without classes


@pytest.mark.parametrize("missing", ["timm", "torchvision.models"])
def test_the_library_that_is_there_is_listed(d2lab, cache, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    out = d2lab("pretrained")[1]
    named = [line.partition(":")[0] for line in out.splitlines()]
    assert sorted([*named, missing.partition(".")[0]]) == ["timm", "torchvision", "wheel"]


def test_without_a_library_packages_are_listed_and_the_remedy_is_said(d2lab, cache, monkeypatch):
    for missing in ("timm", "torchvision.models"):
        monkeypatch.setitem(sys.modules, missing, None)
    code, out, err = d2lab("pretrained")
    assert (code, out.splitlines()) == (0, ["wheel: 1 weights.  d2lab pretrained list wheel/"])
    assert "pip install 'd2lab[pretrained]'" in err


def test_one_is_shown_with_its_terms_and_what_it_expects(d2lab, cache):
    code, out, _ = d2lab("pretrained", "show", "torchvision/resnet18")
    facts = {line.split("  ")[0].strip(): line for line in out.splitlines()}
    assert code == 0
    assert "11,689,512, about 47 MB" in facts["parameters"]
    assert "0.485 0.456 0.406, 0.229 0.224 0.225" in facts["mean, std"]
    assert "middle 224 x 224" in facts["images"]
    assert "BSD-3-Clause" in facts["licence"]
    assert facts["address"].endswith("resnet18-f37072fd.pth")
    assert "not on disk" in facts["on disk"]
    code, out, _ = d2lab("pretrained", "show", "torchvision/googlenet")
    assert "of torchvision" in out


def test_a_fetch_says_where_the_file_lies(d2lab, file, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "pretrained"
    folder.mkdir(parents=True)
    file.rename(folder / "test_resnet.r160_in1k.safetensors")  # a pickle under a false name is read as what it is
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "mine"))
    code, out, _ = d2lab("pretrained", "fetch", NAME)
    assert code == 0
    assert out.splitlines()[0] == str(folder / "test_resnet.r160_in1k.safetensors")
    assert "1,000 classes, licence: apache-2.0" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pretrained", "show", "resnet18"), "torchvision/resnet18"),
        (("pretrained", "show", "torchvision/resnet19"), "Did you mean 'torchvision/resnet1"),
        (("pretrained", "list", "resnet19x"), "a part of a name"),
        (("pretrained", "fetch", "torchvision/resnet18"), "no connection"),
        (("train", "lenet", "--from", "torchvision/resnet19"), "Did you mean"),
        (("train", "lenet", "--from", "nowhere"), "--from"),
        (("train", "lenet", "--from", f"{NAME}:nowhere.pth"), "nowhere.pth"),
        (("train", "linear", "--from", "torchvision/resnet18"), "images for PretrainedConfig"),
        (("train", "lenet", "--set", "only=3,x"), "a class of digits"),
        (("train", "lenet", "--set", "head_lr_scale=-1"), "above 0"),
        (("train", "lenet", "--set", "freeze=conv9"), "Did you mean 'conv"),
        (("train", "softmax", "--set", "freeze=out"), "Freeze fewer layers"),
    ],
)
def test_a_wrong_use_is_one_line_and_leaves_nothing(d2lab, here, cache, monkeypatch, arguments, words):
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", "http://127.0.0.1:1")
    code, out, err = d2lab(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("d2lab: ")
    assert err.count("\n") == 1
    assert words in err
    assert not (here / "runs").exists()


def test_without_the_extra_the_line_names_it(d2lab, cache, monkeypatch):
    for name in ("torchvision.models", "timm"):
        monkeypatch.setitem(sys.modules, name, None)
    for arguments in (("pretrained", "show", NAME), ("train", "lenet", "--from", NAME)):
        code, _, err = d2lab(*arguments)
        assert code == 2
        assert "pip install 'd2lab[pretrained]'" in err


def test_any_recipe_begins_with_a_file_of_others(d2lab, here, file):
    sizes = [
        "--set",
        "side=32",
        "--set",
        "examples=40",
        "--set",
        "epochs=1",
        "--set",
        "threads=1",
        "--set",
        "momentum=0",
    ]
    code, out, err = d2lab("train", "lenet", "--from", f"{NAME}:{file}", *sizes, "--device", "cpu", "-q")
    assert (code, err) == (0, "")
    folder = here / out.strip()
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["model"] == "PretrainedConfig"
    assert recipe["settings"]["model.architecture"] == "timm/test_resnet"
    assert recipe["settings"]["finetune.source"] == f"{NAME}:{file}"
    file.unlink()
    assert d2lab("evaluate", folder)[0] == 0
    assert d2lab("plot", folder)[0] == 0
    (folder / "checkpoint" / "state.json").rename(here / "kept.json")
    code, _, err = d2lab("resume", folder)  # with no checkpoint it has to begin again
    assert code == 2
    assert "weights.pth" in err


def test_a_list_of_many_reads_each_table_of_the_library_once(d2lab, cache, monkeypatch):
    """A table of classes is a megabyte of text, a sorted list of all names 0.04 s; both were made anew for each row."""
    import timm

    from d2lab.pretrained import origin

    made = []
    table, names = timm.data.ImageNetInfo, timm.list_models
    monkeypatch.setattr(timm.data, "ImageNetInfo", lambda subset: made.append(subset) or table(subset))
    monkeypatch.setattr(timm, "list_models", lambda *given, **named: made.append("names") or names(*given, **named))
    origin._names_of_subset.cache_clear()
    code, out, _ = d2lab("pretrained", "list", "timm/resnet1")
    assert code == 0
    assert len(out.splitlines()) > 20
    assert made.count("imagenet-1k") == 1
    assert len(made) == len(set(made))
