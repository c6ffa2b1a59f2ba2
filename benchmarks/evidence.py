"""results/evidence.json: what the benchmarks measured, beside the notebook's own metrics.json."""

import json
import os
import platform
from pathlib import Path

from notebook_code import ROOT


def machine():
    """This machine in a few words: processor, cores, memory, system, Python."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else float("nan")
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def quantiles(table):
    """{column: its lowest value, 5% quantile, median, 95% quantile and highest} of a table with a row a seed."""
    found = table.quantile([0, 0.05, 0.5, 0.95, 1]).round(4)
    print(found.to_string())
    return found.set_axis(["lowest", "5%", "median", "95%", "highest"]).to_dict()


def write_evidence(notebook, **figures):
    """Put `figures` into evidence.json beside the metrics.json of `notebook`, keep the other keys, and write it whole."""
    path = (ROOT / notebook).parent / "results" / "evidence.json"
    evidence = json.loads(path.read_text()) if path.exists() else {}
    evidence |= figures | {"machine": machine()}
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    temporary.write_text(json.dumps(evidence, indent=1) + "\n")
    os.replace(temporary, path)
    print("written:", path.relative_to(ROOT), "<-", ", ".join(figures))
