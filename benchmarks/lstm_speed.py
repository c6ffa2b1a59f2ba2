"""How fast is notebook 1's LSTM? A training step and a prediction against PyTorch, Keras, the bare matrix products and a
per-sample loop; CPU and wall time, with one thread and with default threads; medians of interleaved runs.

usage: python -m benchmarks.lstm_speed [--tiny]        (about eight minutes; needs requirements/bench.txt)

A training step is the whole of it: forward, loss, backward, clipping by global norm, Adam. The data lie ready in memory in
each framework's own form. At the notebook's size a framework spends most of its time on calls, not on arithmetic: that is
part of what a step costs there, and at the large size it hardly counts. There the system's clearing of fresh memory counts
instead, 30 MB or more a step for NumPy and PyTorch alike, in times that vary threefold. So with one thread the process keeps
what it has once got (two settings of glibc, the same for all); with default threads all is as a reader finds it.
"""

import argparse
import json
import os
import subprocess
import sys
import time

SIZES = {
    "small": (32, 10, 50),
    "middle": (64, 50, 128),
    "large": (256, 50, 256),
}  # batch, steps, units; one input, one output
TINY_SIZES = {"small": (4, 3, 5), "middle": (6, 4, 8), "large": (8, 6, 10)}


def pytorch():
    """PyTorch, or None where it is not installed: then its rows are missing."""
    try:
        import torch
    except ImportError:
        return None
    return torch


def per_sample(params, X, y):
    """The loss and the gradients by the equations as they stand: one sample, one step, one gate at a time."""
    import numpy as np

    from LSTM_from_scratch.lstm import sigmoid

    H = len(params["Wh"])
    Wx, Wh, b = (np.split(params[name], 4, axis=-1) for name in ("Wx", "Wh", "b"))
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    gWx, gWh, gb = (np.split(grads[name], 4, axis=-1) for name in ("Wx", "Wh", "b"))  # views
    loss = 0.0
    for x, target in zip(X, y, strict=True):
        h, c, kept = np.zeros(H, X.dtype), np.zeros(H, X.dtype), []
        for x_t in x:
            i, f, o = (sigmoid(x_t @ Wx[k] + h @ Wh[k] + b[k]) for k in (0, 1, 3))
            g = np.tanh(x_t @ Wx[2] + h @ Wh[2] + b[2])
            kept.append((x_t, h, c, i, f, g, o))
            c = f * c + i * g
            h = o * np.tanh(c)
        error = h @ params["Wy"] + params["by"] - target
        loss += float(error @ error) / y.size
        dy = error * (2 / y.size)
        grads["Wy"] += np.outer(h, dy)
        grads["by"] += dy
        dh, dc = params["Wy"] @ dy, np.zeros(H, X.dtype)
        for x_t, h, c_before, i, f, g, o in reversed(kept):
            tanh_c = np.tanh(f * c_before + i * g)
            dc = dc + dh * o * (1 - tanh_c**2)
            slopes = (
                dc * g * i * (1 - i),
                dc * c_before * f * (1 - f),
                dc * i * (1 - g * g),
                dh * tanh_c * o * (1 - o),
            )
            dh, dc = sum(Wh[k] @ da for k, da in enumerate(slopes)), dc * f
            for k, da in enumerate(slopes):
                gWx[k] += np.outer(x_t, da)
                gWh[k] += np.outer(h, da)
                gb[k] += da
    return loss, grads


def contestants(N, T, H, everyone=True):
    """{(name, task): function of no arguments} at one size; `everyone` adds Keras and the per-sample loop."""
    import numpy as np

    from LSTM_from_scratch import lstm

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(N, T, 1)).astype(np.float32), rng.normal(size=(N, 1)).astype(np.float32)
    params = lstm.init_params(1, H, 1, rng)
    state = lstm.init_adam(params)

    W, z, da = (
        rng.normal(size=shape).astype(np.float32) for shape in ((4 * H, H), (H, N), (4 * H, N))
    )
    all_z, all_da = (rng.normal(size=(rows, T * N)).astype(np.float32) for rows in (H, 4 * H))

    def bare_products(backward):
        for _ in range(T):
            W @ z
        if backward:
            for _ in range(T):
                W.T @ da
            all_z @ all_da.T

    found = {
        ("notebook", "train"): lambda: lstm.train_step(params, state, X, y, 1e-3, 1.0),
        ("notebook", "predict"): lambda: lstm.predict(params, X),
        ("bare products", "train"): lambda: bare_products(True),
        ("bare products", "predict"): lambda: bare_products(False),
    }
    if torch := pytorch():

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm, self.output = (
                    torch.nn.LSTM(1, H, batch_first=True),
                    torch.nn.Linear(H, 1),
                )

            def forward(self, x):
                return self.output(self.lstm(x)[0][:, -1])

        net, tX, ty = Net(), torch.from_numpy(X), torch.from_numpy(y)
        adam = torch.optim.Adam(net.parameters(), lr=1e-3)

        def torch_step():
            adam.zero_grad()
            torch.nn.functional.mse_loss(net(tX), ty).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            adam.step()

        def torch_predict():
            with torch.inference_mode():
                net(tX)

        found |= {("PyTorch", "train"): torch_step, ("PyTorch", "predict"): torch_predict}
    if everyone:
        import keras
        import tensorflow as tf

        model = keras.Sequential([keras.Input((T, 1)), keras.layers.LSTM(H), keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0), "mse")
        kX, ky = tf.constant(X), tf.constant(y)
        compiled = tf.function(lambda x: model(x, training=False))
        found |= {
            ("Keras", "train"): lambda: model.train_on_batch(kX, ky),
            ("Keras", "predict"): lambda: compiled(kX),
        }
        if N * T * H < 10**5:
            slow = lstm.init_params(1, H, 1, rng)
            slow_state = lstm.init_adam(slow)
            fast, looped = lstm.loss_and_grads(slow, X, y), per_sample(slow, X, y)
            assert all(
                np.allclose(fast[1][k], looped[1][k], rtol=1e-3, atol=1e-6) for k in slow
            )  # the same gradients
            found["per-sample loop", "train"] = lambda: lstm.train_step(
                slow, slow_state, X, y, 1e-3, 1.0, per_sample
            )
    return found


def measure(found, seconds=20.0, rounds=15, warm_up=10):
    """Median seconds (CPU, wall) of a call of each function, in interleaved rounds that take about `seconds` in all.

    Not timed are `warm_up` calls of each: the first steps at the large size wait for fresh memory from the system.
    """
    import statistics

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
    return {
        key: (statistics.median(cpu), statistics.median(wall)) for key, (cpu, wall) in times.items()
    }


def child(mode, tiny):
    """Measure in this process, whose environment sets the threads, and print JSON lines."""
    sizes, limits = (TINY_SIZES, {"rounds": 2, "warm_up": 1}) if tiny else (SIZES, {})
    if mode == "one" and (torch := pytorch()):
        torch.set_num_threads(1)
    for name, size in sizes.items():
        for (who, task), (cpu, wall) in measure(
            contestants(*size), seconds=0.1 if tiny else 40, **limits
        ).items():
            print(json.dumps({"size": name, "who": who, "task": task, "cpu": cpu, "wall": wall}))
    if mode == "one":
        N, T, H = sizes["small"]
        for axis, values in {
            "batch": (8, 32, 128, 512),
            "steps": (5, 10, 40, 160),
            "units": (16, 50, 128, 256),
        }.items():
            for value in values[: 2 if tiny else None]:
                size = {"batch": (value, T, H), "steps": (N, value, H), "units": (N, T, value)}[
                    axis
                ]
                for (who, task), (cpu, _) in measure(
                    contestants(*size, everyone=False), 0.1 if tiny else 2.0, **limits
                ).items():
                    print(
                        json.dumps(
                            {"axis": axis, "value": value, "who": who, "task": task, "cpu": cpu}
                        )
                    )


def run_child(mode, tiny):
    """The rows that a fresh process measures with one thread or with default threads."""
    one = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    one |= {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
    environment = (
        os.environ
        | (one if mode == "one" else {})
        | {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    )
    command = [sys.executable, "-m", "benchmarks.lstm_speed", mode, *["--tiny"] * tiny]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr}\nthe measurement failed, as said above: {' '.join(command[1:])}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def draw(scaling, sizes, path):
    """CPU time of a training step against batch, steps and units, log axes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    N, T, H = sizes["small"]
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, constrained_layout=True)
    for ax, (axis, rows) in zip(
        axes, scaling[scaling["task"] == "train"].groupby("axis", sort=False), strict=True
    ):
        rows.pivot(index="value", columns="who", values="cpu").rename_axis(columns=None).mul(
            1000
        ).plot(ax=ax, marker="o", loglog=True, legend=axis == "batch")
        ax.set(xlabel=axis, ylabel="CPU time of a training step (ms)")
        ax.set_xticks(
            sorted(rows["value"].unique()),
            [f"{value:g}" for value in sorted(rows["value"].unique())],
        )
        ax.minorticks_off()
        ax.grid(alpha=0.4)
    fig.suptitle(f"One thread; else a batch of {N}, {T} steps, {H} units")
    fig.savefig(path, metadata={"Software": None})


def main(tiny):
    import pandas as pd

    from benchmarks.evidence import place, write_evidence
    from tools.notebooks import LSTM_NOTEBOOK

    write, sizes, figures = not tiny and pytorch() is not None, TINY_SIZES if tiny else SIZES, {}
    if not pytorch():
        print(
            "PyTorch is missing, and with it its rows and the evidence: pip install -r requirements/bench.txt"
        )
    for mode in ("one", "default"):
        rows = pd.DataFrame(run_child(mode, tiny))
        if mode == "one":
            draw(rows.dropna(subset="axis"), sizes, place(LSTM_NOTEBOOK, "speed.png", write))
            rows = rows.dropna(subset="size")
        for (size, task), group in rows.groupby(["size", "task"]):
            table = group.set_index("who")[["cpu", "wall"]]
            ratios = table / table.loc["notebook"]
            print(
                f"\n{mode} thread(s), {size} {sizes[size]}, {task}: ms, and as multiples of the notebook's time"
            )
            print(table.mul(1000).round(3).join(ratios.round(2).add_suffix(" ratio")).to_string())
            for who, row in ratios.drop("notebook").iterrows():
                key = (
                    f"speed_{size}_{task}_{mode}_{who.replace(' ', '_').replace('-', '_').lower()}"
                )
                figures |= {f"{key}_cpu": row["cpu"], f"{key}_wall": row["wall"]}
    write_evidence(LSTM_NOTEBOOK, "lstm_speed", None, write, **figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "mode",
        nargs="?",
        choices=["one", "default"],
        help="measure with these threads, write nothing",
    )
    parser.add_argument(
        "--tiny", action="store_true", help="only try whether it runs: small sizes, two rounds"
    )
    given = parser.parse_args()
    child(given.mode, given.tiny) if given.mode else main(given.tiny)
