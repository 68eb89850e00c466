"""An archive is unpacked into its folder, whole or not at all, whatever its maker intended."""

import io
import stat
import tarfile
import zipfile

import pytest

from d2lab.core.errors import DataError
from d2lab.data.archive import unpack

FILES = {"set/a.txt": b"alpha", "set/deep/b.bin": bytes(200_000), "c": b""}


def make_zip(path, entries, **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in entries:
            z.writestr(name if isinstance(name, zipfile.ZipInfo) else zip_entry(name), content, **how)


def zip_entry(name, kind=stat.S_IFREG):
    entry = zipfile.ZipInfo("x")
    entry.filename = entry.orig_filename = name  # the constructor would tidy it
    entry.external_attr = (kind | 0o644) << 16
    return entry


def make_tar(path, entries, mode="w"):
    with tarfile.open(path, mode) as t:
        for entry, content in entries:
            member = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            member.size = len(content)
            t.addfile(member, io.BytesIO(content))


def tar_entry(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def make(path, entries):
    if path.suffix == ".zip":
        make_zip(path, entries)
    else:
        make_tar(path, entries, {".tar": "w", ".gz": "w:gz", ".xz": "w:xz"}[path.suffix])
    return path


def refused(archive, folder, match, *, limit_bytes=1_000_000, limit_files=100):
    """Expect a DataError, one line, and nothing left behind."""
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(DataError, match=match) as error:
        unpack(archive, folder, limit_bytes=limit_bytes, limit_files=limit_files)
    assert "\n" not in str(error.value)
    assert sorted(folder.parent.rglob("*")) == before
    return error.value


kinds = pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz"])


@kinds
def test_unpacks_every_kind(tmp_path, name):
    archive = make(tmp_path / name, FILES.items()).rename(tmp_path / "no-ending")
    unpack(archive, tmp_path / "out", limit_bytes=200_005, limit_files=3)
    found = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()
    }
    assert found == FILES
    assert sorted(p.name for p in tmp_path.iterdir()) == ["no-ending", "out"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_takes_folders_that_are_listed_before_and_after_their_files(tmp_path):
    archive = make_zip(tmp_path / "a.zip", [("d/", b""), ("d/x", b"1"), ("d/", b""), ("./e/y", b"2")])
    unpack(tmp_path / "a.zip", tmp_path / "out", limit_bytes=2, limit_files=4)
    assert archive is None
    assert (tmp_path / "out" / "e" / "y").read_bytes() == b"2"
    members = [(tar_entry(".", tarfile.DIRTYPE), b""), (tar_entry("./d", tarfile.DIRTYPE), b""), ("./d/x", b"1")]
    make_tar(tmp_path / "a.tar", members)
    unpack(tmp_path / "a.tar", tmp_path / "out2", limit_bytes=1, limit_files=3)
    assert (tmp_path / "out2" / "d" / "x").read_bytes() == b"1"


@kinds
@pytest.mark.parametrize(
    "evil",
    ["/etc/evil", "../evil", "a/../../evil", "C:/evil", "c:evil", "a\\..\\evil", "\\\\host\\evil", "a/x:stream", "."],
)
def test_refuses_names_that_leave_the_folder(tmp_path, name, evil):
    archive = make(tmp_path / name, [("good", b"1"), (evil, b"2")])
    assert repr(evil) in str(refused(archive, tmp_path / "out", "leaves the folder|absolute or not portable").what)


def test_refuses_a_name_with_a_zero_byte(tmp_path):
    make_zip(tmp_path / "a.zip", [("good#evil", b"1")])
    raw = (tmp_path / "a.zip").read_bytes().replace(b"good#evil", b"good\0evil")
    (tmp_path / "a.zip").write_bytes(raw)
    refused(tmp_path / "a.zip", tmp_path / "out", "not portable|differ")


@kinds
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("first", "second"),
    [("a", "a"), ("a", "A"), ("d/x", "D/y"), ("a", "./a"), ("a", "a/b"), ("a/b", "a"), ("é", "e\u0301"), ("a", "a.")],
)
def test_refuses_two_names_for_one_place(tmp_path, name, first, second):
    archive = make(tmp_path / name, [(first, b"1"), (second, b"2")])
    refused(archive, tmp_path / "out", "a second entry for")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_refuses_links_and_devices_in_a_zip(tmp_path, kind):
    make_zip(tmp_path / "a.zip", [(zip_entry("link", kind), b"/etc/passwd")])
    refused(tmp_path / "a.zip", tmp_path / "out", "a link or a device")


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_refuses_links_and_devices_in_a_tar(tmp_path, kind):
    member = tar_entry("link", kind, "good")
    make_tar(tmp_path / "a.tar", [("good", b"1"), (member, b"")])
    refused(tmp_path / "a.tar", tmp_path / "out", "a link, a device or a sparse file")


@kinds
def test_refuses_more_bytes_than_the_limit(tmp_path, name):
    archive = make(tmp_path / name, [("a", bytes(600_000)), ("b", bytes(600_000))])
    refused(archive, tmp_path / "out", "more than 1000000 bytes")


@kinds
def test_refuses_more_files_than_the_limit(tmp_path, name):
    archive = make(tmp_path / name, [(f"{i}", b"") for i in range(101)])
    refused(archive, tmp_path / "out", "more than 100 entries")


def test_counts_what_comes_out_and_not_what_the_header_says(tmp_path):
    make_zip(tmp_path / "a.zip", [("bomb", bytes(5_000_000))])
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    true, lie = (5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(raw.replace(true, lie))
    refused(tmp_path / "a.zip", tmp_path / "out", "more than|need")


def test_refuses_a_tar_header_that_would_fill_the_memory(tmp_path):
    long_name = tar_entry("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    make_tar(tmp_path / "a.tar.gz", [(long_name, bytes(3_000_000)), ("a", b"1")], "w:gz")
    refused(tmp_path / "a.tar.gz", tmp_path / "out", "a header of")


def test_refuses_an_encrypted_zip(tmp_path):
    make_zip(tmp_path / "a.zip", [("secret", b"1")])
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(raw)
    refused(tmp_path / "a.zip", tmp_path / "out", "an encrypted entry")


def test_refuses_a_zip_whose_content_has_changed(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z:
        z.writestr("a", b"some content")
    raw = (tmp_path / "a.zip").read_bytes().replace(b"some content", b"evil content")
    (tmp_path / "a.zip").write_bytes(raw)
    refused(tmp_path / "a.zip", tmp_path / "out", "Bad CRC-32")


@kinds
@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.6, 0.97])
def test_refuses_an_archive_that_was_cut_off(tmp_path, name, share):
    noise = bytes(i * i % 251 for i in range(30_000))
    archive = make(tmp_path / name, [(f"{i}", noise) for i in range(4)])
    raw = archive.read_bytes()
    # 30,720 bytes are one header and one padded file: the plain tar is also cut exactly between two entries.
    archive.write_bytes(raw[: 3 * 30_720 if (name, share) == ("a.tar", 0.97) else int(len(raw) * share)])
    refused(archive, tmp_path / "out", "need a whole zip or tar archive|need a readable archive|as its header says")


def test_refuses_a_tar_with_something_after_its_end(tmp_path):
    archive = make(tmp_path / "a.tar", FILES.items())
    archive.write_bytes(archive.read_bytes() + b"more")
    refused(archive, tmp_path / "out", "no proper end after 3 entries")


@kinds
def test_refuses_garbage(tmp_path, name):
    (tmp_path / name).write_bytes(b"<html>not found</html>" * 100)
    refused(tmp_path / name, tmp_path / "out", "need a whole zip or tar archive")


def test_refuses_a_missing_archive_and_a_folder_that_exists(tmp_path):
    refused(tmp_path / "none.zip", tmp_path / "out", "No such file")
    (tmp_path / "out").mkdir()
    refused(make(tmp_path / "a.zip", FILES.items()), tmp_path / "out", "a folder that exists")


SPARSE = [
    {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x"},
    {"GNU.sparse.map": "0,x"},
    {"GNU.sparse.map": "1,2,3"},
    {"GNU.sparse.size": "x"},
    {"size": "-1"},
]


@pytest.mark.parametrize("headers", SPARSE)
@pytest.mark.parametrize("content", [b"", b"no newline", b"1\n0\n"])
def test_a_tar_whose_headers_lie_is_refused_in_a_line(tmp_path, headers, content):
    entry = tarfile.TarInfo("x")
    entry.size, entry.pax_headers = len(content), headers
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(content))
    error = refused(tmp_path / "a.tar", tmp_path / "out", "got")
    assert "\n" not in str(error)
