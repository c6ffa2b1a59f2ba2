"""How fast is notebook 1's LSTM? Its fast and its readable passes against PyTorch, Keras, the matrix products alone and a loop
over samples; and what each trick of the fast passes buys.

usage: python -m benchmarks.lstm_speed [--tiny]        (about nine minutes; needs requirements/bench.txt)

A training step is the whole of it: forward, loss, backward, clipping by global norm, Adam. The data lie ready in memory in
each framework's own form. A time is the median of interleaved rounds, as CPU time with one thread and as wall time with default
threads. results/speed.csv has the CPU times of one thread; its rows of task "trick" are the loss and the gradients by the
passes of lstm_tricks.

At the notebook's size a framework spends most of its time on calls, not on arithmetic: that is part of what a step costs there,
and at the large size it hardly counts. There the system's clearing of fresh memory counts instead, 30 MB or more a step for
NumPy and PyTorch alike, in times that vary threefold. So with one thread the process keeps what it has once got (two settings
of glibc, the same for all); with default threads all is as a reader finds it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from functools import partial

import numpy as np

SIZES = {"small": (32, 10, 50), "middle": (64, 50, 128), "large": (256, 50, 256)}
TINY_SIZES = {"small": (4, 3, 5), "middle": (6, 4, 8), "large": (8, 6, 10)}
AXES = ["batch", "steps", "units"]  # what a size says; there is one input and one output
SCALING = [(8, 32, 128, 512), (5, 10, 40, 160), (16, 50, 128, 256)]  # along the axes, from "small"
NOTEBOOK = (16, 10, 50)
KEYS = {"loop over samples": "per_sample_loop", "products alone": "bare_products"}  # of evidence


def pytorch():
    """PyTorch, or None where it is not installed: then its rows are missing."""
    try:
        import torch
    except ImportError:
        return None
    return torch


def settings(tiny):
    """The sizes, and the values along each axis."""
    return (TINY_SIZES, [values[:2] for values in SCALING]) if tiny else (SIZES, SCALING)


# --- who is measured: {(who, task): function of no arguments}


def problem(size):
    """Inputs X (N, T, 1), targets y (N, 1) and the params of an LSTM, all in float32."""
    from LSTM_from_scratch import lstm

    N, T, H = size
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(N, T, 1)), rng.normal(size=(N, 1))
    return X.astype(np.float32), y.astype(np.float32), lstm.init_params(1, H, 1, rng)


def training(loss_and_grads, size):
    """The notebook's training step with this function for the loss and the gradients."""
    from LSTM_from_scratch import lstm

    X, y, params = problem(size)
    return partial(lstm.train_step, loss_and_grads, params, lstm.init_adam(params), X, y, 1e-3, 1.0)


def notebook(size):
    """The notebook's fast and readable passes."""
    from LSTM_from_scratch import lstm

    X, _, params = problem(size)

    def readable_predict():
        h, _ = lstm.lstm_forward(params, X)
        return h[:, -1] @ params["Wy"] + params["by"]

    return {
        ("fast", "train"): training(lstm.fast_loss_and_grads, size),
        ("fast", "predict"): partial(lstm.fast_predict, params, X),
        ("readable", "train"): training(lstm.loss_and_grads, size),
        ("readable", "predict"): readable_predict,
    }


def products_alone(size):
    """The matrix products that the fast passes cannot do without, and nothing else."""
    N, T, H = size
    rng = np.random.default_rng(0)
    W = rng.normal(size=(H, 4 * H)).astype(np.float32)
    h, da = (np.asfortranarray(rng.normal(size=(N, n)), np.float32) for n in (H, 4 * H))
    dh, a = np.empty_like(h), np.empty_like(da)

    def forward():
        for _ in range(T):
            np.matmul(h, W, out=a)

    def forward_and_backward():
        forward()
        for _ in range(T):
            np.matmul(da, W.T, out=dh)
            da.T @ h

    who = "products alone"
    return {(who, "train"): forward_and_backward, (who, "predict"): forward}


def in_pytorch(size):
    """The same LSTM in PyTorch."""
    torch = pytorch()
    X, y, _ = problem(size)
    X, y, H = torch.from_numpy(X), torch.from_numpy(y), size[2]

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = torch.nn.LSTM(1, H, batch_first=True)
            self.output = torch.nn.Linear(H, 1)

        def forward(self, x):
            return self.output(self.lstm(x)[0][:, -1])

    net = Net()
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def train():
        adam.zero_grad()
        torch.nn.functional.mse_loss(net(X), y).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()

    def predict():
        with torch.inference_mode():
            net(X)

    return {("PyTorch", "train"): train, ("PyTorch", "predict"): predict}


def in_keras(size):
    """The same LSTM in Keras."""
    import keras
    import tensorflow as tf

    X, y, _ = problem(size)
    X, y, (_, T, H) = tf.constant(X), tf.constant(y), size
    model = keras.Sequential([keras.Input((T, 1)), keras.layers.LSTM(H), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0), "mse")
    predict = tf.function(lambda x: model(x, training=False))
    return {
        ("Keras", "train"): lambda: model.train_on_batch(X, y),
        ("Keras", "predict"): lambda: predict(X),
    }


def loop_over_samples(size):
    """The equations as they stand, one sample at a time; its gradients are checked."""
    from benchmarks.lstm_tricks import per_sample
    from LSTM_from_scratch import lstm

    X, y, params = problem(size)
    _, looped = per_sample(params, X, y)
    _, fast = lstm.fast_loss_and_grads(params, X, y)
    for name in params:
        assert np.allclose(fast[name], looped[name], rtol=1e-3, atol=1e-6), name
    return {("loop over samples", "train"): training(per_sample, size)}


def contestants(size, all_of_them):
    """Who is measured at a size; not all of them: without Keras and the loop, which is left out at large sizes anyway."""
    found = notebook(size) | products_alone(size)
    if pytorch():
        found |= in_pytorch(size)
    if all_of_them:
        found |= in_keras(size)
        N, T, H = size
        if N * T * H < 10**5:
            found |= loop_over_samples(size)
    return found


def ladder(size):
    """The loss and the gradients by the readable passes, and with one trick more at a time; all are checked."""
    from benchmarks import lstm_tricks

    X, y, params = problem(size)
    found = {}
    for who, passes in lstm_tricks.PASSES.items():
        assert lstm_tricks.largest_difference(who) < 1e-12, who
        found[who, "trick"] = partial(lstm_tricks.loss_and_grads, *passes, params, X, y)
    return found


# --- measuring, in a process whose environment sets the threads


def measure(found, seconds, rounds, warm_up):
    """Median seconds (CPU, wall) of a call of each function, in interleaved rounds that take about `seconds` in all.

    Not timed are `warm_up` calls of each: the first steps at the large size wait for fresh memory from the system.
    """
    calls = {}
    for key, function in found.items():
        for _ in range(warm_up):
            function()
        start = time.perf_counter()
        function()
        calls[key] = max(1, int(seconds / len(found) / rounds / (time.perf_counter() - start)))
    times = {key: ([], []) for key in found}
    for _ in range(rounds):
        for key, function in found.items():
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(calls[key]):
                function()
            times[key][0].append((time.process_time() - cpu) / calls[key])
            times[key][1].append((time.perf_counter() - wall) / calls[key])
    return {key: tuple(map(statistics.median, both)) for key, both in times.items()}


def others(small, scaling):
    """The sizes that differ from the small one along one axis."""
    for axis, values in enumerate(scaling):
        for value in values:
            size = (*small[:axis], value, *small[axis + 1 :])
            if size != small:
                yield size


def child(mode, tiny):
    """Measure all that belongs to these threads, and print each row as a line of JSON."""
    if mode == "one" and (torch := pytorch()):
        torch.set_num_threads(1)

    def report(size, found, seconds):
        limits = (0.1, 2, 1) if tiny else (seconds, 15, 10)
        for (who, task), (cpu, wall) in measure(found, *limits).items():
            row = dict(zip(AXES, size)) | {"task": task, "who": who, "cpu": cpu, "wall": wall}
            print(json.dumps(row))

    sizes, scaling = settings(tiny)
    for size in sizes.values():
        report(size, contestants(size, True), 15)
    if mode == "one":
        for size in NOTEBOOK, sizes["small"], sizes["large"]:
            report(size, ladder(size), 8)
        for size in others(sizes["small"], scaling):
            report(size, contestants(size, False), 2)


# --- the parent: tables, picture, evidence


def run_child(mode, tiny):
    """The rows that a fresh process measures with one thread or with default threads."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    if mode == "one":
        for name in "OMP_NUM", "OPENBLAS_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP":
            environment[f"{name}_THREADS"] = "1"
        for name in "MMAP", "TRIM":
            environment[f"MALLOC_{name}_THRESHOLD_"] = str(2**33)
    command = [sys.executable, "-m", "benchmarks.lstm_speed", mode, *["--tiny"] * tiny]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr}\nthe measurement failed, as said above: {' '.join(command[1:])}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def draw(table, small, scaling, path):
    """CPU time of a training step against batch, steps and units, log axes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fig, panels = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, constrained_layout=True)
    train = table[(table["task"] == "train") & ~table["who"].isin(["Keras", "loop over samples"])]
    for ax, axis, values in zip(panels, AXES, scaling, strict=True):
        rows = train
        for other, value in zip(AXES, small):
            if other != axis:
                rows = rows[rows[other] == value]
        lines = rows.pivot(index=axis, columns="who", values="milliseconds")
        lines.rename_axis(columns=None).plot(ax=ax, marker="o", loglog=True, legend=ax is panels[0])
        ax.set(xlabel=axis, ylabel="CPU time of a training step (ms)")
        ax.set_xticks(values, map(str, values))
        ax.minorticks_off()
        ax.grid(alpha=0.4)
    N, T, H = small
    fig.suptitle(f"One thread; else a batch of {N}, {T} steps, {H} units")
    fig.savefig(path, metadata={"Software": None})


def ratios(rows, sizes, mode):
    """Evidence {key: time over that of the fast passes}; prints the tables behind it."""
    figures = {}
    by_size = rows.set_index([*AXES, "task", "who"]).sort_index()
    for name, size in sizes.items():
        for task in ("train", "predict"):
            times = by_size.loc[(*size, task)]
            shares = times / times.loc["fast"]
            print(f"\n{mode} thread(s), {name} {size}, {task}: ms, and over the fast passes' time")
            print(times.mul(1000).round(3).join(shares.round(2).add_suffix(" ratio")).to_string())
            for who, row in shares.drop("fast").iterrows():
                key = f"speed_{name}_{task}_{mode}_{KEYS.get(who, who.lower())}"
                figures |= {f"{key}_cpu": row["cpu"], f"{key}_wall": row["wall"]}
    return figures


def main(tiny):
    import pandas as pd

    from benchmarks.evidence import place, write_evidence
    from tools.notebooks import LSTM_NOTEBOOK

    write = not tiny and pytorch() is not None
    sizes, scaling = settings(tiny)
    if not pytorch():
        print("PyTorch is missing, and with it its rows and the evidence.")
        print("Install it: pip install -r requirements/bench.txt")
    one, default = (pd.DataFrame(run_child(mode, tiny)) for mode in ("one", "default"))
    table = one.drop(columns=["cpu", "wall"]).assign(milliseconds=(1000 * one["cpu"]).round(4))
    table.to_csv(place(LSTM_NOTEBOOK, "speed.csv", write), index=False, lineterminator="\n")
    draw(table, sizes["small"], scaling, place(LSTM_NOTEBOOK, "speed.png", write))
    print(table[table["task"] == "trick"].to_string(index=False))
    figures = ratios(one, sizes, "one") | ratios(default, sizes, "default")
    write_evidence(LSTM_NOTEBOOK, "lstm_speed", None, write, **figures)


if __name__ == "__main__":
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    threads = "measure with these threads, write nothing"
    parser.add_argument("mode", nargs="?", choices=["one", "default"], help=threads)
    only_try = "only try whether it runs: small sizes, two rounds"
    parser.add_argument("--tiny", action="store_true", help=only_try)
    given = parser.parse_args()
    if given.mode:
        child(given.mode, given.tiny)
    else:
        main(given.tiny)
