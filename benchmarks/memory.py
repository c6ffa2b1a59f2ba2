"""The peak memory of a command with all the processes that it starts, workers and kernels among them.

usage: python -m benchmarks.memory [--key=NAME] COMMAND ...
       (for example --key=peak_memory_lstm_gib python run_notebooks.py LSTM_from_scratch/lstm_scratch.ipynb)

Linux: the sum of the proportional set sizes, so that memory shared by two processes counts once, twice a second. With a name,
the figure goes into notebook 1's evidence.json.
"""

import sys
import time

import psutil

from benchmarks.evidence import write_evidence
from notebook_code import LSTM_NOTEBOOK


def memory(process):
    """Bytes that a process and all its descendants hold now."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:  # it has ended in between
            continue
    return total


def main(command):
    key = command.pop(0).removeprefix("--key=") if command and command[0].startswith("--key=") else None
    if not command:
        sys.exit(__doc__)
    started, peak = psutil.Popen(command), 0
    while started.poll() is None:
        peak = max(peak, memory(started))
        time.sleep(0.5)
    print(f"peak of {' '.join(command)}: {peak / 2**30:.2f} GiB")
    if key and started.returncode == 0:
        write_evidence(LSTM_NOTEBOOK, **{key: peak / 2**30})
    sys.exit(started.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
