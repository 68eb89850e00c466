"""Weights over HTTP against a server with the faults of real ones; the nearest place that has them wins."""

import hashlib
import json

import pytest
import torch
from tests.pretrained.conftest import SMALL_TIMM, SMALL_TORCHVISION, random_net, saved

from d2lab.core.errors import DataError
from d2lab.pretrained import find_origin, load_pretrained, locate, store

KEPT = [".lock", "manifest.json", "weights.safetensors"]


@pytest.fixture
def squeezenet(hub, tmp_path, named):
    """A model of torchvision's on the server, under the name that its content deserves."""
    from torchvision.models import SqueezeNet1_1_Weights

    model = random_net(SMALL_TORCHVISION)
    hub.body = saved(model, tmp_path / "x.pth").read_bytes()
    hub.file = named(SqueezeNet1_1_Weights.IMAGENET1K_V1, hub.body, "squeezenet1_1")
    return model


@pytest.fixture
def resnet(hub, tmp_path):
    """A model of timm's on the server."""
    model = random_net(SMALL_TIMM)
    hub.body = saved(model, tmp_path / "x.safetensors").read_bytes()
    return model


def holds(loaded, model):
    weights = dict(loaded.model.net.named_parameters())
    return all(torch.equal(weights[name], value) for name, value in model.named_parameters())


def files(cache):
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and path.name != "verified.json")


def test_torchvisions_file_is_fetched_once_and_then_read_without_a_pickle(hub, cache, squeezenet, monkeypatch):
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", hub.url("good", "").rstrip("/") + "/")
    assert holds(load_pretrained(SMALL_TORCHVISION), squeezenet)
    assert hub.heads == hub.paths() == [f"/good/models/{hub.file}"]
    assert files(cache) == KEPT
    manifest = json.loads(
        (cache / "pretrained" / "torchvision-squeezenet1_1.IMAGENET1K_V1" / "manifest.json").read_text()
    )
    assert manifest["bytes"] == len(hub.body)
    assert manifest["url"].endswith(hub.file)
    assert "BSD" in manifest["licence"]
    assert locate(find_origin(SMALL_TORCHVISION)).kind == "cache"
    monkeypatch.setattr(torch, "load", lambda *args, **more: pytest.fail("a pickle was read again"))
    assert holds(load_pretrained(SMALL_TORCHVISION), squeezenet)
    assert len(hub.requests) == len(hub.heads) == 1


@pytest.mark.parametrize("way", ["hub", "hub-silent"])
def test_timms_file_is_fetched_from_the_hub_that_is_named(hub, cache, resnet, monkeypatch, way):
    monkeypatch.setenv("HF_ENDPOINT", hub.url(way, "").rstrip("/"))
    assert holds(load_pretrained(SMALL_TIMM), resnet)
    path = f"/{way}/{SMALL_TIMM}/resolve/main/model.safetensors"
    assert (hub.heads, hub.paths()) == ([path], [f"/good{path}"])
    assert files(cache) == KEPT
    (manifest,) = cache.rglob("manifest.json")
    assert json.loads(manifest.read_text())["version"] == "abc123"


def test_a_cut_connection_is_continued(hub, cache, squeezenet, monkeypatch):
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", hub.url("cut-once", "").rstrip("/"))
    assert holds(load_pretrained(SMALL_TORCHVISION), squeezenet)
    asked = [headers.get("Range") for _, headers in hub.requests]
    assert asked[0] is None
    assert asked[1] == f"bytes={len(hub.body) // 2}-"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("missing", "HTTP 404 from http"),
        ("sizeless", "no size from http"),
        ("wrong", "wrong content (sha256"),
        ("shorter", "offers"),
        ("nowhere", "no connection from http"),
    ],
)
def test_a_server_that_fails_is_one_line_that_says_what_to_do_offline(
    hub, cache, squeezenet, monkeypatch, endpoint, words
):
    url = "http://127.0.0.1:1" if endpoint == "nowhere" else hub.url(endpoint, "").rstrip("/")
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", url)
    with pytest.raises(DataError) as caught:
        load_pretrained(SMALL_TORCHVISION)
    line = str(caught.value)
    assert words in line
    assert "\n" not in line
    assert "D2LAB_TORCH_ENDPOINT" in line
    assert f"pretrained/{hub.file} in a folder of D2LAB_DATA" in line
    assert f"--from {SMALL_TORCHVISION}.IMAGENET1K_V1:FILE" in line
    assert files(cache) in ([".lock"], [".lock", f"{hub.file}.part"])


def test_a_hub_whose_checksum_does_not_fit_is_not_believed(hub, cache, resnet, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url("hub-lies", "").rstrip("/"))
    with pytest.raises(DataError, match=r"wrong content .* Name a mirror with HF_ENDPOINT"):
        load_pretrained(SMALL_TIMM)
    assert files(cache) == [".lock"]


def test_a_page_in_place_of_the_weights_is_not_kept(hub, cache, monkeypatch):
    hub.body = b"<html>log in first</html>"
    monkeypatch.setenv("HF_ENDPOINT", hub.url("hub-silent", "").rstrip("/"))
    with pytest.raises(DataError, match="a web page"):
        load_pretrained(SMALL_TIMM)
    assert "manifest.json" not in files(cache)
    resnet = random_net(SMALL_TIMM)
    hub.body = saved(resnet, cache.parent / "x.safetensors").read_bytes()
    assert holds(load_pretrained(SMALL_TIMM), resnet)  # and does not stand in the way of the true file


@pytest.mark.parametrize("damage", ["weights", "manifest", "hash"])
def test_a_damaged_cache_is_fetched_again(hub, cache, squeezenet, monkeypatch, damage):
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", hub.url("good", "").rstrip("/"))
    load_pretrained(SMALL_TORCHVISION)
    (manifest,) = cache.rglob("manifest.json")
    weights = manifest.with_name("weights.safetensors")
    if damage == "weights":
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(bytes(content))
    else:
        manifest.write_text('{"sha256": 3}' if damage == "hash" else "[")
    assert holds(load_pretrained(SMALL_TORCHVISION), squeezenet)
    assert len(hub.requests) == 2


def test_a_file_in_the_users_folder_needs_no_network(hub, cache, squeezenet, tmp_path, monkeypatch):
    folder = tmp_path / "mine" / "pretrained"
    folder.mkdir(parents=True)
    (folder / hub.file).write_bytes(hub.body)
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "mine"))
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", "http://127.0.0.1:1")
    assert holds(load_pretrained(SMALL_TORCHVISION), squeezenet)
    assert locate(find_origin(SMALL_TORCHVISION)).kind == "D2LAB_DATA"
    assert (folder / hub.file).read_bytes() == hub.body
    (folder / hub.file).write_bytes(hub.body[:-1])
    with pytest.raises(DataError, match="as its name says"):  # an error, not a reason to look elsewhere
        load_pretrained(SMALL_TORCHVISION)


@pytest.mark.parametrize("name", [SMALL_TORCHVISION, SMALL_TIMM])
def test_what_the_library_once_fetched_is_used(hub, cache, squeezenet, tmp_path, monkeypatch, name):
    if name == SMALL_TORCHVISION:
        path, model = tmp_path / "torch" / "hub" / "checkpoints" / hub.file, squeezenet
        path.parent.mkdir(parents=True)
        path.write_bytes(hub.body)
    else:
        model, folder = random_net(SMALL_TIMM), tmp_path / "hf" / ("models--" + SMALL_TIMM.replace("/", "--"))
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("abc")
        (folder / "snapshots" / "abc").mkdir(parents=True)
        saved(model, folder / "snapshots" / "abc" / "model.safetensors")
    assert locate(find_origin(name)).kind == "library"
    assert holds(load_pretrained(name), model)
    assert hub.requests == hub.heads == []


def test_the_second_of_two_that_want_the_same_finds_it_in_the_cache(hub, cache, squeezenet, monkeypatch):
    monkeypatch.setenv("D2LAB_TORCH_ENDPOINT", hub.url("good", "").rstrip("/"))
    origin = find_origin(SMALL_TORCHVISION)
    first = store.obtain(origin)
    monkeypatch.setattr(store, "locate", lambda origin: store.Place("absent", store.folder_of(origin)))
    second = store.obtain(origin)  # as one that looked before the other had written
    assert len(hub.requests) == 1
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_digits_in_torchvisions_names_are_those_of_the_file(squeezenet, hub):
    origin = find_origin(SMALL_TORCHVISION)
    assert origin.sha256 == hashlib.sha256(hub.body).hexdigest()[:8]
