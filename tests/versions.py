"""Run the tests on several versions of Python and of the packages, each in a fresh environment, and print a table.

usage: python tests/versions.py [KIND,KIND,...] [PYTHON,PYTHON,...] [options of pytest ...]
       (default: locked,lowest,newest 3.10,3.11,3.12,3.13; needs uv; 25 minutes each with two side by side on two cores)

locked: requirements.lock; lowest and newest: the lowest and the newest that requirements.txt allows on that Python. The tests in
tests/ compare no trained outputs, nbval does: it runs, on the lock, in `make test`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = {
    "locked": ["--require-hashes", "-r", "requirements.lock"],
    "lowest": ["--resolution", "lowest-direct", "--no-build", "-r", "requirements.txt"],
    "newest": ["--upgrade", "--no-build", "-r", "requirements.txt"],
}


def run_tests(kind, python, arguments):
    """(what pytest's last line says or what failed before it, seconds) for one environment, which is deleted afterwards."""
    started, folder = time.perf_counter(), tempfile.mkdtemp()
    interpreter = Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    steps = {
        "uv venv": ["uv", "venv", "--quiet", "--clear", "--python", python, folder],
        "uv pip": ["uv", "pip", "install", "--quiet", "--python", interpreter, *OPTIONS[kind]],
        "pytest": [interpreter, "-m", "pytest", "-q", "--durations=0", "--durations-min=60", "tests", *arguments],
    }
    try:
        for step, command in steps.items():  # noqa: B007 (read after the loop)
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                print(done.stdout[-4000:], done.stderr[-4000:], sep="\n")
                break
        lines = (done.stdout if step == "pytest" else done.stderr).strip().splitlines()
        return f"{step}: {lines[-1] if lines else done.returncode}", time.perf_counter() - started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(kinds="locked,lowest,newest", pythons="3.10,3.11,3.12,3.13", *arguments):
    results = {}
    for kind in kinds.split(","):
        for python in pythons.split(","):
            outcome, seconds = run_tests(kind, python, arguments)
            results[kind, python] = outcome
            print(f"{kind:8} {python:5} {seconds:6.0f} s  {outcome}", flush=True)
    sys.exit(any("failed" in outcome or "passed" not in outcome for outcome in results.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
