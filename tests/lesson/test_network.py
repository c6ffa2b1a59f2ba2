"""The network of notebook 1: shapes, gradients, parity with Keras, training."""

import ast
import inspect
import math
import os
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from LSTM_from_scratch import lstm, series
from tools.notebooks import LSTM_NOTEBOOK, code_cells, parameters, read_notebook

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

sizes = st.tuples(*[st.integers(1, 6)] * 5)  # N, T, D, H, O
seeds = st.integers(0, 2**32 - 1)


def test_forward_and_backward_are_short():
    """At most 70 lines of code together, docstrings and comments aside."""
    lines = 0
    for function in (lstm.lstm_forward, lstm.lstm_backward):
        tree = ast.parse(inspect.getsource(function))
        tree.body[0].body = tree.body[0].body[1:]  # without the docstring
        lines += len(ast.unparse(tree).splitlines())
    assert 30 < lines <= 70


def random_case(seed, size):
    return lstm.make_case(np.random.default_rng(seed), *size)


def largest_error(mine, exact):
    """Largest difference over the largest value; arrays that are all zero have to be zero."""
    scale = abs(exact).max()
    return abs(mine - exact).max() / scale if scale > 1e-200 else abs(mine).max()


@given(seeds, sizes)
def test_every_array_has_its_stated_shape(seed, size):
    (N, T, D, H, O), (case, y) = size, random_case(seed, size)
    h, cache = lstm.lstm_forward(case, case["X"], case["h0"], case["c0"])
    assert h.shape == (N, H) and cache["h"].shape == cache["c"].shape == (T + 1, N, H)
    assert np.array_equal(cache["h"][0], case["h0"]) and np.array_equal(cache["c"][0], case["c0"])
    assert np.array_equal(cache["h"][-1], h)
    grads, dX, dh0, dc0 = lstm.lstm_backward(case, cache, np.ones((N, H)))
    assert {name: grad.shape for name, grad in grads.items()} == {
        "Wx": (D, 4 * H),
        "Wh": (H, 4 * H),
        "b": (4 * H,),
    }
    assert dX.shape == (N, T, D) and dh0.shape == dc0.shape == (N, H)
    assert lstm.predict(case, case["X"]).shape == (N, O)
    loss, grads = lstm.loss_and_grads(case, case["X"], y)
    assert np.ndim(loss) == 0 and {name: grad.shape for name, grad in grads.items()} == {
        name: case[name].shape for name in ("Wx", "Wh", "b", "Wy", "by")
    }


@given(seeds, sizes)
def test_gradients_are_exact(seed, size):
    case, y = random_case(seed, size)
    grads = lstm.case_grads(case, y)
    for name in case:
        exact = lstm.complex_step(lambda arrays: lstm.case_loss(arrays, y), case, name)
        assert largest_error(grads[name], exact) <= 1e-12, name
    rest = case | {name: np.zeros_like(case[name]) for name in ("h0", "c0")}
    expected = lstm.case_grads(rest, y)
    loss, trained = lstm.loss_and_grads(case, case["X"], y)
    assert math.isclose(loss, lstm.case_loss(rest, y), rel_tol=1e-14)
    for name in trained:
        # as exact as the proof asks: they round dy differently, and dy @ Wy.T may cancel to little
        assert largest_error(trained[name], expected[name]) <= 1e-12, name


@given(seeds, sizes)
def test_a_loss_may_see_every_step_and_layers_may_be_stacked(seed, size):
    (N, T, _, H, _), rng = size, np.random.default_rng(seed)
    case = lstm.make_case(rng, *size)[0]
    second = lstm.make_case(rng, N, T, H, H)[0]
    case |= {f"{name}2": second[name] for name in ("Wx", "Wh", "b")}
    target = rng.normal(size=(T, N, H))
    for name, grad in lstm.two_layers(case, target)[1].items():
        exact = lstm.complex_step(lambda arrays: lstm.two_layers(arrays, target)[0], case, name)
        assert largest_error(grad, exact) <= 1e-12, name
    _, cache = lstm.lstm_forward(case, case["X"], case["h0"], case["c0"])
    last = rng.normal(size=(N, H))
    every = np.zeros((T, N, H))
    every[-1] = last
    one, all_steps = (lstm.lstm_backward(case, cache, dh) for dh in (last, every))
    assert all(np.array_equal(one[0][name], all_steps[0][name]) for name in one[0])
    assert all(
        np.array_equal(mine, theirs) for mine, theirs in zip(one[1:], all_steps[1:], strict=True)
    )


@pytest.mark.parametrize(
    "size", [(200, 7, 2, 64, 1), (700, 3, 1, 64, 1)]
)  # 2 steps a block, and a rest; 1
def test_the_gradient_of_a_long_batch_is_that_of_its_samples(size):
    """It is computed block by block, theirs each in one block."""
    case, y = random_case(0, size)
    loss, grads = lstm.loss_and_grads(case, case["X"], y)
    parts = [
        lstm.loss_and_grads(case, case["X"][n : n + 50], y[n : n + 50])
        for n in range(0, len(y), 50)
    ]
    assert math.isclose(loss, np.mean([part for part, _ in parts]), rel_tol=1e-13)
    for name, grad in grads.items():
        assert largest_error(np.mean([part[name] for _, part in parts], axis=0), grad) <= 1e-12, (
            name
        )


@given(seeds, sizes)
def test_a_forecast_needs_no_cache(seed, size):
    """predict leaves out what lstm_backward alone wants; the states are equal to the last bit."""
    case, _ = random_case(seed, size)
    (h, whole), (again, light) = (
        lstm.lstm_forward(case, case["X"], keep=keep) for keep in (True, False)
    )
    assert np.array_equal(h, again) and all(
        np.array_equal(whole[name], light[name]) for name in "hc"
    )
    assert np.array_equal(lstm.predict(case, case["X"]), h @ case["Wy"] + case["by"])


@given(seeds, sizes)
def test_one_by_one_is_batched_and_carried_is_one_sequence(seed, size):
    case, _ = random_case(seed, size)
    X, T = case["X"], size[1]
    h, cache = lstm.lstm_forward(case, X, case["h0"], case["c0"])
    for n in range(len(X)):
        alone, _ = lstm.lstm_forward(
            case, X[n : n + 1], case["h0"][n : n + 1], case["c0"][n : n + 1]
        )
        assert np.allclose(alone[0], h[n], rtol=0, atol=1e-13)
    middle, first = lstm.lstm_forward(case, X[:, : T // 2 + 1], case["h0"], case["c0"])
    if T > T // 2 + 1:
        carried, _ = lstm.lstm_forward(case, X[:, T // 2 + 1 :], middle, first["c"][-1])
        assert np.allclose(carried, h, rtol=0, atol=1e-13)


@given(seeds, sizes)
def test_the_fused_forward_is_the_cell_of_the_equations(seed, size):
    case, _ = random_case(seed, size)
    h, cache = lstm.lstm_forward(case, case["X"], case["h0"], case["c0"])
    for n in range(size[0]):
        h_n, c_n = case["h0"][n], case["c0"][n]
        for t in range(size[1]):
            *_, c_n, h_n = lstm.cell(case, case["X"][n, t], h_n, c_n)
        assert np.allclose(h_n, h[n], rtol=0, atol=1e-13) and np.allclose(
            c_n, cache["c"][-1, n], rtol=0, atol=1e-13
        )


def init_like_keras(rng, size):
    """Weights as large as a start's (float32's rounding grows with them), biases off zero."""
    params = lstm.init_params(*size[2:], rng, np.float64)
    return params | {
        name: params[name] + rng.normal(0, 0.1, params[name].shape) for name in ("b", "by")
    }


def keras_lstm(params, size, dtype):
    import keras

    N, T, D, H, _ = size
    layer = keras.layers.LSTM(H, dtype=dtype)
    layer.build((N, T, D))
    layer.set_weights([params[name].astype(dtype) for name in ("Wx", "Wh", "b")])
    return layer


@pytest.mark.parametrize(
    "dtype, forward_tolerance, gradient_tolerance",
    [("float64", 1e-12, 1e-12), ("float32", 1e-6, 1e-5)],
)
@pytest.mark.parametrize(
    "size", [(1, 1, 1, 1, 1), (1, 7, 3, 5, 2), (4, 1, 2, 3, 1), (8, 10, 1, 50, 1), (3, 12, 4, 6, 2)]
)
def test_states_and_gradients_are_those_of_keras(
    size, dtype, forward_tolerance, gradient_tolerance
):
    import tensorflow as tf

    rng = np.random.default_rng(sum(size))
    case = random_case(sum(size), size)[0] | init_like_keras(rng, size)
    case = {name: array.astype(dtype) for name, array in case.items()}
    dh = np.random.default_rng(0).normal(size=case["h0"].shape).astype(dtype)
    layer = keras_lstm(case, size, dtype)
    inputs = {name: tf.constant(case[name]) for name in ("X", "h0", "c0")}
    with tf.GradientTape() as tape:
        tape.watch(list(inputs.values()))
        theirs = layer(inputs["X"], initial_state=[inputs["h0"], inputs["c0"]])
        loss = tf.reduce_sum(theirs * dh)
    variables = [variable.value for variable in layer.trainable_variables]
    expected = tape.gradient(loss, [*variables, *inputs.values()])
    h, cache = lstm.lstm_forward(case, case["X"], case["h0"], case["c0"])
    grads, dX, dh0, dc0 = lstm.lstm_backward(case, cache, dh)
    assert h.dtype == dX.dtype == grads["Wh"].dtype == dtype
    assert largest_error(h, theirs.numpy()) <= forward_tolerance
    for mine, exact in zip(
        [grads["Wx"], grads["Wh"], grads["b"], dX, dh0, dc0], expected, strict=True
    ):
        assert largest_error(mine, exact.numpy()) <= gradient_tolerance


def test_weights_that_come_back_from_keras_forecast_as_keras_does():
    size = (5, 10, 2, 7, 1)
    case, _ = random_case(3, size)
    layer = keras_lstm(case, size, "float64")
    back = dict(zip(("Wx", "Wh", "b"), layer.get_weights(), strict=True))
    h, _ = lstm.lstm_forward(back, case["X"])
    assert largest_error(h, layer(case["X"]).numpy()) <= 1e-12


@given(seeds, sizes, st.sampled_from([0.0, 5e-324, 1e-310, 1e4, -1e4]))
def test_extreme_inputs_stay_finite(seed, size, extreme):
    case, y = random_case(seed, size)
    params = {name: case[name].astype(np.float32) for name in ("Wx", "Wh", "b", "Wy", "by")}
    state = lstm.init_adam(params)
    X = np.full(case["X"].shape, extreme)
    loss, norm = lstm.train_step(params, state, X, y.astype(np.float32), 0.01, 1.0)
    assert np.isfinite(loss) and np.isfinite(norm) and np.isfinite(state["w"]).all()
    assert np.isfinite(lstm.predict(params, X)).all()


@given(seeds, st.floats(1e-6, 1e6), st.floats(1e-6, 1e3))
def test_clipping_keeps_the_direction(seed, scale, clip_norm):
    gradient = np.random.default_rng(seed).normal(size=20) * scale
    clipped, norm = lstm.clip(gradient, clip_norm)
    assert math.isclose(norm, np.linalg.norm(gradient), rel_tol=1e-12)
    assert np.linalg.norm(clipped) <= clip_norm * (1 + 1e-12) or np.array_equal(clipped, gradient)
    assert math.isclose(clipped @ gradient, np.linalg.norm(clipped) * norm, rel_tol=1e-9)
    if norm <= clip_norm:
        assert np.array_equal(clipped, gradient)


def test_a_training_step_is_adam_as_published_and_in_place():
    case, y = random_case(0, (6, 4, 2, 3, 1))
    params = {name: case[name].copy() for name in ("Wx", "Wh", "b", "Wy", "by")}
    expected = {name: array.copy() for name, array in params.items()}
    state = lstm.init_adam(params)
    m = v = 0
    for k in (1, 2, 3):
        loss, grads = lstm.loss_and_grads(expected, case["X"], y)
        r = np.concatenate([grads[name].ravel() for name in expected])
        norm = np.sqrt((r * r).sum())
        r = r * min(1, 0.1 / norm)
        m, v = 0.9 * m + 0.1 * r, 0.999 * v + 0.001 * r * r
        step = 0.01 * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        moved = np.concatenate([array.ravel() for array in expected.values()]) - step
        expected = lstm.unpack(moved, expected)
        assert lstm.train_step(params, state, case["X"], y, 0.01, 0.1) == pytest.approx(
            (loss, norm), rel=1e-12
        )
    for name in params:
        assert np.allclose(params[name], expected[name], rtol=0, atol=1e-14)
        assert params[name].base is state["w"]  # in place, in one vector


def short_data(n=300):
    return series.prepare(series.make_series(0, n)["value"].to_numpy(), 10)


def test_early_stopping_returns_the_best_weights():
    data = short_data()
    # a rate so large that the loss jumps about
    params, history = lstm.train(data, 0, hidden_size=4, learning_rate=1.0, patience=3)
    assert len(history["validation"]) == history["best"] + 3
    assert history["validation"][history["best"] - 1] == min(history["validation"])
    X, y, _ = (np.float32(array) for array in data["validation"])
    assert float(np.mean((lstm.predict(params, X) - y) ** 2)) == min(history["validation"])


def test_the_defaults_of_training_are_the_notebooks_parameters():
    given = inspect.signature(lstm.train).parameters
    defaults = {name: given[name].default for name in given}
    shipped = {name.lower(): value for name, value in parameters(LSTM_NOTEBOOK).items()}
    both = defaults.keys() & shipped.keys()
    assert both == shipped.keys() - {"n_seeds", "lookback", "recall_steps"}
    assert {name: defaults[name] for name in both - {"seed"}} == {
        name: shipped[name] for name in both - {"seed"}
    }
    assert (
        inspect.signature(lstm.train_recall).parameters["steps"].default == shipped["recall_steps"]
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_size": 3},
        {"learning_rate": 0.5},
        {"input_noise": 0.0},
        {"batch_size": 50},
        {"average": 0.0},
        {"clip_norm": 1e9},
        {"falling": False},
    ],
)
def test_every_setting_of_training_counts(changed):
    common = {"hidden_size": 4, "epochs": 2}
    data = short_data()
    assert lstm.train(data, 0, **common)[1] == lstm.train(data, 0, **common)[1]
    assert lstm.train(data, 0, **common | changed)[1] != lstm.train(data, 0, **common)[1]


def test_steps_and_level_are_arguments():
    assert len(lstm.train_recall("tanh RNN", 0.01, steps=3)[1]) == 3
    assert series.half_width(np.arange(1.0, 100.0), level=0.5) == 50
    low, high = series.coverage_band(100, 150, level=0.5)
    assert low < 0.5 < high < 0.7


def test_what_is_saved_is_loaded(tmp_path):
    """The same arrays, in a file without any Python object."""
    data = short_data()
    params, _ = lstm.train(data, 0, hidden_size=3, epochs=1)
    lstm.save(tmp_path / "weights.npz", params, data)
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)
    again, kept = lstm.load(tmp_path / "weights.npz")
    assert again.keys() == params.keys() and (kept["low"], kept["high"]) == data["scale"]
    assert all(np.array_equal(again[name], params[name]) for name in params)
    assert kept["lookback"] == 10 and kept.keys() == {"low", "high", "lookback"}


@given(seeds, sizes, st.booleans())
def test_the_plain_network_has_exact_gradients(seed, size, relu):
    """For its weights and its inputs, with tanh and with max(a, 0)."""
    (N, T, D, H, O), rng = size, np.random.default_rng(seed)
    params = {
        name: rng.normal(0, 0.5, array.shape) for name, array in lstm.init_rnn(D, H, O, rng).items()
    }
    X, y = rng.normal(size=(N, T, D)), rng.normal(size=(N, O))

    def loss(arrays):
        h, _ = lstm.rnn_forward(arrays, arrays["X"], relu)
        return ((h @ arrays["Wy"] + arrays["by"] - y) ** 2).mean()

    value, grads = lstm.rnn_loss(params, X, y, relu)
    h, cache = lstm.rnn_forward(params, X, relu)
    dy = 2 * (h @ params["Wy"] + params["by"] - y) / y.size
    grads["X"] = lstm.rnn_backward(params, cache, dy @ params["Wy"].T, relu)[1]
    assert math.isclose(value, loss(params | {"X": X}), rel_tol=1e-13)
    for name, mine in grads.items():
        assert largest_error(mine, lstm.complex_step(loss, params | {"X": X}, name)) <= 1e-12, name


def test_a_start_of_the_recall_task_has_the_bias_or_the_matrix_of_its_name():
    for net in lstm.STARTS:
        params = lstm.start_recall(net, np.random.default_rng(0))
        if net.startswith("LSTM"):
            assert set(params["b"][16:32]) == {float(net.split()[-1])}
        else:
            assert np.allclose(
                params["Wh"] @ params["Wh"].T, np.eye(32), atol=1e-6
            )  # it shortens nothing
            assert np.array_equal(params["Wh"], np.eye(32)) == (net == "ReLU RNN, identity")
    ordinary, small = (
        lstm.start_recall(net, np.random.default_rng(0))
        for net in ("tanh RNN", "tanh RNN, small inputs")
    )
    assert np.allclose(small["Wx"], 0.1 * ordinary["Wx"]) and np.array_equal(
        small["Wh"], ordinary["Wh"]
    )


def test_a_slip_in_the_backward_pass_reaches_the_training(monkeypatch):
    """Exercise 1: a pass that is changed and run again is what the loss and training use."""
    case, y = random_case(0, (3, 4, 2, 3, 1))
    right = lstm.loss_and_grads(case, case["X"], y)[1]
    backward = lstm.lstm_backward

    def slipped(*arguments):
        grads, *rest = backward(*arguments)
        return grads | {"Wx": 0 * grads["Wx"]}, *rest

    monkeypatch.setattr(lstm, "lstm_backward", slipped)
    assert not lstm.loss_and_grads(case, case["X"], y)[1]["Wx"].any() and right["Wx"].any()
    params = {name: case[name].copy() for name in ("Wx", "Wh", "b", "Wy", "by")}
    lstm.train_step(params, lstm.init_adam(params), case["X"], y, 0.01, 0.1)
    assert np.array_equal(params["Wx"], case["Wx"]) and not np.array_equal(params["Wh"], case["Wh"])


CELLS = code_cells(read_notebook(LSTM_NOTEBOOK))
COPIED = next(cell.source for cell in CELLS if cell.id == "copy-this")


def copy_of_the_cell():
    """What somebody has who pastes the cell into a file of their own."""
    module = ModuleType("copied")
    exec(COPIED, module.__dict__)
    return module


copied = copy_of_the_cell()


def test_the_cell_to_copy_is_short_and_needs_numpy_alone():
    assert len(COPIED.splitlines()) <= 80 and max(map(len, COPIED.splitlines())) <= 100
    tree = ast.parse(COPIED)
    assert [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ] == ["import numpy as np"]
    assert all(isinstance(node, (ast.Import, ast.FunctionDef)) for node in tree.body)  # no globals


@given(seeds, sizes)
def test_the_cell_to_copy_is_the_network_of_the_notebook(seed, size):
    case, y = random_case(seed, size)
    mine = copied.init(*size[2:], np.random.default_rng(seed))
    theirs = lstm.init_params(*size[2:], np.random.default_rng(seed), np.float64)
    assert mine.keys() == theirs.keys() and all(
        np.allclose(mine[name], theirs[name], rtol=0, atol=1e-15) for name in mine
    )
    h, _ = copied.forward(case, case["X"])
    assert np.allclose(
        h.swapaxes(0, 1), lstm.lstm_forward(case, case["X"])[1]["h"][1:], rtol=0, atol=1e-13
    )
    loss, grads = copied.gradients(case, case["X"], y)
    expected_loss, expected = lstm.loss_and_grads(case, case["X"], y)
    assert math.isclose(loss, expected_loss, rel_tol=1e-13)
    assert all(largest_error(grads[name], expected[name]) <= 1e-12 for name in expected)


@given(seeds, sizes)
def test_layers_of_the_cell_to_copy_may_be_stacked(seed, size):
    (N, T, _, H, _), rng = size, np.random.default_rng(seed)
    case = lstm.make_case(rng, *size)[0]
    case |= {f"{name}2": array for name, array in lstm.make_case(rng, N, T, H, H)[0].items()}

    def loss(arrays):
        first, _ = copied.forward(arrays, arrays["X"])
        second, _ = copied.forward({name: arrays[f"{name}2"] for name in ("Wx", "Wh", "b")}, first)
        return (second**2).sum() / 2

    upper = {name: case[f"{name}2"] for name in ("Wx", "Wh", "b")}
    first, cache = copied.forward(case, case["X"])
    second, cache2 = copied.forward(upper, first)
    grads2, dh = copied.backward(upper, cache2, second)
    grads, dX = copied.backward(case, cache, dh)
    for name, grad in (
        grads | {"X": dX} | {f"{name}2": grad for name, grad in grads2.items()}
    ).items():
        assert largest_error(grad, lstm.complex_step(loss, case, name)) <= 1e-12, name


def test_the_cell_to_copy_trains_as_the_notebook_and_keeps_its_weights(tmp_path):
    case, y = random_case(0, (6, 4, 2, 3, 1))
    mine = {name: case[name].copy() for name in ("Wx", "Wh", "b", "Wy", "by")}
    theirs, state = {name: array.copy() for name, array in mine.items()}, {}
    adam = lstm.init_adam(theirs)
    for rate in (0.01, 0.005, 0.001):
        copied.adam(mine, state, copied.gradients(mine, case["X"], y)[1], rate, 0.1)
        lstm.train_step(theirs, adam, case["X"], y, rate, 0.1)
    assert all(np.allclose(mine[name], theirs[name], rtol=0, atol=1e-13) for name in theirs)
    rng = np.random.default_rng(0)
    waves = np.sin(rng.uniform(0, 6, (200, 1)) + np.arange(11) / 8)
    weights = copied.fit(waves[:, :10, None], waves[:, 10:], hidden=8, epochs=20)
    error = np.mean((copied.forecast(weights, waves[:, :10, None]) - waves[:, 10:]) ** 2)
    assert error < 0.2 * np.mean((waves[:, 9] - waves[:, 10]) ** 2)
    np.savez(tmp_path / "weights.npz", **weights)
    again = dict(np.load(tmp_path / "weights.npz"))
    assert np.array_equal(
        copied.forecast(again, waves[:, :10, None]), copied.forecast(weights, waves[:, :10, None])
    )
