"""Small SVG: what matplotlib writes, without what no reader sees; the same figure gives the same bytes.

Numbers are rounded to a hundredth of a point (paths of letters to their own grid), paths become relative, styles that
stand more than once become classes, and names that nothing refers to go. Photos become JPEG. Names carry a hash of the
figure: in a notebook several figures share one page.
"""

import base64
import binascii
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
NUMBER = re.compile(r"-?\d*\.?\d+(?:e[-+]?\d+)?")
COMMAND = re.compile(r"([MLQCz])([^MLQCz]*)")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
POINTS = 2  # decimals of a coordinate, in points: 0.005 is less than a screen can show
GLYPH = "scale(0.015625)"  # matplotlib gives letters in 64ths: whole numbers there
PNG, JPEG = "data:image/png;base64,", "data:image/jpeg;base64,"
PHOTO = 4_000  # pixels from which an image with many colors is a photo
QUALITY = 85  # of a JPEG, all of its colors at full resolution: thin lines of red stay sharp
GAIN = 0.6  # share of a PNG's bytes that a JPEG may have at most to take its place
ROUNDED = ("x", "y", "x1", "y1", "x2", "y2", "r", "cx", "cy", "width", "height")


def compact_svg(text: str) -> str:
    """Return an SVG of matplotlib that looks the same and is a few times smaller.

    Args:
        text: of the file.
    """
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(text)  # noqa: S314 (our own figures)
    mark = "d" + hashlib.sha256(text.encode()).hexdigest()[:5]
    _prune(root)
    _shrink_photos(root)
    _rename(root, mark)
    for element in root.iter():
        element.text = element.text.strip() if element.text and element.text.strip() else None
        element.tail = None
        _round(element)
    _share_styles(root, mark)
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")


def _shrink_photos(root: ElementTree.Element) -> None:
    """Replace the PNG of each photo by a JPEG, where that is much smaller."""
    for element in root.iter(f"{{{SVG}}}image"):
        reference = element.get(HREF, "")
        if reference.startswith(PNG):
            element.set(HREF, _as_jpeg(reference.removeprefix(PNG)) or reference)


def _as_jpeg(encoded: str) -> str:
    """Return a PNG as the reference of a JPEG; nothing where it is no photo, or hardly smaller."""
    from PIL import Image

    try:
        content = base64.b64decode(encoded)
        image = Image.open(io.BytesIO(content)).convert("RGBA")
    except (binascii.Error, OSError):
        return ""
    opaque = image.getchannel("A").getextrema() == (255, 255)
    if image.width * image.height < PHOTO or not opaque or image.getcolors(256) is not None:
        return ""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    if buffer.tell() > GAIN * len(content):
        return ""
    return JPEG + base64.b64encode(buffer.getvalue()).decode()


def _prune(root: ElementTree.Element) -> None:
    """Remove metadata, and names that nothing refers to, and groups that say nothing."""
    for child in root.findall(f"{{{SVG}}}metadata"):
        root.remove(child)
    used = set(_references(root))
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
    _ungroup(root)


def _ungroup(parent: ElementTree.Element) -> None:
    """Put the children of a group without attributes into its place, at every depth."""
    children = []
    for child in list(parent):
        _ungroup(child)
        children += list(child) if child.tag == f"{{{SVG}}}g" and not child.attrib else [child]
    parent[:] = children


def _references(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == HREF and value.startswith("#"):
                yield value[1:]
            yield from REFERENCE.findall(value)


def _rename(root: ElementTree.Element, mark: str) -> None:
    """Shorten the names that something refers to, numbered in the order of the file."""
    named = [element for element in root.iter() if element.get("id")]
    short = {element.attrib["id"]: f"{mark}{number:x}" for number, element in enumerate(named)}
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.set(name, short[value])
            elif name == HREF and value.startswith("#"):
                element.set(name, f"#{short[value[1:]]}")
            else:
                element.set(name, REFERENCE.sub(lambda found: f"url(#{short[found[1]]})", value))


def _round(element: ElementTree.Element) -> None:
    """Round the numbers of one element."""
    if "d" in element.attrib:
        decimals = 0 if element.get("transform") == GLYPH else POINTS
        element.set("d", relative_path(element.attrib["d"], decimals))
    if "points" in element.attrib:
        element.set("points", _rounded(element.attrib["points"], POINTS))
    if "transform" in element.attrib and element.get("transform") != GLYPH:
        parts = re.sub(r"[a-z]+\([^)]*\)", _transform, element.attrib["transform"])
        element.set("transform", parts.replace(") ", ")"))
    for name in ROUNDED:
        if NUMBER.fullmatch(element.get(name, "")):
            element.set(name, _number(float(element.attrib[name]), POINTS))


def _transform(found: re.Match[str]) -> str:
    """A place needs hundredths; a scale multiplies what it stands before, so it needs more."""
    return _rounded(found[0], POINTS if found[0].startswith("translate") else 5)


def _rounded(text: str, decimals: int) -> str:
    return NUMBER.sub(lambda found: _number(float(found[0]), decimals), text)


def _number(value: float, decimals: int) -> str:
    """Write a number with at most so many decimals, without zeros that say nothing."""
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = "0" if text in ("-0", "") else text
    return re.sub(r"^(-?)0\.", r"\1.", text)


def relative_path(path: str, decimals: int) -> str:
    """Rewrite a path of M, L, Q, C and z with differences from the point before, which have fewer digits.

    Every point is rounded by itself, so errors do not add up.

    Args:
        path: as matplotlib writes it.
        decimals: to keep.
    """
    scale, parts = 10**decimals, []
    at = start = (0, 0)  # in units of the last decimal, exact
    for command, rest in COMMAND.findall(path):
        if command == "z":
            parts.append("z")
            at = start
            continue
        whole = [round(float(number) * scale) for number in NUMBER.findall(rest)]
        points = list(zip(whole[::2], whole[1::2], strict=True))
        steps = [(x - at[0], y - at[1]) for x, y in points]
        numbers = [_number(value / scale, decimals) for step in steps for value in step]
        parts.append((command.lower() if parts else command) + _joined(numbers))
        at = points[-1]
        start = at if command == "M" else start
    return "".join(parts)


def _joined(numbers: list[str]) -> str:
    """Join numbers with blanks where a sign does not divide them."""
    return "".join(number if not i or number.startswith("-") else f" {number}" for i, number in enumerate(numbers))


def _share_styles(root: ElementTree.Element, mark: str) -> None:
    """Write styles without blanks, and those that stand more than once as a class."""
    styled = [element for element in root.iter() if "style" in element.attrib]
    for element in styled:
        element.set("style", re.sub(r"\s*([:;])\s*", r"\1", element.attrib["style"].strip()).rstrip(";"))
    counted = Counter(element.attrib["style"] for element in styled)
    shared = {style: f"{mark}s{i:x}" for i, style in enumerate(s for s, n in counted.items() if n > 1 and s)}
    for element in styled:
        style = element.attrib["style"]
        if style in shared or not style:
            del element.attrib["style"]
        if style in shared:
            element.set("class", shared[style])
    sheet = next(root.iter(f"{{{SVG}}}style"), None)
    if sheet is None:
        sheet = ElementTree.Element(f"{{{SVG}}}style")
        root.insert(0, sheet)
    general = re.sub(r"\s*([:;{}])\s*", r"\1", (sheet.text or "").strip())
    sheet.text = general + "".join(f".{name}{{{style}}}" for style, name in shared.items())
