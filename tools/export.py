"""Write the modules beside the notebooks: the cells tagged `export:NAME`, in their order, as NAME.py.

usage: python -m tools.export [NOTEBOOK.ipynb ...]      (default: both notebooks of this repository)
       python -m tools.export --check                   (say which module differs from its notebook)

Such a cell holds imports, functions, classes and constants alone. A cell of imports may go to several
modules. What a module uses of a module before it is imported from there, as from a package: the
repository's top is on the path of whoever runs from there, and of whoever has installed it.
"""

import ast
import builtins
import sys
from pathlib import Path
from symtable import symtable

import nbformat

from tools.notebooks import NOTEBOOKS, ROOT, code_cells, write_whole

TAG = "export:"
ALLOWED = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef


def is_constant(node):
    """True for an assignment to names in capitals."""
    if not isinstance(node, ast.Assign):
        return False
    names = [part for target in node.targets for part in ast.walk(target)]
    return all(name.id.isupper() for name in names if isinstance(name, ast.Name))


def exported_cells(notebook):
    """{module: [(cell's id, source)]} of a notebook, in its order."""
    found = {}
    for cell in code_cells(notebook):
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(TAG):
                found.setdefault(tag.removeprefix(TAG), []).append((cell.id, cell.source))
    return found


def not_exportable(source):
    """The lines of a cell that are no import, function, class or constant."""
    nodes = ast.parse(source).body
    return [node.lineno for node in nodes if not (isinstance(node, ALLOWED) or is_constant(node))]


def globals_of(source):
    """(names that the code defines or imports at its top, global names that it reads)."""
    table = symtable(source, "cells", "exec")
    bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    bound |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_imported()}
    read, tables = set(), [table]
    while tables:
        scope = tables.pop()
        tables += scope.get_children()
        for symbol in scope.get_symbols():
            at_top = scope is table or symbol.is_global()
            if at_top and symbol.is_referenced():
                read.add(symbol.get_name())
    return bound, read - set(dir(builtins))


def from_others(name, package, sources):
    """The lines by which module `name` imports what it reads of the modules before it."""
    bound, read = globals_of(sources[name])
    lines, missing = [], read - bound
    for other in list(sources)[: list(sources).index(name)]:
        here = sorted(missing & globals_of(sources[other])[0])
        missing -= set(here)
        if here:
            names = "".join(f"    {one},\n" for one in here)
            lines.append(f"from {package}.{other} import (\n{names})\n")
    if missing:
        raise ValueError(f"{package}.{name} reads {', '.join(sorted(missing))}: export them too.")
    return "".join(lines)


def is_imports(source):
    """True for a cell of imports alone."""
    return all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.parse(source).body)


def as_module(head, sources, others):
    """The text of a module: its head, all imports, then the other cells in their order."""
    first = [source + "\n" for source in sources if is_imports(source)] + [others]
    rest = [source for source in sources if not is_imports(source)]
    return "\n\n\n".join(["".join([head, "\n", *first]).rstrip("\n"), *rest]) + "\n"


def modules(path, notebook=None):
    """{file: text} of the modules of the notebook at `path`. Raises ValueError for a cell unfit."""
    notebook = notebook or nbformat.read(path, as_version=4)
    cells = exported_cells(notebook)
    for cell_id, source in [cell for found in cells.values() for cell in found]:
        if lines := not_exportable(source):
            raise ValueError(f"{path.name}, cell {cell_id}, line {lines[0]}: not to be exported.")
    sources = {name: "\n\n\n".join(source for _, source in found) for name, found in cells.items()}
    texts = {}
    for name in sources:
        head = f'"""Written by tools/export.py from {path.name}, cells tagged {TAG}{name}."""\n'
        others = from_others(name, path.parent.name, sources)
        parts = [source for _, source in cells[name]]
        texts[path.with_name(f"{name}.py")] = as_module(head, parts, others)
    return texts


def main(paths, check=False):
    different = []
    for path in map(Path, paths):
        for file, text in modules(path.resolve()).items():
            if not file.exists() or file.read_text(encoding="utf-8") != text:
                different.append(file.name)
                if not check:
                    write_whole(file, text)
    if check and different:
        sys.exit(f"not as in the notebook: {', '.join(different)}. Run: make export")
    print(f"{'as in the notebooks' if check else 'written'}:", *different or ["no change"])


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word != "--check"]
    main(named or [ROOT / name for name in NOTEBOOKS], check="--check" in sys.argv)
