"""The kinds of files that people have: one line a kind in kinds/series.json and kinds/texts.json, the files beside them.

A line says which file, how it is stored ("encode", "ends", "pack": else UTF-8, line feeds, bare), the "options", and what
must come out: for a series n, first, last, sum, name, time, from, to; for texts n, first, last, characters, genres, columns;
"facts" of the reading that are not the usual ones; or the "fault" with its "option" and "choices".
"""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path

KINDS = Path(__file__).with_name("kinds")
PACKERS = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
LINE_ENDS = {"Windows": "\r\n", "Macintosh": "\r"}


def kinds(holds, refused):
    """{kind: its line} of the kinds of "series" or "texts" that are read, or refused."""
    lines = json.loads((KINDS / f"{holds}.json").read_text(encoding="utf-8"))
    return {line["kind"]: line for line in lines if ("fault" in line) == refused}


def archive(name, content):
    """A zip archive of two files, this one the larger."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("readme.txt", "short")
        packed.writestr(name, content)
    return file.getvalue()


def stored(line, holds, folder):
    """The file of a kind, stored in `folder` as the line says: its path."""
    source = KINDS / holds / line["file"]
    content = source.read_bytes()
    if "ends" in line or "encode" in line:
        text = content.decode().replace("\n", LINE_ENDS.get(line.get("ends"), "\n"))
        content = text.encode(line.get("encode", "utf-8"))
    if "pack" in line:
        content = (
            archive("data.csv", content)
            if line["pack"] == "zip"
            else PACKERS[line["pack"]](content)
        )
    path = folder / f"own{source.suffix}"
    path.write_bytes(content)
    return path


def facts(reading):
    """The facts of a reading, those of the table apart, that are not the usual ones; as in the tables."""
    apart = "file value_column time_columns text_columns label_column counted decimal rows order"
    groups = [reading, *(getattr(reading, name, None) for name in ("rows", "order"))]
    found = {
        name: plain(getattr(group, name))
        for group in groups
        if group is not None
        for name, field in type(group).__dataclass_fields__.items()
        if name not in apart.split() and has_unusual(group, name, field)
    }
    if reading.file.left_out:
        found["lines"] = [lines.count for lines in reading.file.left_out]
    return found


def has_unusual(group, name, field):
    return getattr(group, name) not in (usual(field), ())


def usual(field):
    return {} if callable(field.default_factory) else field.default


def plain(fact):
    """A fact as JSON would hold it."""
    if hasattr(fact, "__dataclass_fields__"):
        return {name: plain(getattr(fact, name)) for name in fact.__dataclass_fields__}
    if isinstance(fact, (list, tuple)):
        return [plain(one) for one in fact]
    if isinstance(fact, dict):
        return {str(key): plain(one) for key, one in fact.items()}
    if type(fact).__name__ == "Reason":
        return fact.value
    return fact if isinstance(fact, (int, float, str)) or fact is None else str(fact)
