"""What comes in packed: gzip, zip and XML are read whole, or refused by name in little time and memory."""

import gzip
import os
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from console.errors import ExportError
from exporters import unpack
from exporters.unpack import gunzip, open_zip, parse_xml, read_bytes, read_entry

#: Without the time of day: parameters are part of a test's name, and workers compare those.
pack = partial(gzip.compress, mtime=0)

# gzip


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.integers(0, 9))
def test_gzip_members_come_back_joined(members: list[bytes], level: int) -> None:
    packed = b"".join(pack(member, level) for member in members)
    assert gunzip(packed, "x") == b"".join(members) == gzip.decompress(packed)


def test_a_file_of_many_blocks_comes_back() -> None:
    data = os.urandom(3 << 20) + b"<a/>" * 2_000_000
    assert gunzip(pack(data, 1), "x") == data


def test_zeros_after_the_end_are_padding() -> None:
    assert gunzip(pack(b"text") + bytes(512), "x") == b"text"


@pytest.mark.parametrize("size", range(1, 30))
def test_a_gzip_cut_anywhere_is_refused(size: int) -> None:
    packed = pack(b"one, two, three")
    with pytest.raises(ExportError, match="x"):
        gunzip(packed[: min(size, len(packed) - 1)], "x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cut short"),
        (b"REAPER", "not packed by gzip"),
        (pack(b"a") + b"rest", "not packed by gzip"),
        (pack(b"hello")[:-5] + b"\0\0\0\0\0", "not packed by gzip"),
        (pack(b"") * 1001, "members"),
    ],
)
def test_what_is_no_gzip_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        gunzip(data, "song.als")


def test_a_gzip_bomb_is_refused_before_it_has_unfolded() -> None:
    bomb = pack(bytes(200 << 20), 9)
    assert len(bomb) < 300_000
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(ExportError, match="unpacks to more than"):
        gunzip(bomb, "song.als")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - started < 5.0
    assert peak < 200 << 20


def test_a_bomb_in_many_members_is_refused_too() -> None:
    with pytest.raises(ExportError, match="unpacks to more than"):
        gunzip(pack(bytes(1 << 20), 9) * 500, "song.als", limit=100 << 20)


def test_tight_but_small_text_is_no_bomb() -> None:
    assert len(gunzip(pack(bytes(1 << 20), 9), "x")) == 1 << 20


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_gzip_is_read_or_refused(data: st.DataObject) -> None:
    packed = bytearray(pack(b"<Ableton><LiveSet/></Ableton>" * 20))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        gunzip(bytes(packed), "x")
    except ExportError as error:
        assert "x" in str(error)  # noqa: PT017


# files


def test_a_pipe_or_a_folder_is_no_project(tmp_path: Path) -> None:
    for read in (read_bytes, open_zip):
        with pytest.raises(ExportError, match="is no file"):
            read(tmp_path)
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes on this system")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for read in (read_bytes, open_zip):
        with pytest.raises(ExportError, match="is no file"):
            read(pipe)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rpp"
    path.write_bytes(bytes(11))
    assert read_bytes(path, 11) == bytes(11)
    with pytest.raises(ExportError, match=r"a\.rpp"):
        read_bytes(path, 10)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (read_bytes, open_zip):
        with pytest.raises(ExportError, match="nowhere"):
            read(tmp_path / "nowhere")


# zip


def make_zip(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_zip_is_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"project.xml": b"<a/>", "audio/a b.wav": b"RIFF", "ü/": b""})
    with open_zip(path) as archive:
        assert archive.namelist() == ["project.xml", "audio/a b.wav", "ü/"]
        assert read_entry(archive, "project.xml") == b"<a/>"
        assert read_entry(archive, "audio/a b.wav", 4) == b"RIFF"
        with pytest.raises(ExportError, match=r"has no 'x'"):
            read_entry(archive, "x")
        with pytest.raises(ExportError, match="larger"):
            read_entry(archive, "audio/a b.wav", 3)
    # on Windows a file that is still open could not be removed
    path.unlink()


def test_a_zip64_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("project.xml")
        with archive.open(info, "w", force_zip64=True) as file:
            file.write(b"<a/>")
    with open_zip(path) as archive:
        assert read_entry(archive, "project.xml") == b"<a/>"


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "\\\\server\\x", "..\\x", "C:\\x", "c:x", "C:/x", "a\\..\\..\\x"],
)
def test_names_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "a.zip", {"project.xml": b"<a/>", name: b"x"})
    with pytest.raises(ExportError, match="outside"):
        open_zip(path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("audio/a.wav")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ExportError, match="link"):
        open_zip(path)


def test_an_entry_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("project.xml", "<b/>")
    with pytest.raises(ExportError, match="twice"):
        open_zip(path)


def test_methods_of_packing_that_no_daw_uses_are_refused(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = make_zip(tmp_path / f"{method}.zip", {"project.xml": bytes(100)}, method)
        with pytest.raises(ExportError, match="method"):
            open_zip(path)


def patched_zip(path: Path, change: Callable[[bytearray, int, int], None]) -> Path:
    """A zip with one deflated entry whose bytes `change(data, local header, central header)` has altered."""
    make_zip(path, {"project.xml": b"<a>" + bytes(5000) + b"</a>"})
    data = bytearray(path.read_bytes())
    change(data, data.index(b"PK\3\4"), data.index(b"PK\1\2"))
    path.write_bytes(data)
    return path


def _encrypt(data: bytearray, local: int, central: int) -> None:
    data[local + 6] |= 1
    data[central + 8] |= 1


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="encrypted"):
        open_zip(patched_zip(tmp_path / "a.zip", _encrypt))


@pytest.mark.parametrize("size", [0, 10, 4000, 100_000, 0xFFFFFFF0])
def test_a_size_that_lies_is_found_out(tmp_path: Path, size: int) -> None:
    def lie(data: bytearray, local: int, central: int) -> None:
        struct.pack_into("<I", data, local + 22, size)
        struct.pack_into("<I", data, central + 24, size)

    path = patched_zip(tmp_path / "a.zip", lie)
    with pytest.raises(ExportError, match=r"a\.zip"), open_zip(path) as archive:
        read_entry(archive, "project.xml")


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """As in a quine or an overlap bomb: one kernel of packed bytes, listed many times."""
    packer = zlib.compressobj(9, wbits=-15)
    kernel = packer.compress(bytes(1 << 20)) + packer.flush()
    crc = zlib.crc32(bytes(1 << 20))
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(kernel), 1 << 20, 1, 0) + b"0"
    count = 1000
    listing = b""
    for index in range(count):
        name = f"{index:04}".encode()
        head = struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(kernel), 1 << 20, 4, 0, 0, 0, 0, 0, 0
        )
        listing += head + name
    start = len(local) + len(kernel)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listing), start, 0)
    path = tmp_path / "a.zip"
    path.write_bytes(local + kernel + listing + end)
    with pytest.raises(ExportError, match="share bytes"):
        open_zip(path)


def test_an_honest_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("0", bytes(4 << 20))
    data = path.read_bytes()
    # Its header says that it holds 3 GiB: nothing is unpacked to find out.
    claimed = data.replace(struct.pack("<I", 4 << 20), struct.pack("<I", 3 << 30))
    path.write_bytes(claimed)
    with pytest.raises(ExportError, match="unpacks to 3072 MiB"):
        open_zip(path)


def test_too_many_entries_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    listing = entry * 400_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(listing), 0, 0)
    path = tmp_path / "a.zip"
    path.write_bytes(listing + end)
    started = time.perf_counter()
    with pytest.raises(ExportError, match="list of entries"):
        open_zip(path)
    assert time.perf_counter() - started < 2.0


def test_a_hundred_thousand_entries_and_one_more_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "_MAX_ENTRIES", 100)
    path = make_zip(tmp_path / "a.zip", {str(index): b"" for index in range(101)})
    with pytest.raises(ExportError, match="101 entries"):
        open_zip(path)


@given(data=st.data())
@settings(max_examples=300)
def test_a_damaged_zip_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    make_zip(path, {"project.xml": b"<a/>" * 30, "ü.wav": bytes(50), "metadata.xml": b"<b/>"})
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])
    try:
        with open_zip(path) as archive:
            for name in archive.namelist():
                read_entry(archive, name)
    except ExportError as error:
        assert "a.zip" in str(error)  # noqa: PT017
    path.unlink()


# XML


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "iso-8859-1", "utf-16-be"]
)
def test_declared_encodings_and_byte_order_marks_are_read(encoding: str) -> None:
    name = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    text = f"<?xml version='1.0' encoding='{name}'?><a>ü</a>"
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    data = marks.get(encoding, b"") + text.encode(encoding)
    assert parse_xml(data, "x").getroot().text == "ü"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"<a>",
        b"<a></b>",
        b"<a/><a/>",
        b"<a>\xff</a>",
        b"<a b='1' b='2'/>",
        b"<a>\x01</a>",
        b"<a>&nothing;</a>",
        b"<a>&#0;</a>",
        b"<a>&#xD800;</a>",
        b"<?xml version='1.0' encoding='no-such-code'?><a/>",
        "<?xml version='1.0' encoding='utf-8'?><a>ü</a>".encode("latin-1"),
        bytes(range(256)),
    ],
)
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    with pytest.raises(ExportError, match=r"song\.xml is no XML"):
        parse_xml(data, "song.xml")


_LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (depth, b"&l%d;" % (depth - 1) * 10) for depth in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY l0 "lol">' + _LAUGHS + b"]><a>&l11;</a>",
        b'<!DOCTYPE a [<!ENTITY l0 "lol">' + _LAUGHS + b']><a b="&l11;"/>',
        b'<!DOCTYPE a [<!ENTITY l "' + b"x" * 100_000 + b'">]><a b="' + b"&l;" * 20_000 + b'"/>',
        b"<!DOCTYPE a [<!ENTITY % p \"<!ENTITY l 'x'>\"> %p;]><a>&l;</a>",
        b'<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
    ],
)
def test_a_document_type_is_refused(data: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(ExportError, match="x"):
        parse_xml(data, "x")
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize(
    "entity", ['<!ENTITY e SYSTEM "{}">', '<!ENTITY % p SYSTEM "{}"> %p;', '<!ENTITY e PUBLIC "x" "{}">']
)
def test_no_other_file_is_read(tmp_path: Path, entity: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("<!ENTITY e 'hidden words'>", encoding="utf-8")
    document = f"<!DOCTYPE a [{entity.format(secret.as_uri())}]><a>&e;</a>"
    with pytest.raises(ExportError) as caught:
        parse_xml(document.encode(), "x")
    assert "hidden words" not in str(caught.value)
    outside = f'<!DOCTYPE a SYSTEM "{secret.as_uri()}"><a>&e;</a>'
    with pytest.raises(ExportError) as caught:
        parse_xml(outside.encode(), "x")
    assert "hidden words" not in str(caught.value)


def test_an_inclusion_stays_an_element(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words", encoding="utf-8")
    text = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="{secret.as_uri()}"/></a>'
    root = parse_xml(text.encode(), "x").getroot()
    assert "".join(root.itertext()) == ""


def test_depth_is_bounded_so_that_no_stack_overflows() -> None:
    assert parse_xml(b"<a>" * 300 + b"</a>" * 300, "x") is not None
    with pytest.raises(ExportError, match="depth"):
        parse_xml(b"<a>" * 100_000 + b"</a>" * 100_000, "x")
    with pytest.raises(ExportError, match="x"):
        parse_xml(b"<a>" * 1_000_000, "x")


def test_a_document_of_nothing_but_tags_is_refused_before_it_is_read() -> None:
    started = time.perf_counter()
    with pytest.raises(ExportError, match="million tags"):
        parse_xml(b"<a>" + b"<b/>" * unpack.MAX_XML_PARTS + b"</a>", "x")
    with pytest.raises(ExportError, match="million tags"):
        parse_xml(b"<a " + b"b='' " * unpack.MAX_XML_PARTS + b"/>", "x")
    assert time.perf_counter() - started < 3.0


def test_many_attributes_and_a_huge_one_take_no_longer_than_they_are_long() -> None:
    started = time.perf_counter()
    many = b"<a " + b" ".join(b"a%d='1'" % index for index in range(100_000)) + b"/>"
    assert len(parse_xml(many, "x").getroot().attrib) == 100_000
    value = parse_xml(b"<a b='" + b"x" * 20_000_000 + b"'/>", "x").getroot().get("b")
    assert value is not None
    assert len(value) == 20_000_000
    assert time.perf_counter() - started < 5.0


@given(st.data())
@settings(max_examples=300)
def test_damaged_xml_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(
        b"<?xml version='1.0' encoding='UTF-8'?>\n<Project a='&lt;'><!-- c --><T>x</T></Project>\n"
    )
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_xml(bytes(content), "x")
    except ExportError as error:
        assert str(error).startswith("x ")  # noqa: PT017


def test_comments_instructions_and_space_stay() -> None:
    text = b"<?pi a?><!-- one --><a> <b/>\n<!-- two --><?pi b?> </a><!-- three -->"
    tree = parse_xml(text, "x")
    assert etree.tostring(tree) == text
