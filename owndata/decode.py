"""Bytes to text: unpacking, encodings, records of JSON."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from owndata.errors import Unclear

PACKERS = {b"\x1f\x8b": gzip, b"BZh": bz2, b"\xfd7zXZ": lzma}  # by a file's first bytes
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Encodings of one alphabet each, which are guessed between; ISO 8859's are parts of them.
GUESSED = "cp1252 cp1250 cp1251 cp1253 cp1254 cp1256 gb18030 big5 shift_jis euc_jp cp949".split()
MOST_GUESSED_FROM = 50_000  # bytes
FEWEST_FOREIGN = 10  # bytes beyond ASCII; fewer, behind letters of ASCII, are accents
RECORDS = r"\[\s*\{|\{[^\n]*\}\s*\n\{"  # the start of a list of records, or of a record a line
MARKUP = r"\s*(<[!?h]|\{)"  # the start of a page, a workbook or an object
# What unpacking and decoding raise; encrypted archives raise RuntimeError.
UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Decoded:
    """A file's text, its lines ended by "\\n"; the encoding's name; whether it was JSON."""

    text: str
    encoding: str
    is_json: bool = False


def read_text(path: str | Path, encoding: str = "") -> Decoded:
    """The text of the file at `path`, unpacked, in the `encoding` or in the likeliest.

    Records of JSON come as lines of CSV. Raises Unclear if it cannot be read, or is no text of rows
    and columns.
    """
    try:
        packed = Path(path).read_bytes()
        text, encoding = decode(unpack(packed), encoding)
        is_json = bool(re.match(RECORDS, text))
        text = csv_of_records(text) if is_json else text
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    if not text.strip():
        fault = "the archive is empty" if is_packed(packed) else "the file is empty"
        raise Unclear(path, fault, mend="give the path of a CSV file")
    if "\0" in text[:999] or re.match(MARKUP, text):
        raise Unclear(path, "it is no text in rows and columns", mend="give the path of a CSV file")
    return Decoded(re.sub("\r\n?", "\n", text), encoding, is_json)


def unreadable(path: str | Path, error: Exception) -> Unclear:
    """The error of a file that cannot be read, for what reading it has raised."""
    if ":/" in str(path)[2:]:
        return Unclear(path, "it is an address, not a file", mend="download it first")
    if isinstance(error, FileNotFoundError):
        return Unclear(path, "there is no such file")
    if Path(path).is_dir():
        return Unclear(path, "it is a folder", mend="give the path of a CSV file")
    reason = getattr(error, "strerror", None) or str(error)
    fault = f"it cannot be read ({reason.rstrip('.')})"
    if isinstance(error, OSError):
        return Unclear(path, fault, mend="give the path of a CSV file")
    return Unclear(path, fault, "encoding", mend="give the path of a CSV file, or set {option}")


def is_packed(data: bytes) -> bool:
    """Whether the bytes are those of an archive, or packed."""
    return zipfile.is_zipfile(io.BytesIO(data)) or data.startswith(tuple(PACKERS))


def unpack(data: bytes) -> bytes:
    """The bytes as they were before packing; of an archive of several files, the largest."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = archive.infolist()
            return archive.read(max(files, key=lambda file: file.file_size)) if files else b""
    for mark, packer in PACKERS.items():
        if data.startswith(mark):
            return packer.decompress(data)
    return data


def decode(data: bytes, asked: str = "") -> tuple[str, str]:
    """The text of the bytes and the name of its encoding: as `asked`, by its mark, or guessed.

    Raises UnicodeError or LookupError if the bytes are not in the encoding asked for.
    """
    if asked:
        return data.decode(asked), asked
    if data.startswith(UTF_16_MARKS):
        return data.decode("utf-16", "replace"), "utf-16"
    text = data.decode("utf-8-sig", "replace")
    foreign = len(re.findall("[^\0-\x7f]", text))
    if text.count("\ufffd") <= foreign / 10:  # a broken byte here and there
        return text, "utf-8"
    encoding = guess_encoding(data)
    return data.decode(encoding, "replace"), encoding


def guess_encoding(data: bytes) -> str:
    """The likeliest encoding of bytes that are no UTF-8: Windows-1252, or another alphabet's.

    Another alphabet shows in Windows-1252 as letters beyond a to z side by side.
    """
    lines = b"".join(re.findall(rb".*[\x80-\xff].*\n?", data))[:MOST_GUESSED_FROM]
    high = len(re.findall(rb"[\x80-\xff]", lines))
    pairs = re.findall(r"[^\W\da-z_]{2}|[‚ƒ]", lines.decode("cp1252", "replace").lower())
    is_accented = high < FEWEST_FOREIGN and re.search(rb"(?i)[a-z][\x80-\xff]", lines)
    if 10 * len(pairs) > high > len(lines) / 40 and not is_accented:
        from charset_normalizer import from_bytes  # on demand: few files need it

        found = from_bytes(lines, cp_isolation=GUESSED).best()
        return found.encoding if found else "cp1252"
    return "cp1252"


def csv_of_records(text: str) -> str:
    """Records of JSON, in a list or one a line, as CSV. Raises ValueError if they are broken."""
    import pandas as pd

    is_lines = text.startswith("{")
    return pd.read_json(io.StringIO(text), lines=is_lines, dtype=False).to_csv(index=False)
