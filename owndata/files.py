"""Folders of results: where they stand, whether they take files, and files written whole or not."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from owndata.errors import Unclear

MARK = "made_from.txt"  # in a folder of results: what they were made from, and their names
ROOM = 2_000_000  # bytes that must be free before the work begins


def folder_for(path: str | Path, asked: str | Path = "") -> Path:
    """The folder of results for the reader's file at `path`: `asked`, or else one beside the file.

    That one has the file's name, and a number if the name is taken by anything but earlier results
    of the same file. Nothing is made or written yet.
    """
    if asked:
        return Path(asked)
    path = Path(path)
    names = (path.stem if number == 1 else f"{path.stem}_{number}" for number in count(1))
    folders = (path.with_name(name) for name in names)
    return next(
        folder for folder in folders if is_free(folder) or source_of(folder) == absolute(path)
    )


def is_free(path: Path) -> bool:
    """Whether nothing stands at `path`; a broken link is something."""
    return not os.path.lexists(path)


def absolute(path: str | Path) -> str:
    """The path from the root on, links followed, as a mark holds it."""
    return one_line(str(Path(path).resolve()))


def one_line(name: str) -> str:
    """A path or a name without the ends of lines that it may hold."""
    return name.replace("\n", "\\n").replace("\r", "\\r")


def is_same(path: Path, source: str | Path | None) -> bool:
    """Whether `path` is the file `source`, by whatever name."""
    if not source:
        return False
    try:
        return os.path.samefile(path, source)
    except OSError:  # one of them is not there
        return absolute(path) == absolute(source)


def read_mark(folder: Path) -> tuple[str, set[str]]:
    """The path of the file that the results in `folder` were made from, and their names.

    "" and none without a mark. A mark that holds no names makes nothing in the folder a result.
    """
    try:
        source, *names = (folder / MARK).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return "", set()
    if not Path(source).is_absolute():  # a file of the reader's own
        return "", set()
    return source, set(names)


def source_of(folder: Path) -> str:
    """The path of the file that the results in `folder` were made from; "" if it has no mark."""
    return read_mark(folder)[0]


def mark(folder: str | Path, source: str | Path) -> None:
    """Make `folder`, and note in it that its results are those of the file `source`.

    From then on the name of all that is written into it is noted too, and that alone is taken for
    an earlier result.
    """
    folder = Path(folder)
    write_mark(folder, absolute(source), read_mark(folder)[1])


def note(path: Path) -> None:
    """Add a name to the mark of the folder that it is in, if there is a mark."""
    source, names = read_mark(path.parent)
    name = one_line(path.name)
    if source and name != MARK and name not in names:
        write_mark(path.parent, source, names | {name})


def write_mark(folder: Path, source: str, names: Iterable[str]) -> None:
    """Write a mark: the source's path, and the names of the results, one a line."""
    lines = "\n".join([source, *sorted(names)])
    write_whole(folder / MARK, lambda path: path.write_text(lines, encoding="utf-8", newline="\n"))


def is_ours(path: Path) -> bool:
    """Whether `path` is an earlier result: the mark of its folder, or a name in that."""
    source, names = read_mark(path.parent)
    return one_line(path.name) in names or bool(source and path.name == MARK)


def check_writable(
    folder: str | Path, names: Iterable[str] = (), folders: Iterable[str] = ()
) -> None:
    """Make sure, before the work, that files of these `names` can be written into `folder`.

    And that `folders` of these names can be made there, and removed with all that is in them.

    Raises Unclear, with the option "out", if something else is in the way of the folder or of a
    file, if the folder holds a file of such a name that is no earlier result, or if it or the disk
    takes no file. A folder made on the way, to try this, is removed again.
    """
    folder = Path(folder)
    made = [one for one in (folder, *folder.absolute().parents) if is_free(one)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (MARK, *names):
            check_name(folder, name)
        for name in folders:
            check_folder(folder, name)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(ROOM))
    except OSError as error:
        raise Unclear(folder, f"it cannot be written to ({reason(error)})", "out") from None
    finally:
        remove_empty(made)


def check_name(folder: Path, name: str) -> None:
    """Raise Unclear if what stands at folder/name is not ours to replace."""
    path = folder / name
    if path.is_dir():
        raise Unclear(folder, f"a folder called {name} is in the way", "out")
    if is_same(path, source_of(folder)):
        raise Unclear(folder, f"its file {name} is the one that is read", "out")
    if not is_free(path) and not is_ours(path):
        raise Unclear(folder, f"it has a file {name} that is no earlier result", "out")


def check_folder(folder: Path, name: str) -> None:
    """Raise Unclear if what stands at folder/name is no folder of an earlier run."""
    path = folder / name
    if not is_free(path) and not (path.is_dir() and is_ours(path)):
        raise Unclear(folder, f"it has {name}, which is of no earlier run", "out")


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of the folders, the innermost first, that are there and empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # not there, or no longer empty
            continue


def reason(error: OSError) -> str:
    """What went wrong, in the words of the operating system, without the path."""
    return (error.strerror or str(error)).rstrip(".")


def write_whole(
    path: str | Path, write: Callable[[Path], object], source: str | Path | None = None
) -> None:
    """Call `write` with a temporary path, then move what is there to `path`: old or new, not half.

    Folders on the way are made; in a marked folder the name is noted. Raises Unclear, with the
    option "out", if `path` is the reader's own file `source` (or that which the folder's mark
    names), or if it cannot be written or moved; then it is as it was, and nothing else is left.
    """
    path = Path(path)
    if is_same(path, source) or is_same(path, source_of(path.parent)):
        raise Unclear(path, "it is the file that is read", "out")
    try:
        replace_whole(path, write)
    except OSError as error:
        raise Unclear(
            path, f"it could not be written ({reason(error)}){mend(error)}", "out"
        ) from error


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write and move as `write_whole` does, for a file or a folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".new-", dir=path.parent, ignore_cleanup_errors=True
    ) as around:
        temporary = Path(around) / path.name
        write(temporary)
        if temporary.is_dir() and path.is_dir():
            replace_folder(temporary, path)
        else:
            os.replace(temporary, path)
    note(path)


def replace_folder(fresh: Path, path: Path) -> None:
    """Move a folder to `path`, where one stands, which is then removed. Raises OSError."""
    around = Path(tempfile.mkdtemp(prefix=".before-", dir=path.parent))
    before = around / "before"
    try:
        os.replace(path, before)
        os.replace(fresh, path)
    except OSError:
        if before.exists():
            os.replace(before, path)
        around.rmdir()
        raise
    shutil.rmtree(around, ignore_errors=True)


def make_folder(path: Path) -> None:
    """Make a folder, if there is none; in a marked folder its name is noted. Raises OSError."""
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True)
        note(path)


def mend(error: OSError) -> str:
    """What the reader may do about a file that was not written, but for naming another folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "; make room on the disk"
    if isinstance(error, PermissionError) and os.name == "nt":
        return "; close it if another program has it open"
    return ""
