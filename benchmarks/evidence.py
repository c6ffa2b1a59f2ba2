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
from importlib.metadata import distributions
from pathlib import Path

import notebook_code
from notebook_code import NOTEBOOKS, ROOT, definition_cells, is_definition, write_whole

PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "nltk", "tensorflow", "keras")  # those that move a result
PLUMBING = ("notebook_code.py", "command.py", "evidence.py", "sweep.py")  # these move none
PROCESSORS = set()  # those that did the jobs of the sweeps since the last block was written, workers' too


def slug(*words):
    """The words as one key: lower case, underscores."""
    return re.sub(r"\W+", "_", " ".join(map(str, words)).lower()).strip("_")


def versions(packages=PACKAGES):
    """What the numbers depend on beside the code."""
    found = {package.name.lower().replace("_", "-"): package.version for package in distributions()}
    found |= {name.removesuffix("-cpu"): version for name, version in found.items()}  # tensorflow-cpu
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
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else float("nan")
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def quantiles(table):
    """{column: its lowest value, 5% quantile, median, 95% quantile and highest} of a table with a row a seed."""
    found = table.quantile([0, 0.05, 0.5, 0.95, 1]).round(4)
    print(found.to_string())
    return found.set_axis(["lowest", "5%", "median", "95%", "highest"]).to_dict()


def own_sources(script):
    """{path: text} of a script and of all that it imports from this repository, directly or not, but for the plumbing."""
    found, to_read = {}, [Path(script).resolve()]
    while to_read:
        path = to_read.pop()
        if path in found or path.name in PLUMBING:
            continue
        found[path] = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(found[path])):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            files = [ROOT / f"{name.replace('.', '/')}.py" for name in names]
            to_read += [file for file in files if file.exists()]
    return found


def used_definitions(notebook, names):
    """The texts of the notebook's definitions of these names and of all that they use.

    If it has none of them, its code cells: then the script runs the notebook as a whole.
    """
    texts, uses = {}, {}
    for _, source in definition_cells(notebook):
        for node in filter(is_definition, ast.parse(source).body):
            first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
            bound = [alias.asname or alias.name.partition(".")[0] for alias in getattr(node, "names", [])]
            bound += [target.id for target in getattr(node, "targets", [])] + [getattr(node, "name", None)]
            for name in filter(None, bound):
                texts.setdefault(name, []).append("\n".join(source.splitlines()[first - 1 : node.end_lineno]))
                uses.setdefault(name, set()).update(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
    to_add, used = names & texts.keys(), set()
    if not to_add:
        return [source for _, source in definition_cells(notebook)]
    while to_add:
        used.add(name := to_add.pop())
        to_add |= uses[name] & texts.keys() - used
    return [text for name in sorted(used) for text in texts[name]]


def code_of(script):
    """The hash of what a script's results depend on: its text, what it imports from here, and of the notebooks
    that it names the definitions that it takes, as nb.NAME."""
    sources = own_sources(script)
    nodes = [node for text in sources.values() for node in ast.walk(ast.parse(text))]
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "nb"}
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    notebooks = [getattr(notebook_code, name) for name in sorted(imported) if name.endswith("_NOTEBOOK")]
    texts = [text for notebook in notebooks for text in used_definitions(notebook, names)]
    return hashlib.sha256("\0".join([*sorted(sources.values()), *texts]).encode()).hexdigest()


def place(notebook, name, write):
    """Where a figure or picture of this name goes: to the notebook's committed results, or where what is only tried goes."""
    folder = (ROOT / notebook).parent
    path = folder / "results" / name if write else ROOT / "benchmarks" / ".kept" / "tried" / folder.name / name
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
    of_others = {key: name for name, other in blocks.items() for key in other["keys"] if key in figures}
    if write and of_others:
        print("not written as evidence, for these are figures of others; give yours another name:", of_others)
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
    evidence = {key: value for key, value in known.items() if key not in dropped} | figures | {"blocks": blocks}
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
            print(f"  {name:35} {len(block['keys']):3} figures  {block['date'] or '?':10}  {stale.get(name, 'of this code')}")


if __name__ == "__main__":
    main()
