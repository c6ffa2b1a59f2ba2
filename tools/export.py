"""Write the modules beside the notebooks: the cells tagged `export:NAME`, in order, as NAME.py.

Such a cell holds functions, classes and constants alone. What they use of other packages is imported
as the notebook imports it. Modules import each other as a package, from the repository's top.
"""

import ast
import builtins
import sys
from pathlib import Path
from symtable import symtable

import nbformat

from tools.notebooks import code_cells, command_line, write_whole

TAG = "export:"
ALLOWED = ast.FunctionDef, ast.ClassDef


def is_constant(node):
    """True for an assignment to names in capitals, or of a namedtuple to its name."""
    if not isinstance(node, ast.Assign):
        return False
    if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "namedtuple":
        return True
    targets = [part for target in node.targets for part in getattr(target, "elts", [target])]
    return all(isinstance(target, ast.Name) and target.id.isupper() for target in targets)


def exported_cells(notebook):
    """{module: [(cell's id, source)]} of a notebook, in its order."""
    found = {}
    for cell in code_cells(notebook):
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(TAG):
                found.setdefault(tag.removeprefix(TAG), []).append((cell.id, cell.source))
    return found


def not_exportable(source):
    """The lines of a cell that are no function, class or constant."""
    nodes = ast.parse(source).body
    return [node.lineno for node in nodes if not (isinstance(node, ALLOWED) or is_constant(node))]


def globals_of(source):
    """(names that the code defines at its top, global names that it reads)."""
    table = symtable(source, "cells", "exec")
    bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    read, tables = set(), [table]
    while tables:
        scope = tables.pop()
        tables += scope.get_children()
        for symbol in scope.get_symbols():
            at_top = scope is table or symbol.is_global()
            if at_top and symbol.is_referenced():
                read.add(symbol.get_name())
    return bound, read - set(dir(builtins))


def imports_of(notebook):
    """{name: (package, its name there or "" for the package itself)} of all that cells import."""
    found = {}
    for cell in code_cells(notebook):
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.ImportFrom):
                new = {one.asname or one.name: (node.module, one.name) for one in node.names}
            elif isinstance(node, ast.Import):
                new = {
                    one.asname or one.name.partition(".")[0]: (one.name, "") for one in node.names
                }
            else:
                new = {}
            for name in new.keys() & found.keys():
                if new[name] != found[name]:
                    raise ValueError(f"{name} is imported twice, from two places: rename one.")
            found |= new
    return found


def import_lines(names, known):
    """The lines that import these names, the standard library first."""
    whole, parts = set(), {}
    for name in names:
        package, inside = known[name]
        if inside:
            parts.setdefault(package, []).append(renamed(inside, name))
        else:
            whole.add(f"import {renamed(package, name)}")
    lines = [(line.split()[1], line) for line in whole]
    lines += [
        (package, f"from {package} import {', '.join(sorted(found))}")
        for package, found in parts.items()
    ]
    groups = {True: [], False: []}
    for package, line in sorted(lines, key=lambda pair: (pair[1].startswith("from"), pair[0])):
        groups[package.partition(".")[0] in sys.stdlib_module_names].append(line)
    return "\n\n".join("\n".join(group) for group in groups.values() if group)


def renamed(there, here):
    """What is imported, and how it is called here if that differs."""
    return there if here in (there, there.partition(".")[0]) else f"{there} as {here}"


def needed(name, package, sources, known):
    """The lines by which module `name` imports what it reads of packages and of other modules."""
    bound, read = globals_of(sources[name])
    missing = read - bound
    blocks = [import_lines(missing & known.keys(), known)]
    missing -= known.keys()
    for other in sources:
        here = sorted(missing & globals_of(sources[other])[0])
        missing -= set(here)
        if here:
            names = "".join(f"    {one},\n" for one in here)
            blocks.append(f"from {package}.{other} import (\n{names})")
    if missing:
        raise ValueError(f"{package}.{name} reads {', '.join(sorted(missing))}: export them too.")
    return "\n".join(filter(None, blocks))


def modules(path, notebook=None):
    """{file: text} of the modules of the notebook at `path`. Raises ValueError for a cell unfit."""
    notebook = notebook or nbformat.read(path, as_version=4)
    cells = exported_cells(notebook)
    for cell_id, source in [cell for found in cells.values() for cell in found]:
        if lines := not_exportable(source):
            raise ValueError(f"{path.name}, cell {cell_id}, line {lines[0]}: not to be exported.")
    sources = {name: "\n\n\n".join(source for _, source in found) for name, found in cells.items()}
    known, texts = imports_of(notebook), {}
    for name, source in sources.items():
        head = f'"""Written by tools/export.py from {path.name}, cells tagged {TAG}{name}."""'
        imported = needed(name, path.parent.name, sources, known)
        top = "\n\n".join(filter(None, [head, imported]))
        texts[path.with_name(f"{name}.py")] = f"{top}\n\n\n{source}\n"
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
    parser = command_line(__doc__)
    parser.add_argument("--check", action="store_true", help="say which module is out of date")
    given = parser.parse_args()
    try:
        main(given.notebooks, given.check)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
