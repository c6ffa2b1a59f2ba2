"""results/evidence.json: what the benchmarks measured, beside the notebook's own metrics.json, and what made each figure.

usage: python -m benchmarks.evidence        (lists the blocks of figures, and which are older than the code)

The figures are flat keys. Under "blocks" each belongs to the run of one script, with its date, versions,
machine and the hash of the code that made it.
"""

import ast
import hashlib
import json
import os
import platform
import re
from datetime import date
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from tools.notebooks import NOTEBOOKS, ROOT, write_whole

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "nltk",
    "tensorflow",
    "keras",
)  # those that move a result
PLUMBING = ("command.py", "evidence.py", "sweep.py", "notebooks.py", "run.py")  # these move none
PROCESSORS = (
    set()
)  # those that did the jobs of the sweeps since the last block was written, workers' too


def slug(*words):
    """The words as one key: lower case, underscores."""
    return re.sub(r"\W+", "_", " ".join(map(str, words)).lower()).strip("_")


def versions(packages=PACKAGES):
    """What the numbers depend on beside the code."""
    found = {package.name.lower().replace("_", "-"): package.version for package in distributions()}
    found |= {
        name.removesuffix("-cpu"): version for name, version in found.items()
    }  # tensorflow-cpu
    found = {name: found[name] for name in packages if name in found}
    return {"Python": platform.python_version().rpartition(".")[0]} | found


def processor():
    """The model name of this machine's processor."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine():
    """This machine in a few words: processor, cores, memory, system, Python."""
    memory = (
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        if hasattr(os, "sysconf")
        else float("nan")
    )
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def quantiles(table):
    """{column: its lowest value, 5% quantile, median, 95% quantile and highest} of a table with a row a seed."""
    found = table.quantile([0, 0.05, 0.5, 0.95, 1]).round(4)
    print(found.to_string())
    return found.set_axis(["lowest", "5%", "median", "95%", "highest"]).to_dict()


@cache
def definitions(file):
    """(definitions, imports) of a module of this repository: {name: its syntax trees}, {name: (file, its name there)}.

    Docstrings are left out, and so are imports; those inside functions count as if they stood at the top.
    """
    trees, imported = {}, {}
    module = without_docstrings(ast.parse(file.read_text(encoding="utf-8")))
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found = file_of(node.module, alias.name)
                if found:
                    imported[alias.asname or alias.name] = found
    for node in module.body:
        for name in bound_by(node):
            trees.setdefault(name, []).append(node)
    return trees, imported


def without_docstrings(tree):
    """A syntax tree, changed in place."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
    return tree


def file_of(module, name):
    """(file, name in it) of what is imported from a module of this repository, None from elsewhere; "" is a whole module."""
    for place_, inside in ((f"{module}.{name}", ""), (module, name)):
        for file in (
            ROOT / f"{place_.replace('.', '/')}.py",
            ROOT / place_.replace(".", "/") / "__init__.py",
        ):
            if file.exists() and file.name not in PLUMBING:
                return file, inside
    return None


def bound_by(node):
    """The names that a statement at the top of a module defines or assigns; those of other statements are run: [""]."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return []
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [
            part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
        ]
    return [""]


def used_definitions(file, names=None):
    """{(file, name): syntax trees} of these definitions of a module (None: all) and of all of this repository that they use."""
    to_read = [(file, name) for name in names or {*definitions(file)[0], *definitions(file)[1]}]
    found = {}
    while to_read:
        file, name = to_read.pop()
        trees, imported = definitions(file)
        if name == "":  # a module as a whole
            to_read += [(file, one) for one in trees if one and (file, one) not in found]
        if name in imported:
            to_read.append(imported[name])
        elif name in trees and (file, name) not in found:
            found[file, name] = trees[name]
            used = {
                part.id
                for tree in trees[name]
                for part in ast.walk(tree)
                if isinstance(part, ast.Name)
            }
            to_read += [(file, one) for one in used & {*trees, *imported}]
    return found


def data_of(trees):
    """The texts of the .json files that definitions name by their path from the top of the repository."""
    for tree in trees:
        for part in ast.walk(tree):
            if isinstance(part, ast.Constant) and str(part.value).endswith(".json"):
                if (ROOT / part.value).is_file():
                    yield (ROOT / part.value).read_text(encoding="utf-8")


def code_of(script):
    """The hash of what a script's results depend on: its definitions and those of this repository that it uses, as syntax trees,
    so that no comment, docstring or line break counts; and the data that they name."""
    found = used_definitions(Path(script).resolve())
    trees = [tree for trees in found.values() for tree in trees]
    texts = sorted(map(ast.dump, trees)) + sorted(data_of(trees))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def place(notebook, name, write):
    """Where a figure or picture of this name goes: to the notebook's committed results, or where what is only tried goes."""
    folder = (ROOT / notebook).parent
    path = (
        folder / "results" / name
        if write
        else ROOT / "benchmarks" / ".kept" / "tried" / folder.name / name
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def script_of(block):
    """The file of the script that writes a block."""
    return ROOT / "benchmarks" / f"{block.partition(':')[0]}.py"


def read_evidence(path):
    """(figures, blocks) of an evidence.json; empty if there is none."""
    figures = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return figures, figures.pop("blocks", {})


def write_evidence(notebook, block, count, write, /, **figures):
    """Put `figures` into evidence.json as the block of this name, keep the others, and write it whole.

    The block is "script" or "script:what it was run on", and replaces the block of that name. `write` False is
    for what is only tried: see `place`.
    """
    path = place(notebook, "evidence.json", write)
    known, blocks = read_evidence(path)
    dropped = set(blocks.pop(block, {"keys": []})["keys"]) - figures.keys()
    of_others = {
        key: name for name, other in blocks.items() for key in other["keys"] if key in figures
    }
    if write and of_others:
        print(
            "not written as evidence, for these are figures of others; give yours another name:",
            of_others,
        )
        return write_evidence(notebook, block, count, False, **figures)
    blocks[block] = {
        "keys": list(figures),
        "count": count,
        "date": date.today().isoformat(),
        "code": code_of(script_of(block)),
        "versions": versions((*PACKAGES, "torch", "distributed")),
        "processor": " and ".join(sorted(PROCESSORS or {processor()})),
        "machine": machine(),
    }
    PROCESSORS.clear()
    evidence = (
        {key: value for key, value in known.items() if key not in dropped}
        | figures
        | {"blocks": blocks}
    )
    write_whole(path, json.dumps(evidence, indent=1) + "\n")
    message = "written:" if write else "only tried, so written to"
    print(message, path.relative_to(ROOT).as_posix(), "<-", ", ".join(figures))


def stale_blocks(notebook):
    """{block: why} of those blocks of a notebook's committed figures that are older than the code, or may be."""
    found = {}
    for name, block in read_evidence(place(notebook, "evidence.json", True))[1].items():
        if block["code"] is None:
            found[name] = "before provenance"
        elif not script_of(name).exists() or block["code"] != code_of(script_of(name)):
            found[name] = "older than the code"
    return found


def main():
    """Print each notebook's blocks: name, count, date, and whether the code has changed since."""
    for notebook in NOTEBOOKS:
        stale = stale_blocks(notebook)
        print(f"\n{notebook}: {len(stale)} blocks are older than the code, or may be")
        for name, block in read_evidence(place(notebook, "evidence.json", True))[1].items():
            print(
                f"  {name:35} {len(block['keys']):3} figures  {block['date'] or '?':10}  {stale.get(name, 'of this code')}"
            )


if __name__ == "__main__":
    main()
