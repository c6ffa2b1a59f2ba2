"""What the repository needs: requirements.txt, the groups of pyproject.toml, the locks, what is imported, the wheel."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PYPROJECT["dependency-groups"]
PAGES = {"tools/site.py", "tools/live_page.py"}  # tools that need what dev has
LOCKS = ("lstm", "text", "dev", "bench")  # each holds those before it

# Where a package is imported under another name than its own.
IMPORTED_AS = {
    "beautifulsoup4": "bs4",
    "ipython": "IPython",
    "scikit-learn": "sklearn",
    "tensorflow-cpu": "tensorflow",
}
# What is needed and not imported, and why.
NOT_IMPORTED = {
    "ipykernel": "the kernel of both notebooks",
    "jupyter": "jupyter lab",
    "nbval": "a plugin of pytest",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "a program",
    "setuptools": "builds the package",
    "papermill": "a program",
}


@cache
def sections():
    """{heading: [(requirement, comment)]} of requirements.txt."""
    found = {}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        text, _, comment = line.partition("  #")
        if line.startswith("#"):
            heading = line.removeprefix("# ")
        elif line:
            found.setdefault(heading, []).append((Requirement(text), comment.strip()))
    return found


def listed(*, before_notebook_2=False):
    """The requirements of requirements.txt, or of its part that lstm.txt pins."""
    chosen = list(sections())
    if before_notebook_2:
        chosen = chosen[: chosen.index("notebook 2")]
    return [requirement for heading in chosen for requirement, _ in sections()[heading]]


def grouped(*names):
    """The requirements of groups of pyproject.toml."""
    return [Requirement(line) for name in names for line in GROUPS[name]]


def declared(lock):
    """The requirements that a lock is made from."""
    groups = {"dev": ["dev"], "bench": ["dev", "bench"]}.get(lock, [])
    return listed(before_notebook_2=lock == "lstm") + grouped("build", *groups)


def pins(lock):
    """[(name, version)] of a lock, in which each has a hash."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\S)", text, flags=re.M)[1:]
    assert all(re.match(r"[\w.-]+==.* \\\n    --hash=sha256:", block) for block in blocks), lock
    return [re.match(r"([\w.-]+)==([\w.!+-]+)", block).groups() for block in blocks]


def test_each_requirement_has_a_tested_range_and_stands_once():
    names = [requirement.name for requirement in listed()]
    assert len(names) == len(set(names)) >= 20
    assert not set(names) & {requirement.name for requirement in grouped(*GROUPS)}
    for requirement in listed():
        assert {">=", "<"} == {part.operator for part in requirement.specifier}, requirement


def test_a_comment_says_what_a_package_is_for():
    """At most a few words; one name may say it all."""
    comments = [comment for entries in sections().values() for _, comment in entries]
    assert sum(map(bool, comments)) >= len(comments) - 2
    assert all(len(comment.split()) <= 10 for comment in comments)


def test_the_package_depends_on_what_requirements_txt_lists():
    assert PYPROJECT["project"]["dynamic"] == ["dependencies"]
    assert "dependencies" not in PYPROJECT["project"]
    dynamic = PYPROJECT["tool"]["setuptools"]["dynamic"]
    assert dynamic == {"dependencies": {"file": ["requirements.txt"]}}
    assert PYPROJECT["build-system"]["requires"] == GROUPS["build"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_each_requirement_within_its_range(lock):
    locked = pins(lock)
    for requirement in declared(lock):
        name = canonicalize_name(requirement.name)
        versions = [version for pinned, version in locked if pinned == name]
        assert versions and all(map(requirement.specifier.contains, versions)), (name, versions)


def test_the_locks_agree_and_each_holds_the_smaller_ones():
    """So adding a group to an environment changes none of its packages."""
    lstm, text, dev, bench = map(set, map(pins, LOCKS))
    assert lstm < text < dev < bench
    assert not {"tensorflow", "tensorflow-cpu", "keras", "scikit-learn"} & {
        name for name, _ in lstm
    }


@pytest.mark.parametrize(
    "file", ["requirements.txt", *(f"requirements/{lock}.txt" for lock in LOCKS)]
)
def test_a_list_of_packages_names_no_place_to_get_them_from(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"://|index-url|find-links|trusted-host| @ ", text)


# --- what is imported -----------------------------------------------------------------------------


@cache
def code_files():
    """The names of the repository's Python files and notebooks; all that lie here without git (an archive)."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "*.py", "*.ipynb"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = done.stdout.decode().split("\0")[:-1]
    else:
        paths = [*ROOT.rglob("*.py"), *ROOT.rglob("*.ipynb")]
        names = [path.relative_to(ROOT).as_posix() for path in paths]
        names = [name for name in names if not name.startswith(".")]
    return [name for name in names if (ROOT / name).is_file()]


def sources(name):
    """The code of a Python file, or of each cell of a notebook."""
    if name.endswith(".py"):
        return [(ROOT / name).read_text(encoding="utf-8")]
    cells = nbformat.read(ROOT / name, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def modules_of(node):
    """The modules that a node of a syntax tree imports, by name or through importlib or pytest."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.level == 0 else []
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in ("import_module", "find_spec", "importorskip"):
            return [node.args[0].value]
    return []


def imported(name):
    """The top-level names of all packages of others that a file imports, anywhere in it."""
    nodes = [node for source in sources(name) for node in ast.walk(ast.parse(source))]
    tops = {module.partition(".")[0] for node in nodes for module in modules_of(node)}
    return tops - sys.stdlib_module_names - own_modules() - {"no_such_module"}


@cache
def own_modules():
    """The names under which the repository's own files import each other."""
    names = {name.partition("/")[0] for name in code_files() if "/" in name}
    scripts = [name for name in code_files() if re.match(r"(tests/.*|tools/|)[^/]+\.py$", name)]
    return names | {Path(name).stem for name in scripts}


def import_names(requirements):
    found = {IMPORTED_AS.get(one.name, one.name.replace("-", "_")) for one in requirements}
    return found


def test_every_package_that_is_imported_is_declared():
    """In requirements.txt what notebooks, their tools and owndata import; tests, pages and benchmarks have more."""
    visitor, all_of_them = import_names(declared("text")), import_names(declared("bench"))
    for name in code_files():
        more = name in PAGES or name.partition("/")[0] in ("tests", "benchmarks")
        assert imported(name) <= (all_of_them if more else visitor), name


def test_notebook_1_and_what_runs_it_import_nothing_but_their_own_packages():
    """So that `make run-lstm` needs no TensorFlow."""
    small = import_names(declared("lstm"))
    names = {name for name in code_files() if name.startswith(("LSTM_from_scratch/", "tools/"))}
    names -= PAGES
    assert "numpy" in imported("LSTM_from_scratch/lstm_scratch.ipynb")
    assert {name: imported(name) - small for name in names if imported(name) - small} == {}


def test_every_package_that_is_declared_is_imported_or_said_to_be_needed():
    used = set().union(*map(imported, code_files()))
    for requirement in declared("bench"):
        if requirement.name not in NOT_IMPORTED:
            assert import_names([requirement]) <= used, requirement.name


# --- the package ----------------------------------------------------------------------------------


@pytest.mark.run
def test_the_wheel_holds_the_modules_and_no_notebook(tmp_path):
    """And its metadata the lines of requirements.txt."""
    source, built = tmp_path / "source", tmp_path / "built"
    for name in [*code_files(), "pyproject.toml", "requirements.txt", "LICENSE", "README.md"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", built, source]
    subprocess.run(command, check=True)
    (wheel,) = built.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        (metadata,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        lines = archive.read(metadata).decode().splitlines()
    folders = ("owndata/", "LSTM_from_scratch/", "Text_Classification_LSTM/")
    modules = [name for name in code_files() if name.startswith(folders) and name.endswith(".py")]
    assert sorted(names) == sorted(modules)
    wanted = [Requirement(line.partition(": ")[2]) for line in lines if "Requires-Dist: " in line]
    assert sorted(map(str, wanted)) == sorted(map(str, listed()))


def test_owndata_is_installed():
    """So that `python -m owndata` works from any folder."""
    command = [sys.executable, "-P", "-m", "owndata", "--help"]
    done = subprocess.run(command, cwd=ROOT.anchor, capture_output=True, text=True)
    assert done.returncode == 0 and "owndata" in done.stdout, done.stderr
