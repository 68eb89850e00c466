"""`d2lab inspect`, `features` and `cam`: what they print and draw, and what they refuse."""

import re

import pytest
from PIL import Image

PICTURES = ("{}.png", "{}.svg", "{}-dark.png", "{}-dark.svg")


def drawn(folder, name):
    return all((folder / form.format(name)).stat().st_size > 1000 for form in PICTURES)


@pytest.fixture
def refused(d2lab, here):
    """Run a command that must be refused with one line, and must leave nothing behind."""

    def call(*arguments):
        before = sorted(here.iterdir())
        code, _, err = d2lab(*arguments)
        assert code == 2, err
        assert err.count("\n") == 1
        assert sorted(here.iterdir()) == before
        return err

    return call


def test_a_recipe_s_net_is_told_layer_by_layer(d2lab, here):
    code, out, err = d2lab("inspect", "lenet")
    assert (code, err) == (0, "")
    assert out.startswith("lenet: the recipe's model, chapter 15, on digits\n")
    (row,) = [line.split() for line in out.splitlines() if line.startswith("conv2")]
    assert row[:5] == ["conv2", "Conv2d", "16x10x10", "2,416", "240,000"]
    assert row[7] == "14"  # pixels that it sees
    assert row[8:] == [row[8], "%"]
    assert "61,706 parameters, 416,520 multiply-adds" in out
    assert re.search(r"ms forward and backward, batch 1, cpu, \d+ thread", out)
    assert drawn(here, "inspect-lenet")


def test_a_paper_s_net_is_not_the_recipe_s(d2lab, here):
    out = d2lab("inspect", "resnet18", "--no-time", "--depth", 1)[1]
    assert "the paper's model is another: --paper" in out
    assert "11,178,378 parameters" in out
    code, out, _ = d2lab("inspect", "resnet18", "--paper", "--no-time", "--depth", 1, "--out", here / "model.png")
    assert code == 0
    assert "the paper's model, for ImageNet" in out
    assert "11,689,512 parameters, 1,814,073,344 multiply-adds" in out
    assert " time" not in out
    assert re.search(r"stage1 +14 layers +64x56x56 .* 43$", out, re.M)
    assert drawn(here, "model")


def test_size_and_settings_change_the_net(d2lab, here):
    out = d2lab("inspect", "resnet50", "--size", 64, "--set", "classes=10", "--no-time")[1]
    assert "one example of 3 x 64 x 64" in out
    assert re.search(r"^out +Linear +10 ", out, re.M)
    out = d2lab("inspect", "resnet20", "--size", 48, "--set", "depth=8", "--no-time", "--data", "fashion-mnist")[1]
    assert "on fashion-mnist" in out
    assert "one example of 1 x 48 x 48" in out


def test_a_run_is_inspected_without_its_weights(d2lab, trained, here):
    import shutil

    copy = shutil.copytree(trained["lenet"], here / "copy", ignore=shutil.ignore_patterns("checkpoint"))
    code, out, _ = d2lab("inspect", copy, "--no-time", "--size", 40)
    assert code == 0
    assert "a run of lenet on digits" in out
    assert "one example of 1 x 40 x 40" in out


def test_a_net_of_numbers_sees_no_picture(d2lab, here):
    code, out, _ = d2lab("inspect", "linear", "--no-time")
    assert code == 0
    assert "sees" not in out
    assert drawn(here, "inspect-linear")
    assert "sees" in d2lab("inspect", "mlp", "--no-time")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inspect", "resnet-50"), "Did you mean 'resnet50'"),
        (("inspect", "lenett"), "Did you mean 'lenet'"),
        (("inspect", "lenet", "--paper"), "resnet18"),
        (("inspect", "lenet", "--size", 11), "at least 12"),
        (("inspect", "alexnet", "--paper", "--size", 32), "63 or more"),
        (("inspect", "vgg16", "--size", -1), "from 1 to 4,096"),
        (("inspect", "mlp", "--size", 8), "which mlp is not"),
        (("inspect", "vgg16", "--data", "digits"), "a recipe"),
        (("inspect", "lenet", "--data", "imagenett"), "digits"),
        (("inspect", "vgg16", "--set", "dept=3"), "Did you mean 'depth'"),
        (("inspect", "vgg16", "--set", "depth"), "KEY=VALUE"),
        (("inspect", "lenet", "--depth", 0), "from 1 to 1,000"),
        (("inspect", "lenet", "--batch", 0), "from 1 to"),
        (("inspect", "lenet", "--device", "warp"), "cpu"),
        (("features", "nothing"), "recipe.json"),
        (("cam", "nothing"), "recipe.json"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(refused, arguments, words):
    assert words in refused(*arguments)


def test_pictures_that_can_t_be_written_are_one_line(refused, here):
    (here / "file").write_text("in the way")
    assert "file" in refused("inspect", "lenet", "--no-time", "--out", here / "file" / "model")
    assert (here / "file").read_text() == "in the way"


def test_features_are_drawn_for_examples_and_files(d2lab, trained, here):
    code, out, _ = d2lab("features", trained["lenet"], "--example", 3, "--out", here / "seen")
    assert code == 0
    assert out.strip() == str(here / "seen.png")
    assert drawn(here, "seen")
    Image.effect_noise((30, 20), 80).save(here / "noise.png")
    assert d2lab("features", trained["lenet"], here / "noise.png", "--layer", "pool2", "--layer", "conv1")[0] == 0
    assert drawn(trained["lenet"], "features")


def test_two_nets_are_compared_layer_by_layer(d2lab, trained, here):
    import shutil

    twin = shutil.copytree(trained["lenet"], here / "twin")
    code, out, _ = d2lab("features", trained["lenet"], "--beside", twin, "--out", here / "two")
    assert code == 0
    assert drawn(here, "two")
    assert drawn(here, "two-similarity")
    rows = [line.split() for line in out.splitlines()[2:-1]]
    assert [row[0] for row in rows][:3] == ["conv1", "activation1", "pool1"]
    assert all(row == [row[0], row[0], "1.000"] for row in rows)  # the same weights


def test_cam_names_the_classes_and_draws_where(d2lab, trained, here):
    code, out, _ = d2lab("cam", trained["lenet"], "--example", 7, "--top", 2, "--out", here / "where")
    assert code == 0
    assert re.match(r"test example 7, class \d: \d [01]\.\d{3}  \d 0\.\d{3}  \(Grad-CAM at pool2\)\n", out)
    assert drawn(here, "where")
    assert "Grad-CAM at conv1" in d2lab("cam", trained["lenet"], "--layer", "conv1", "--invert", "--out", here)[1]
    assert drawn(here, "cam")


def test_a_net_that_ends_in_a_mean_is_asked_for_its_class_activation_map(d2lab, here):
    from d2lab.experiments import train

    changes = {"depth": 8, "examples": 32, "batch_size": 16}
    run = train("resnet20", budget="smoke", changes=changes, device="cpu", root=here / "runs")
    code, out, _ = d2lab("cam", run.record.folder)
    assert code == 0
    assert "(class activation map)" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("features", "lenet", "--layer", "conv3"), "Did you mean 'conv"),
        (("features", "lenet", "--layer", "out"), "maps"),
        (("features", "lenet", "--example", 100_000), "test examples of digits"),
        (("features", "lenet", "--example", -1), "0 to"),
        (("features", "lenet", "nowhere.png"), "nowhere.png"),
        (("features", "lenet", "nowhere.png", "--example", 1), "not both"),
        (("features", "mlp"), "with maps"),
        (("features", "linear"), "images"),
        (("features", "lenet", "--beside", "perceptron"), "a run on digits"),
        (("cam", "mlp"), "with maps"),
        (("cam", "perceptron"), "images"),
        (("cam", "lenet", "--top", 0), "1 to 8"),
        (("cam", "lenet", "--top", 9), "1 to 8"),
        (("cam", "lenet", "--layer", "hidden1"), "maps"),
        (("cam", "lenet", "--layer", "pool3"), "Did you mean 'pool"),
        (("cam", "lenet", "--example", 100_000), "test examples"),
    ],
)
def test_a_picture_that_can_t_be_made_is_refused(refused, trained, arguments, words):
    verb, run, *rest = arguments
    rest = [trained.get(part, part) if isinstance(part, str) else part for part in rest]
    assert words in refused(verb, trained[run], *rest)


def test_the_options_are_frozen(d2lab):
    def options(verb):
        return set(re.findall(r"(--[a-z-]+)", d2lab(verb, "--help")[1])) - {"--help"}

    frozen = "--size --paper --data --set --depth --time --no-time --batch --device --out"
    assert options("inspect") == set(frozen.split())
    assert options("features") == {"--example", "--layer", "--beside", "--invert", "--out"}
    assert options("cam") == {"--example", "--top", "--layer", "--invert", "--out"}
