"""The one reader of XML: no document type, so no entities of its own; bounded in size and depth."""

from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from d2lab.core.errors import DataError
from d2lab.core.regular_file import read_regular

LIMIT = 16 * 2**20  # bytes
DEPTH = 32  # elements inside one another


def read_xml(path: Path, what: str) -> Element:
    """Return the root element of an XML file.

    A document type is refused before its first entity is declared: entities within entities ("a billion laughs") or
    from other files are the ways to harm a reader of XML.

    Args:
        path: of the file.
        what: what an error calls it, before its path.

    Raises:
        DataError: the file is missing, too large or no XML, has a document type, or is more than 32 elements deep.
    """
    need = "an XML file without a document type"
    try:
        return _parsed(read_regular(path, LIMIT, links=True, error=DataError))
    except FileNotFoundError:
        raise DataError(f"{what} {path}", got="no such file", need=need) from None
    except DataError as cause:
        raise DataError(f"{what} {path}", got=cause.got, need=cause.need) from cause
    except (OSError, ValueError, LookupError, expat.ExpatError) as cause:
        got = getattr(cause, "strerror", None) or str(cause)
        raise DataError(f"{what} {path}", got=got, need=need) from cause


def _parsed(content: bytes) -> Element:
    builder, depth = TreeBuilder(), 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise ValueError(f"elements more than {DEPTH} deep")
        builder.start(name, attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: object) -> None:
        raise ValueError("a document type (<!DOCTYPE ...>)")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler = builder.data
    parser.Parse(content, True)
    return builder.close()
