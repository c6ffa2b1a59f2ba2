"""Files broken in a way that a seed decides, and what must come of them."""

import gzip
import random
import time
import warnings

from kinds_of_files import archive

from owndata import Unclear
from owndata.words.reading import how_read


def rows(*columns, header="", mark=","):
    """Lines of the columns' cells, below the header."""
    lines = [mark.join(map(str, cells)) for cells in zip(*columns, strict=True)]
    return "\n".join([header, *lines] if header else lines) + "\n"


def when(stamps, form):
    """The times in a form; %-d and %-m are without a zero on every system."""
    return [
        s.strftime(form.replace("%-d", str(s.day)).replace("%-m", str(s.month))) for s in stamps
    ]


def comma(values):
    return [str(v).replace(".", ",") for v in values]


def sentence(error):
    """The message of a refusal, after checking that it is one sentence."""
    message = str(error)
    assert (
        "\n" not in message and message.endswith(".") and ": " in message and len(message) < 700
    ), message
    return message


def shuffled(lines, mark, shuffle):
    """The lines with their columns in another order."""
    order = list(range(lines[0].count(mark) + 1))
    shuffle(order)
    return [mark.join(line.split(mark)[k] for k in order) for line in lines]


def mutated(seed, content, mark):
    """The file `content` changed in a way that the seed decides: (kind, bytes, whether the table must come out as it was)."""
    draw = random.Random(seed)
    lines = content.splitlines()
    kind = MUTATIONS[seed % len(MUTATIONS)]
    if kind == "another separator":
        other = draw.choice([m for m in "\t;|" if m != mark])
        return kind, "\n".join(lines).replace(mark, other).encode(), True
    if kind == "another encoding":
        return kind, content.encode(draw.choice(["utf-8-sig", "utf-16", "utf-8", "cp1252"])), True
    if kind == "columns in another order":
        return kind, "\n".join(shuffled(lines, mark, draw.shuffle)).encode(), True
    if kind == "other line ends":
        return kind, content.replace("\n", draw.choice(["\r\n", "\r", "\n\n"])).encode(), True
    if kind == "packed":
        return (
            kind,
            gzip.compress(content.encode())
            if draw.random() < 0.5
            else archive("data.csv", content),
            True,
        )
    if kind == "empty columns and rows":
        return (
            kind,
            (
                "".join(line + mark * 3 + "\n" for line in lines)
                + (mark * 3 + "\n") * draw.randrange(9)
            ).encode(),
            True,
        )
    if kind == "every cell in quotes":
        return (
            kind,
            "\n".join(
                mark.join(f'"{cell}"' for cell in line.split(mark)) for line in lines
            ).encode(),
            True,
        )
    if kind == "lines above":
        return kind, ("Report of the office\n\n" * draw.randrange(1, 4) + content).encode(), True
    data = bytearray(content.encode())
    if kind == "bytes flipped":
        for _ in range(draw.choice([1, 3, 30])):
            data[draw.randrange(len(data))] = draw.randrange(256)
    elif kind == "truncated":
        del data[draw.randrange(len(data)) :]
    elif kind == "bytes put in":
        for _ in range(draw.choice([1, 5])):
            place = draw.randrange(len(data))
            data[place:place] = draw.choice(
                [
                    b'"',
                    b"'",
                    b"\x00",
                    b"\xff",
                    b"\n",
                    b",",
                    b";",
                    b"\t",
                    b"\\",
                    b'"""',
                    b"\r",
                    b"\xe2\x80\xa8",
                ]
            )
    elif kind == "separators mixed":
        for k in draw.sample(range(len(lines)), draw.choice([1, 3, len(lines) // 2])):
            lines[k] = lines[k].replace(mark, draw.choice("\t;|, "))
        data = "\n".join(lines).encode()
    elif kind == "lines lost, doubled and moved":
        for _ in range(draw.choice([1, 4])):
            place = draw.randrange(1, len(lines))
            lines[place : place + 1] = draw.choice(
                [[], [lines[place]] * 2, [lines[0]], ["x"], [mark.join([lines[place]] * 2)]]
            )
        data = "\n".join(lines).encode()
    elif kind == "cut and joined":
        place = draw.randrange(len(data))
        data = data[place:] + data[:place]
    elif kind == "noise":
        data = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 3000)))
    return kind, bytes(data), False


MUTATIONS = [
    "another separator",
    "another encoding",
    "columns in another order",
    "other line ends",
    "packed",
    "empty columns and rows",
    "every cell in quotes",
    "lines above",
    "bytes flipped",
    "truncated",
    "bytes put in",
    "separators mixed",
    "lines lost, doubled and moved",
    "cut and joined",
    "noise",
]


def fuzz(reader, files, seeds, path, check):
    """Read every seed's file; {kind: [files read as they were, otherwise, refused]}.

    `files` are (content, mark, what must come out), and check(found, right, note) tells whether it did.
    """
    counts = {}
    for seed in seeds:
        content, mark, right = files[seed // len(MUTATIONS) % len(files)]
        kind, data, same = mutated(seed, content, mark)
        path.write_bytes(data)
        started, note = time.perf_counter(), f"seed {seed}, {kind}: {data[:300]!r}"
        tally = counts.setdefault(kind, [0, 0, 0])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                found = reader(path)
        except Unclear as error:
            assert not same, f"{note}: {error}"
            sentence(error)
            tally[2] += 1
            continue
        finally:
            assert time.perf_counter() - started < 10, note
        equal = check(found, right, kind, note)
        assert equal or not same, f"{note}: {found}"
        tally[not equal] += 1
    return counts


def tells(found, note):
    """A table that differs from the file's must be one that the sentence tells of: rows left out, joined, filled in."""
    said = how_read(found)
    words = (
        "left out",
        "interpolated",
        "averaged",
        "no header",
        "gaps",
        "rows in their order",
        "per line",
    )
    assert any(word in said for word in words), f"{note}: {said}"
