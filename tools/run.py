"""Re-execute notebooks and store them in a canonical form, so that a second run changes no byte.

A notebook runs in a copy of its folder, in a kernel whose variables make every Intel or AMD
processor compute the same numbers. At the end the notebook, its figures, its results and the
modules that it exports are moved into place; if anything fails before, all stay as they were. The
cause is said: a cell's error, a kernel that dies, a cell that takes more than half an hour.

Canonical form: no timings, ids kept, a cell's prints merged, minimal metadata, no progress bars, no
widget state; a cell tagged `varies` is stored without its output; a picture that a text cell holds is
renewed from plots/ or results/. With --tidy, for a change of prose, no cell is executed: the form is renewed
if code and outputs are those that are committed.
"""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

from tools.export import modules
from tools.fill_figures import committed
from tools.notebooks import (
    ROOT,
    attachment,
    canonical,
    code_cells,
    command_line,
    stored,
    write_whole,
)

LIMIT = 1800  # seconds that a cell may take; the longest takes some two minutes
# The same instructions on every Intel or AMD processor give the same last bits. They are read when
# NumPy and TensorFlow load, and workers inherit them.
INSTRUCTIONS = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",  # notebooks start a process a core
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TQDM_DISABLE": "1",  # bars live in Jupyter; none is stored
}
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")


def pinned():
    """The variables that choose the instructions, on processors that know them."""
    return INSTRUCTIONS if platform.machine() in ("x86_64", "AMD64") else {}


def digests(folder):
    """{path from the folder: hash} of all files in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder): hashlib.sha256(path.read_bytes()).digest() for path in files}


def renew_pictures(notebook, folder):
    """Put plots/NAME of `folder`, or else results/NAME, in place of each attachment NAME."""
    for cell in notebook.cells:
        for name in cell.get("attachments", {}):
            drawn = folder / "plots" / name
            file = drawn if drawn.exists() else folder / "results" / name
            cell.attachments[name] = attachment(file.read_bytes())


def tidied(path):
    """The notebook at `path` as it is; ends with a sentence if more than its prose has changed."""
    notebook = canonical(nbformat.read(path, as_version=4))
    if path.is_relative_to(ROOT):
        before = nbformat.reads(committed(path.relative_to(ROOT).as_posix()), as_version=4)
        if code_cells(notebook) != code_cells(before):
            fault = "not only its prose differs from what is committed"
            sys.exit(f"{path.name} is left as it was: {fault}. Run it: make run")
    return notebook


def execute(path, limit=LIMIT):
    """The notebook at `path`, executed in its own folder, with a progress bar on stderr.

    What C++ libraries write to the kernel's standard error goes to kernel.log beside the folder.
    """
    notebook = nbformat.read(path, as_version=4)
    total = len(code_cells(notebook))
    with (
        tqdm(total=total, desc=path.stem, unit="cell", file=sys.stderr, disable=False) as bar,
        (path.parent.parent / "kernel.log").open("wb") as log,
    ):
        client = NotebookClient(
            notebook,
            timeout=limit,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,  # where a print is cut depends on timing
            extra_arguments=["--IPKernelApp.capture_fd_output=False"],
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_executed=lambda cell, **_: bar.update(cell.cell_type == "code"),
        )
        client.execute(stderr=log, env=os.environ | ENVIRONMENT | pinned())
    return notebook


def run_in_copy(path, limit=LIMIT):
    """Execute the notebook at `path` in a copy of its folder, then move into place what is new."""
    folder = path.parent
    modules(path)  # an export that cannot be is better known before the run than after it
    with tempfile.TemporaryDirectory(prefix=".run-", dir=folder.parent) as above:
        copy, backup = Path(above) / folder.name, Path(above) / "backup"
        given = path.read_bytes()
        shutil.copytree(folder, copy, ignore=LEFT_OUT)
        before = digests(copy)
        store(execute(copy / path.name, limit), copy / path.name)
        if path.read_bytes() != given:
            sys.exit(f"\n{path} was changed while it ran, and is left as it is. Run it again.")
        after = digests(copy)
        new = [name for name in after if after[name] != before.get(name)]
        move([name for name in new if "__pycache__" not in name.parts], copy, folder, backup)


def move(names, copy, folder, backup):
    """Move files from `copy` to `folder`, all or none: the old ones wait in `backup`."""
    set_aside, placed = [], []
    try:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (backup / name).parent.mkdir(parents=True, exist_ok=True)
            if (folder / name).exists():
                os.replace(folder / name, backup / name)
                set_aside.append(name)
            os.replace(copy / name, folder / name)
            placed.append(name)
    except BaseException:
        for name in placed:
            (folder / name).unlink()
        for name in set_aside:
            os.replace(backup / name, folder / name)
        raise


def store(notebook, path):
    """Write the notebook in its canonical form, text cells' pictures renewed, and its modules."""
    renew_pictures(notebook, path.parent)
    write_whole(path, stored(canonical(notebook)))
    for file, text in modules(path, notebook).items():
        write_whole(file, text)


def main(paths, tidy=False, limit=LIMIT):
    for path in paths:
        path = Path(path).resolve()
        failed = f"\n{path} FAILED and is left as it was, with all results:"
        try:
            store(tidied(path), path) if tidy else run_in_copy(path, limit)
        except CellTimeoutError:
            sys.exit(f"{failed} a cell took more than {limit} seconds and may hang.")
        except CellExecutionError as error:
            sys.exit(f"{failed} the cell and its error:\n{error}")
        except DeadKernelError:
            fix = "most often for lack of memory; close other programs and run it again"
            sys.exit(f"{failed} its kernel died, {fix}.")
        except (OSError, ValueError) as error:
            sys.exit(f"{failed} {error}")
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"{'tidied' if tidy else 'executed'}: {name}")


if __name__ == "__main__":
    parser = command_line(__doc__)
    parser.add_argument("--tidy", action="store_true", help="after a change of prose: run no cell")
    given = parser.parse_args()
    main(given.notebooks, given.tidy)
