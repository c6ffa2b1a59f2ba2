"""The repository as a whole: what the README states, the canonical form, what no file may hold."""

import ast
import copy
import json
import re
import subprocess

import nbformat
import pytest
from conftest import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, read_notebook

from run_notebooks import METADATA, canonical

BOTH = pytest.mark.parametrize("name", [LSTM_NOTEBOOK, TEXT_NOTEBOOK])
README = (ROOT / "README.md").read_text(encoding="utf-8")
BENCHMARKS = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")


def figures_of(source):
    """The JSON file that a `where` cell names: "notebook 1", or "notebook 2, evidence" for what the benchmarks measured."""
    folder = LSTM_NOTEBOOK if source.startswith("notebook 1") else TEXT_NOTEBOOK
    file = "evidence.json" if source.endswith("evidence") else "metrics.json"
    return json.loads((ROOT / folder).parent.joinpath("results", file).read_text())


def rows_with_keys(text):
    """The table rows of a README that name keys of a metrics.json: (measured text, source, keys)."""
    for row in re.findall(r"^\|(.*)\|$", text, re.M):
        cells = [cell.strip() for cell in row.split("|")]
        if match := re.match(r"(notebook [12](?:, evidence)?): ", cells[-1]):
            yield cells[-2], match[1], re.findall(r"`(\w+)`", cells[-1])


def as_written(value, text):
    """`value` with the unit and the digits of `text`, a number from the README."""
    if "e" in text:
        return f"{value:.0e}".replace("e-0", "e-")
    decimals = len(text.partition(".")[2].rstrip("%"))
    return f"{100 * value:.{decimals}f}%" if text.endswith("%") else f"{value:.{decimals}f}"


def test_readme_states_what_the_notebooks_measured():
    rows, of_benchmarks = list(rows_with_keys(README)), list(rows_with_keys(BENCHMARKS))
    assert len(rows) >= 9 and len(of_benchmarks) >= 5
    for measured, source, keys in rows + of_benchmarks:
        metrics = figures_of(source)
        in_points = "points" in measured
        numbers = re.findall(r"\d+(?:\.\d+)?(?:e-\d+)?%?", re.sub(r"90% intervals", "", measured))
        assert len(numbers) == len(keys), (measured, keys)
        for number, key in zip(numbers, keys, strict=True):
            assert number == as_written(metrics[key] * (100 if in_points else 1), number), (measured, key, metrics[key])


def test_readme_links_exist():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) >= 4 and all((ROOT / target).exists() for target in targets)


@pytest.mark.parametrize(
    "parameter, value",
    [
        ("LOOKBACK", 10),
        ("HIDDEN_SIZE", 50),
        ("LEARNING_RATE", 0.02),
        ("BATCH_SIZE", 16),
        ("CLIP_NORM", 0.1),
        ("PATIENCE", 150),
        ("EPOCHS", 200),
        ("INPUT_NOISE", 0.12),
    ],
)
def test_readme_states_the_parameters(parameter, value):
    cell = next(cell for cell in read_notebook(LSTM_NOTEBOOK).cells if cell.id == "parameters")
    assert re.search(rf"^{parameter} = {value}\b", cell.source, re.M)
    table = README.partition("## Project 1")[2].partition("## Project 2")[0]
    assert re.search(rf"\b{value}\b", table)


def test_housekeeping_is_the_same_in_both():
    cells = [
        next(c.source for c in read_notebook(name).cells if c.id == "housekeeping") for name in (LSTM_NOTEBOOK, TEXT_NOTEBOOK)
    ]
    assert cells[0] == cells[1] and len(cells[0].splitlines()) <= 40


@BOTH
def test_stored_in_canonical_form(name):
    notebook = read_notebook(name)
    assert canonical(copy.deepcopy(notebook)) == notebook and notebook.metadata == METADATA
    assert (ROOT / name).read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", cell.id
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {}) or "varies" in cell.metadata.tags
            assert " at 0x" not in json.dumps(output), cell.id


@BOTH
def test_no_shell_no_magic_no_pickle(name):
    for cell in read_notebook(name).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)  # a magic or a shell escape is no Python
            for node in ast.walk(tree):
                imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                imported += [node.module] if isinstance(node, ast.ImportFrom) else []
                assert not {"pickle", "subprocess", "urllib", "requests", "socket"} & {m.split(".")[0] for m in imported}


def tracked_files():
    """The names of the files that belong to the repository; without git (an archive), of all that lie here but hidden folders."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        return [name for name in listed if (ROOT / name).is_file()]
    paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return [path.as_posix() for path in paths if not path.parts[0].startswith(".") and "__pycache__" not in path.parts]


def test_no_file_holds_a_path_of_a_machine():
    tracked = tracked_files()
    assert "README.md" in tracked
    machine = re.compile(rb"(?<![\w.])/(home|root|Users|work|tmp|mnt|opt)/\w|[A-Z]:\\\\Users|--(extra-)?index-url|--find-links")
    for name in tracked:
        if name not in ("tests/test_repository.py", "tests/test_alone.py", "Makefile"):
            found = machine.search((ROOT / name).read_bytes())
            assert not found, (name, found)


def test_lock_holds_every_requirement_with_hashes():
    names = re.findall(r"^([a-z-]+)[>=]", (ROOT / "requirements.txt").read_text(), re.M)
    lock = (ROOT / "requirements.lock").read_text()
    assert len(names) >= 18 and all(re.search(rf"^{name}==", lock, re.M) for name in names)
    pins = re.findall(r"^[a-z0-9][\w.-]*==.*$", lock, re.M)
    assert len(pins) > 100 and all(pin.endswith("\\") for pin in pins) and "--hash=sha256:" in lock


def test_readme_is_finished():
    assert not re.search(r"\b(TODO|TBD|FIXME|XXX|COSTS)\b", README)
