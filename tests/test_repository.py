"""The repository as a whole: what the README states, the form of its files, the lock."""

import ast
import base64
import copy
import inspect
import json
import platform
import re
import shutil
import subprocess

import nbformat
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, read_notebook
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from notebook_code import build, load_definitions, pinned
from run_notebooks import METADATA, canonical

README = (ROOT / "README.md").read_text(encoding="utf-8")
NO_CLONE = not (ROOT / ".git").exists() or not shutil.which("git")


def git(folder, *arguments):
    """What git says in a folder, or None where there is no git, repository, commit or file."""
    try:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def committed(name, root=ROOT):
    """The text of a file as committed, whatever a run has made of it; without git, as it is."""
    stored = git(root, "show", f"HEAD:./{name}") if (root / ".git").exists() else None
    return ((root / name).read_bytes() if stored is None else stored).decode()


def figures_of(source):
    """The JSON file that a `where` cell names: "notebook 1", or "notebook 2, evidence" for what the benchmarks measured."""
    folder = (LSTM_NOTEBOOK if source.startswith("notebook 1") else TEXT_NOTEBOOK).partition("/")[0]
    file = "evidence.json" if source.endswith("evidence") else "metrics.json"
    return json.loads(committed(f"{folder}/results/{file}"))


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


def test_committed_is_what_was_committed(tmp_path):
    (tmp_path / "results").mkdir()
    file = tmp_path / "results" / "metrics.json"
    file.write_text("old é", encoding="utf-8")
    assert committed("results/metrics.json", tmp_path) == "old é"  # an archive, without git
    assert git(tmp_path, "init") is not None
    assert committed("results/metrics.json", tmp_path) == "old é"  # nothing committed yet
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--message", "one")
    file.write_text("made anew", encoding="utf-8")
    assert committed("results/metrics.json", tmp_path) == "old é"


def test_readme_states_what_the_notebooks_measured():
    rows = list(rows_with_keys(committed("README.md")))
    of_benchmarks = list(rows_with_keys(committed("benchmarks/README.md")))
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
    "name, row, parameters",
    [
        (LSTM_NOTEBOOK, "lookback", "LOOKBACK"),
        (LSTM_NOTEBOOK, "hidden units", "HIDDEN_SIZE"),
        (LSTM_NOTEBOOK, "optimiser", "LEARNING_RATE BATCH_SIZE"),
        (LSTM_NOTEBOOK, "gradient clipping", "CLIP_NORM"),
        (LSTM_NOTEBOOK, "early stopping", "PATIENCE EPOCHS"),
        (LSTM_NOTEBOOK, "noise on the training inputs", "INPUT_NOISE"),
        (TEXT_NOTEBOOK, "vocabulary", "VOCABULARY_SIZE"),
        (TEXT_NOTEBOOK, "embedding", "EMBEDDING_DIM"),
        (TEXT_NOTEBOOK, "LSTM", "LSTM_UNITS"),
    ],
)
def test_readme_states_the_parameters(name, row, parameters):
    """A row of the README's tables of parameters holds the notebook's numbers, one for one."""
    source = next(cell.source for cell in read_notebook(name).cells if cell.id == "parameters")
    values = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source).body}
    project = "## Project 1" if name == LSTM_NOTEBOOK else "## Project 2"
    section = README.partition(project)[2].partition("\n## ")[0]
    (stated,) = re.findall(rf"^\| {row} \| (.*) \|$", section, re.M)
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", stated.replace(",", ""))]
    assert numbers == [values[key] for key in parameters.split()]


def test_both_notebooks_pin_the_same_kernels():
    cells = [
        next(cell.source for cell in read_notebook(name).cells if cell.cell_type == "code")
        for name in (LSTM_NOTEBOOK, TEXT_NOTEBOOK)
    ]
    one, two = (build("first cell", [("first", source)]).PINNED for source in cells)
    assert one.items() <= two.items() and set(two) - set(one) == {"TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA"}
    for source in cells:
        assert source.index("os.environ.update(PINNED") > source.index("PINNED =") and "import numpy" not in source
    assert platform.machine() not in ("x86_64", "AMD64") or pinned() == two


@pytest.mark.parametrize("function", ["read_csv", "write_whole", "save_figure", "work"])
def test_housekeeping_is_the_same_in_both(function):
    """Line breaks and docstrings aside."""
    found = []
    for name in (LSTM_NOTEBOOK, TEXT_NOTEBOOK):
        tree = ast.parse(inspect.getsource(getattr(load_definitions(name), function)))
        tree.body[0].body = tree.body[0].body[1:]
        found.append(ast.unparse(tree))
    assert found[0] == found[1]


def test_the_picture_at_the_top_is_the_one_in_results():
    """run_notebooks.py puts it there."""
    for name, held in ((LSTM_NOTEBOOK, ["opening.png"]), (TEXT_NOTEBOOK, [])):
        cells = read_notebook(name).cells
        attached = {picture: data["image/png"] for cell in cells for picture, data in cell.get("attachments", {}).items()}
        assert list(attached) == held
        for picture, data in attached.items():
            path = (ROOT / name).parent / "results" / picture
            assert base64.b64decode(data) == path.read_bytes()


@BOTH
def test_stored_in_canonical_form(name):
    notebook = read_notebook(name)
    assert canonical(copy.deepcopy(notebook)) == notebook and notebook.metadata == METADATA
    assert (ROOT / name).read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        streams = [output.name for output in cell.outputs if output.output_type == "stream"]
        assert len(streams) == len(set(streams)), cell.id  # merged, as run_notebooks.py does
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


def test_the_lock_is_within_the_ranges_and_has_hashes():
    """Each version that the lock holds of a requirement, on any Python, is in the range it gives."""
    asked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = [Requirement(line) for line in asked if line and not line.startswith("#")]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.split(r"^(?=\S)", lock, flags=re.M)[1:]
    assert all(re.match(r"[\w.-]+==.* \\\n    --hash=sha256:", pin) for pin in pins)
    locked = [re.match(r"([\w.-]+)==([\w.!+-]+)", pin).groups() for pin in pins]
    for requirement in asked:
        name = canonicalize_name(requirement.name)
        versions = [version for pinned, version in locked if pinned == name]
        assert versions and all(map(requirement.specifier.contains, versions)), (name, versions)


@pytest.mark.skipif(NO_CLONE, reason="an archive has no clone to test")
def test_a_clone_that_would_turn_line_ends_holds_the_committed_bytes(tmp_path):
    """Git for Windows turns line ends into "\\r\\n" by default; .gitattributes forbids it."""
    clone = tmp_path / "clone"
    assert git(tmp_path, "clone", "--config", "core.autocrlf=true", ROOT, clone) is not None
    listed = git(clone, "ls-tree", "-r", "-z", "HEAD").decode().split("\0")[:-1]
    blobs = {line.partition("\t")[2]: line.split()[2] for line in listed}
    assert "README.md" in blobs
    found = git(clone, "hash-object", "--no-filters", *blobs).decode().split()  # the bytes as they are
    assert dict(zip(blobs, found, strict=True)) == blobs
