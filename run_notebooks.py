"""Re-execute notebooks in place and store them in a canonical form, so that a second run changes no byte.

usage: python run_notebooks.py [--tidy] [NOTEBOOK.ipynb ...]        (default: both notebooks of this repository)

Canonical form: no timings, ids kept, a cell's prints merged, minimal metadata (tags, and whether a cell is collapsed), no
progress bars, no widget state; a cell tagged `varies` is stored without its output; a picture that a text cell holds is renewed
from results/. A cell that fails ends the run with its source and traceback, a kernel that dies with one sentence; both leave
the notebook as it was. With --tidy, for a change of prose, no cell is executed: the form is renewed if
code and outputs are those that are committed.
"""

import base64
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from fill_figures import committed
from notebook_code import NOTEBOOKS, ROOT, write_whole

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def canonical(notebook):
    """Bring an executed notebook (changed in place, and returned) into its canonical form."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
        kept = {"tags": tags, "jupyter": hidden and {"source_hidden": True}}
        cell.metadata = nbformat.from_dict({key: value for key, value in kept.items() if value})
        if cell.cell_type == "code":
            cell.outputs = [] if "varies" in tags else cell.outputs
            for output in cell.outputs:
                if "metadata" in output:
                    output.metadata = nbformat.from_dict({})
    nbformat.validate(notebook)
    return notebook


def renew_pictures(notebook, folder):
    """Put the picture results/NAME of `folder` in place of each attachment NAME of a text cell."""
    for cell in notebook.cells:
        for name in cell.get("attachments", {}):
            data = (folder / "results" / name).read_bytes()
            cell.attachments[name] = {"image/png": base64.b64encode(data).decode()}


def tidied(path):
    """The notebook at `path` as it is; ends with a sentence if its code or outputs are not the committed ones."""
    notebook = canonical(nbformat.read(path, as_version=4))
    if path.is_relative_to(ROOT):
        before = nbformat.reads(committed(path.relative_to(ROOT).as_posix()), as_version=4)
        now, then = ([cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, before))
        if now != then:
            sys.exit(f"{path.name} is left as it was: not only its prose differs from what is committed. Run it: make run")
    return notebook


def execute(path):
    """The notebook at `path`, executed in its own folder, with a progress bar on stderr."""
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    with tqdm(total=total, desc=path.stem, unit="cell", file=sys.stderr, disable=False) as bar:
        client = NotebookClient(
            notebook,
            timeout=None,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,  # where a print is cut depends on timing
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_executed=lambda cell, **_: bar.update(cell.cell_type == "code"),
        )
        client.execute()
    return notebook


def store(notebook, path):
    """Write the notebook whole, in its canonical form, with the pictures of text cells renewed."""
    renew_pictures(notebook, path.parent)
    write_whole(path, nbformat.writes(canonical(notebook)) + "\n")


def main(paths, tidy=False):
    os.environ["TQDM_DISABLE"] = "1"  # the notebooks' own bars: live in Jupyter, none in what is stored
    for path in paths:
        path = Path(path).resolve()
        try:
            store(tidied(path) if tidy else execute(path), path)
            print(f"{'tidied' if tidy else 'executed'}: {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")
        except CellExecutionError as error:
            sys.exit(f"\n{path} FAILED and is left as it was. The cell and its error:\n{error}")
        except DeadKernelError:
            sys.exit(
                f"\n{path} FAILED and is left as it was: its kernel died, most often for lack of"
                " memory; close other programs and run it again."
            )


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word != "--tidy"]
    main(named or [ROOT / name for name in NOTEBOOKS], tidy="--tidy" in sys.argv)
