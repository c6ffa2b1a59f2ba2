"""Does a run of the notebooks write the very files that are committed? Part of `make test`.

--start copies both folders to .nbval, less what a run writes. After a run there, without an option,
it says which files differ from the committed ones, byte by byte. Files that git ignores are left
out: a .keras file holds the hour. Without git (an archive), those that are here count as committed.
"""

import argparse
import platform
import shutil
import subprocess
import sys

from tools.notebooks import NOTEBOOKS, ROOT

COPIES = ROOT / ".nbval"
# Not written by a notebook but by benchmarks/ and tools/diagrams.py, for it to read or for a page to
# show, or by hand (grammar.json, from which text_data.csv is drawn); all else must come out of the run.
GIVEN = {
    "LSTM_from_scratch": {
        "plots/step_gates.png",
        "plots/step.png",
        "plots/step_backward.png",
        "results/evidence.json",
        "results/extras.csv",
        "results/lookback.png",
        "results/recall.csv",
        "results/seeds.csv",
        "results/speed.csv",
        "results/speed.png",
    },
    "Text_Classification_LSTM": {
        "grammar.json",
        "text_data.csv",
        "results/controls.csv",
        "results/evidence.json",
        "results/map.csv",
        "results/models.csv",
        "results/real.csv",
        "results/sizes.csv",
    },
}


def has_git():
    return (ROOT / ".git").exists() and shutil.which("git") is not None


def committed(folder):
    """The committed files of a notebook's folder but for modules, as paths from the top."""
    if has_git():
        command = ["git", "ls-files", "-z", "--", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        found = done.stdout.decode().split("\0")[:-1]
    else:
        paths = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        found = [path.relative_to(ROOT).as_posix() for path in paths]
        found = [name for name in found if "/." not in name and not name.endswith(".keras")]
    return [name for name in found if not name.endswith((".py", ".pyc"))]


def content(name):
    """The bytes of a file as committed; without git, or before the first commit, as it is here."""
    if has_git():
        shown = subprocess.run(["git", "show", f"HEAD:./{name}"], cwd=ROOT, capture_output=True)
        if shown.returncode == 0:
            return shown.stdout
    return (ROOT / name).read_bytes()


def written(folder):
    """The files in the copy of a folder that git would not ignore, as paths from the top."""
    paths = [path for path in (COPIES / folder).rglob("*") if path.is_file()]
    found = [path.relative_to(COPIES).as_posix() for path in paths]
    if not found:
        return []
    command = ["git", "check-ignore", "-z", "--no-index", "--stdin"]
    listed = "\0".join(found).encode()
    ignored = subprocess.run(command, cwd=ROOT, input=listed, capture_output=True).stdout
    return sorted(set(found) - set(ignored.decode().split("\0")))


def start():
    """Make the copies anew: the notebooks and what is GIVEN, and empty folders for the rest."""
    shutil.rmtree(COPIES, ignore_errors=True)
    for folder, given in GIVEN.items():
        for name in committed(folder):
            (COPIES / name).parent.mkdir(parents=True, exist_ok=True)
            if name in NOTEBOOKS or name.removeprefix(f"{folder}/") in given:
                shutil.copyfile(ROOT / name, COPIES / name)


def differences():
    """One line for each file that the run has not written, has written otherwise, or has added."""
    lines = []
    for folder in GIVEN:
        stored = committed(folder)
        for name in stored:
            if not (COPIES / name).exists():
                lines.append(f"{name}: is committed, and the run does not write it")
            elif (COPIES / name).read_bytes() != content(name):
                lines.append(f"{name}: the run writes other bytes")
        added = set(written(folder)) - set(stored) if has_git() else []
        lines += [f"{name}: the run writes it, and it is not committed" for name in sorted(added)]
    return lines


def main(starts=False):
    if starts:
        start()
    elif not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        print("Files are not compared: the committed ones are of Linux on x86-64.")
    elif lines := differences():
        sys.exit("\n".join(["The run does not write what is committed; make run?", *lines]))
    else:
        print("The run has written the committed files, byte by byte.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", action="store_true", help="make the copies that will be run")
    main(parser.parse_args().start)
