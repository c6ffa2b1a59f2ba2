"""The bytes of a file as text."""

import bz2
import gzip
import lzma
import re
import zipfile
from io import StringIO
from pathlib import Path

import pandas as pd

BOXES = (gzip, b"\x1f\x8b"), (bz2, b"BZh"), (lzma, b"\xfd7zXZ")
CODES = "cp1252 cp1250 cp1251 cp1253 cp1254 cp1256 gb18030 big5 shift_jis euc_jp cp949".split()


def open_text(path, encoding):
    """The text of the file at `path`, unpacked and decoded, and its encoding."""
    data = Path(path).read_bytes()
    data = next((box.decompress(data) for box, mark in BOXES if data.startswith(mark)), data)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            data = archive.read(max(archive.infolist(), key=lambda file: file.file_size))
    code = encoding or ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    text = data.decode(code, "strict" if encoding else "replace")
    if text.count("\ufffd") > len(re.findall("[^\0-\x7f]", text)) / 10:  # no UTF-8
        odd = b"".join(re.findall(rb".*[\x80-\xff].*\n?", data))[:50_000]
        pairs = re.findall(r"[^\W\da-z_]{2}|[‚ƒ]", odd.decode("cp1252", "replace").lower())
        foreign = 10 * len(pairs) > len(re.findall(rb"[\x80-\xff]", odd)) > len(odd) / 40
        from charset_normalizer import from_bytes
        found = foreign and from_bytes(odd, cp_isolation=CODES).best()
        text = data.decode(code := getattr(found, "encoding", "cp1252"), "replace")
    if re.match(r"\[\s*\{|\{[^\n]*\}\s*\n\{", text):  # a list of records, or a record a line
        code += " from JSON"
        text = pd.read_json(StringIO(text), lines=text[0] == "{", dtype=False).to_csv(index=False)
    if "\0" in text[:999] or re.match(r"\s*(<[!?h]|\{)", text):
        raise ValueError("it is no text in rows and columns")
    return re.sub("\r\n?", "\n", text), code.replace("cp125", "Windows-125").replace("-sig", "")
