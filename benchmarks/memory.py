"""The peak memory of a command with all the processes that it starts, workers and kernels among them.

usage: python -m benchmarks.memory [--key=NAME [--write]] COMMAND ...
       (for example --key=peak_memory_lstm_gib --write python run_notebooks.py LSTM_from_scratch/lstm_scratch.ipynb)

Linux: the sum of the proportional set sizes, so that memory shared by two processes counts once, twice a second. With a name,
the figure goes into the evidence.json of the notebook that the command names.
"""

import argparse
import sys
import time

import psutil

from benchmarks.evidence import write_evidence
from notebook_code import LSTM_NOTEBOOK, TEXT_NOTEBOOK


def memory(process):
    """Bytes that a process and all its descendants hold now."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:  # it has ended in between
            continue
    return total


def main(command, key, write):
    started, peak = psutil.Popen(command), 0
    while started.poll() is None:
        peak = max(peak, memory(started))
        time.sleep(0.5)
    print(f"peak of {' '.join(command)}: {peak / 2**30:.2f} GiB")
    if key and started.returncode == 0:
        notebook = TEXT_NOTEBOOK if TEXT_NOTEBOOK in command else LSTM_NOTEBOOK
        write_evidence(notebook, f"memory:{key}", None, write, **{key: peak / 2**30})
    sys.exit(started.returncode)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", metavar="NAME", help="what the figure is called")
    parser.add_argument("--write", action="store_true", help="put it into the committed evidence.json")
    parser.add_argument("program", metavar="COMMAND")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...")
    given = parser.parse_args()
    main([given.program, *given.rest], given.key, given.write)
