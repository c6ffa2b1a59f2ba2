"""The repository as a whole: what the README states, the form of its files, the lock."""

import ast
import base64
import copy
import json
import re
import shutil
import subprocess

import nbformat
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, read_notebook

from tools.fill_figures import FILES, MARKED, committed, differences, filled
from tools.notebooks import METADATA, canonical

README = (ROOT / "README.md").read_text(encoding="utf-8")
NO_CLONE = not (ROOT / ".git").exists() or not shutil.which("git")


def git(folder, *arguments):
    """What git says in a folder, or None where there is no git, repository, commit or file."""
    try:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def test_a_committed_text_is_read_whatever_a_run_has_made_of_the_file(tmp_path):
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


def test_every_number_is_the_one_that_was_measured():
    marked = [match for name in FILES for match in MARKED.finditer(committed(name))]
    assert len(marked) >= 100 and {notebook + kind for _, notebook, kind, *_ in map(re.Match.groups, marked)} == {
        "1", "1e", "1p", "2", "2e", "2p",
    }  # fmt: skip
    assert [pair for name in FILES for pair in differences(name)] == []


@pytest.mark.parametrize(
    "stated, right",
    [
        ("0%<!-- 2 lstm_accuracy -->", "96%<!-- 2 lstm_accuracy -->"),
        ("+0.0<!-- 2 gap x 100 --> points", "-1.3<!-- 2 gap x 100 --> points"),
        ("1,000<!-- 2 texts --> texts", "3,000<!-- 2 texts --> texts"),
        ("1e-3<!-- 1 error -->", "2e-15<!-- 1 error -->"),
        ("a typed 5% stays", "a typed 5% stays"),
    ],
)
def test_a_number_is_filled_in_with_the_form_it_has(stated, right):
    measured = {"lstm_accuracy": 0.959, "gap": -0.013, "texts": 3000, "error": 2.2e-15}
    assert filled(stated, lambda name: json.dumps(measured)) == right


def test_the_readme_types_no_measured_number():
    """Every number with decimals or in per cent is marked, but for levels, the description's own figures and code."""
    text = MARKED.sub("", README)
    text = re.sub(r"`[^`]*`|^    .*$|!?\[.*?\]\(.*?\)", "", text, flags=re.M)
    typed = set(re.findall(r"\d+\.\d+|\d+%", text))
    assert typed == {"95%", "60%", "1.9", "2.4", "0.1", "0.5"}


def test_every_link_of_the_readme_leads_to_a_file():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) >= 4 and all((ROOT / target).exists() for target in targets)


def test_the_pictures_in_text_cells_are_those_in_files():
    """The runner puts them there; those of plots/ are drawn by tools/diagrams.py."""
    for name, first in ((LSTM_NOTEBOOK, ["opening.png"]), (TEXT_NOTEBOOK, [])):
        attached = {}
        for cell in read_notebook(name).cells:
            held = cell.get("attachments", {})
            assert set(held) == set(re.findall(r"\(attachment:([^)]+)\)", cell.source)), cell.id
            attached |= {picture: data["image/png"] for picture, data in held.items()}
        assert list(attached)[:1] == first
        for picture, data in attached.items():
            files = [(ROOT / name).parent / folder / picture for folder in ("plots", "results")]
            file = next(file for file in files if file.exists())
            assert base64.b64decode(data) == file.read_bytes()


@BOTH
def test_a_notebook_is_stored_in_canonical_form_and_without_errors(name):
    notebook = read_notebook(name)
    assert canonical(copy.deepcopy(notebook)) == notebook and notebook.metadata == METADATA
    assert (ROOT / name).read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        streams = [output.name for output in cell.outputs if output.output_type == "stream"]
        assert len(streams) == len(set(streams)), cell.id  # merged, as the runner does
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", cell.id
            assert (
                "application/vnd.jupyter.widget-view+json" not in output.get("data", {})
                or "varies" in cell.metadata.tags
            )
            assert " at 0x" not in json.dumps(output), cell.id


@BOTH
def test_a_notebook_has_no_shell_no_magic_no_pickle_and_no_network(name):
    for cell in read_notebook(name).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)  # a magic or a shell escape is no Python
            for node in ast.walk(tree):
                imported = (
                    [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                )
                imported += [node.module] if isinstance(node, ast.ImportFrom) else []
                assert not {"pickle", "subprocess", "urllib", "requests", "socket"} & {
                    m.split(".")[0] for m in imported
                }


def tracked_files():
    """The names of the files that belong to the repository; without git (an archive), of all that lie here but hidden folders."""
    if (ROOT / ".git").exists():
        listed = (
            subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
            .stdout.decode()
            .split("\0")
        )
        return [name for name in listed if (ROOT / name).is_file()]
    paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return [
        path.as_posix()
        for path in paths
        if not path.parts[0].startswith(".") and "__pycache__" not in path.parts
    ]


def test_no_file_holds_a_path_of_a_machine():
    tracked = tracked_files()
    assert "README.md" in tracked
    machine = re.compile(
        rb"(?<![\w.])/(home|root|Users|work|tmp|mnt|opt)/\w|[A-Z]:\\\\Users|--(extra-)?index-url|--find-links"
    )
    for name in tracked:
        if name not in ("tests/repository/test_repository.py", "Makefile"):
            found = machine.search((ROOT / name).read_bytes())
            assert not found, (name, found)


@pytest.mark.skipif(NO_CLONE, reason="an archive has no clone to test")
def test_a_clone_that_would_turn_line_ends_holds_the_committed_bytes(tmp_path):
    """Git for Windows turns line ends into "\\r\\n" by default; .gitattributes forbids it."""
    clone = tmp_path / "clone"
    assert git(tmp_path, "clone", "--config", "core.autocrlf=true", ROOT, clone) is not None
    listed = git(clone, "ls-tree", "-r", "-z", "HEAD").decode().split("\0")[:-1]
    blobs = {line.partition("\t")[2]: line.split()[2] for line in listed}
    assert "README.md" in blobs
    found = (
        git(clone, "hash-object", "--no-filters", *blobs).decode().split()
    )  # the bytes as they are
    assert dict(zip(blobs, found, strict=True)) == blobs


def makes_a_string(call):
    """Whether a call is of `to_csv` without a file."""
    options = {word.arg for word in call.keywords}
    return not call.args and "path_or_buf" not in options and call.func.attr == "to_csv"


@BOTH
def test_text_files_have_the_same_line_ends_on_every_system(name):
    """Unless told, Python and pandas write a carriage return before each line feed on Windows."""
    wanted, calls = {"write_text": "newline", "to_csv": "lineterminator"}, []
    for cell in read_notebook(name).cells:
        for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in wanted:
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                if not makes_a_string(node):
                    calls.append((cell.id, node.func.attr, given.get(wanted[node.func.attr])))
    assert calls and all(end == repr("\n") for _, _, end in calls), calls
