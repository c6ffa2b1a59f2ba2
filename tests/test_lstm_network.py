"""The network of notebook 1: shapes, gradients, parity with Keras, training."""

import ast
import inspect
import math
import os

import numpy as np
import pytest
from conftest import LSTM_NOTEBOOK, load_definitions, read_notebook
from hypothesis import given
from hypothesis import strategies as st

from notebook_code import build

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
nb = load_definitions(LSTM_NOTEBOOK)

sizes = st.tuples(*[st.integers(1, 6)] * 5)  # N, T, D, H, O
seeds = st.integers(0, 2**32 - 1)


def test_forward_and_backward_are_short():
    """At most 70 lines of code together, docstrings and comments aside."""
    lines = 0
    for function in (nb.lstm_forward, nb.lstm_backward):
        tree = ast.parse(inspect.getsource(function))
        tree.body[0].body = tree.body[0].body[1:]  # without the docstring
        lines += len(ast.unparse(tree).splitlines())
    assert 30 < lines <= 70


def random_case(seed, size):
    return nb.make_case(np.random.default_rng(seed), *size)


def largest_error(mine, exact):
    """Largest difference over the largest value; arrays that are zero altogether have to be zero."""
    scale = abs(exact).max()
    return abs(mine - exact).max() / scale if scale > 1e-200 else abs(mine).max()


@given(seeds, sizes)
def test_every_array_has_its_stated_shape(seed, size):
    (N, T, D, H, O), (case, y) = size, random_case(seed, size)
    h, cache = nb.lstm_forward(case, case["X"], case["h0"], case["c0"])
    assert h.shape == (N, H) and cache["h"].shape == cache["c"].shape == (T + 1, N, H)
    assert np.array_equal(cache["h"][0], case["h0"]) and np.array_equal(cache["c"][0], case["c0"])
    assert np.array_equal(cache["h"][-1], h)
    grads, dX, dh0, dc0 = nb.lstm_backward(case, cache, np.ones((N, H)))
    assert {name: grad.shape for name, grad in grads.items()} == {"Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
    assert dX.shape == (N, T, D) and dh0.shape == dc0.shape == (N, H)
    assert nb.predict(case, case["X"]).shape == (N, O)
    loss, grads = nb.loss_and_grads(case, case["X"], y)
    assert np.ndim(loss) == 0 and {name: grad.shape for name, grad in grads.items()} == {
        name: case[name].shape for name in ("Wx", "Wh", "b", "Wy", "by")
    }


@given(seeds, sizes)
def test_gradients_are_exact(seed, size):
    case, y = random_case(seed, size)
    grads = nb.case_grads(case, y)
    for name in case:
        exact = nb.complex_step(lambda arrays: nb.case_loss(arrays, y), case, name)
        assert largest_error(grads[name], exact) <= 1e-12, name
    rest = case | {name: np.zeros_like(case[name]) for name in ("h0", "c0")}
    expected = nb.case_grads(rest, y)
    loss, trained = nb.loss_and_grads(case, case["X"], y)
    assert math.isclose(loss, nb.case_loss(rest, y), rel_tol=1e-14)
    for name in trained:
        # as exact as the proof asks: the two round dy differently, and dy @ Wy.T may cancel to a small rest
        assert largest_error(trained[name], expected[name]) <= 1e-12, name


@given(seeds, sizes)
def test_a_loss_may_see_every_step_and_layers_may_be_stacked(seed, size):
    (N, T, _, H, _), rng = size, np.random.default_rng(seed)
    case = nb.make_case(rng, *size)[0]
    second = nb.make_case(rng, N, T, H, H)[0]
    case |= {f"{name}2": second[name] for name in ("Wx", "Wh", "b")}
    target = rng.normal(size=(T, N, H))
    for name, grad in nb.two_layers(case, target)[1].items():
        exact = nb.complex_step(lambda arrays: nb.two_layers(arrays, target)[0], case, name)
        assert largest_error(grad, exact) <= 1e-12, name
    _, cache = nb.lstm_forward(case, case["X"], case["h0"], case["c0"])
    last = rng.normal(size=(N, H))
    every = np.zeros((T, N, H))
    every[-1] = last
    one, all_steps = (nb.lstm_backward(case, cache, dh) for dh in (last, every))
    assert all(np.array_equal(one[0][name], all_steps[0][name]) for name in one[0])
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(one[1:], all_steps[1:], strict=True))


@pytest.mark.parametrize("size", [(200, 7, 2, 64, 1), (700, 3, 1, 64, 1)])  # 2 steps a block, and a rest; 1
def test_the_gradient_of_a_long_batch_is_that_of_its_samples(size):
    """It is computed block by block, theirs each in one block."""
    case, y = random_case(0, size)
    loss, grads = nb.loss_and_grads(case, case["X"], y)
    parts = [nb.loss_and_grads(case, case["X"][n : n + 50], y[n : n + 50]) for n in range(0, len(y), 50)]
    assert math.isclose(loss, np.mean([part for part, _ in parts]), rel_tol=1e-13)
    for name, grad in grads.items():
        assert largest_error(np.mean([part[name] for _, part in parts], axis=0), grad) <= 1e-12, name


@given(seeds, sizes)
def test_a_forecast_needs_no_cache(seed, size):
    """What predict leaves out is what only lstm_backward wants; the states are the same to the last bit."""
    case, _ = random_case(seed, size)
    (h, whole), (again, light) = (nb.lstm_forward(case, case["X"], keep=keep) for keep in (True, False))
    assert np.array_equal(h, again) and all(np.array_equal(whole[name], light[name]) for name in "hc")
    assert np.array_equal(nb.predict(case, case["X"]), h @ case["Wy"] + case["by"])


@given(seeds, sizes)
def test_one_by_one_is_batched_and_carried_is_one_sequence(seed, size):
    case, _ = random_case(seed, size)
    X, T = case["X"], size[1]
    h, cache = nb.lstm_forward(case, X, case["h0"], case["c0"])
    for n in range(len(X)):
        alone, _ = nb.lstm_forward(case, X[n : n + 1], case["h0"][n : n + 1], case["c0"][n : n + 1])
        assert np.allclose(alone[0], h[n], rtol=0, atol=1e-13)
    middle, first = nb.lstm_forward(case, X[:, : T // 2 + 1], case["h0"], case["c0"])
    if T > T // 2 + 1:
        carried, _ = nb.lstm_forward(case, X[:, T // 2 + 1 :], middle, first["c"][-1])
        assert np.allclose(carried, h, rtol=0, atol=1e-13)


@given(seeds, sizes)
def test_the_fused_forward_is_the_cell_of_the_equations(seed, size):
    case, _ = random_case(seed, size)
    h, cache = nb.lstm_forward(case, case["X"], case["h0"], case["c0"])
    for n in range(size[0]):
        h_n, c_n = case["h0"][n], case["c0"][n]
        for t in range(size[1]):
            *_, c_n, h_n = nb.cell(case, case["X"][n, t], h_n, c_n)
        assert np.allclose(h_n, h[n], rtol=0, atol=1e-13) and np.allclose(c_n, cache["c"][-1, n], rtol=0, atol=1e-13)


def init_like_keras(rng, size):
    """Weights of the size that networks start with (float32's rounding grows with them), biases off zero."""
    params = nb.init_params(*size[2:], rng, np.float64)
    return params | {name: params[name] + rng.normal(0, 0.1, params[name].shape) for name in ("b", "by")}


def keras_lstm(params, size, dtype):
    import keras

    N, T, D, H, _ = size
    layer = keras.layers.LSTM(H, dtype=dtype)
    layer.build((N, T, D))
    layer.set_weights([params[name].astype(dtype) for name in ("Wx", "Wh", "b")])
    return layer


@pytest.mark.parametrize("dtype, forward_tolerance, gradient_tolerance", [("float64", 1e-12, 1e-12), ("float32", 1e-6, 1e-5)])
@pytest.mark.parametrize("size", [(1, 1, 1, 1, 1), (1, 7, 3, 5, 2), (4, 1, 2, 3, 1), (8, 10, 1, 50, 1), (3, 12, 4, 6, 2)])
def test_states_and_gradients_are_those_of_keras(size, dtype, forward_tolerance, gradient_tolerance):
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
    h, cache = nb.lstm_forward(case, case["X"], case["h0"], case["c0"])
    grads, dX, dh0, dc0 = nb.lstm_backward(case, cache, dh)
    assert h.dtype == dX.dtype == grads["Wh"].dtype == dtype
    assert largest_error(h, theirs.numpy()) <= forward_tolerance
    for mine, exact in zip([grads["Wx"], grads["Wh"], grads["b"], dX, dh0, dc0], expected, strict=True):
        assert largest_error(mine, exact.numpy()) <= gradient_tolerance


def test_weights_that_come_back_from_keras_forecast_as_keras_does():
    size = (5, 10, 2, 7, 1)
    case, _ = random_case(3, size)
    layer = keras_lstm(case, size, "float64")
    back = dict(zip(("Wx", "Wh", "b"), layer.get_weights(), strict=True))
    h, _ = nb.lstm_forward(back, case["X"])
    assert largest_error(h, layer(case["X"]).numpy()) <= 1e-12


@given(seeds, sizes, st.sampled_from([0.0, 5e-324, 1e-310, 1e4, -1e4]))
def test_extreme_inputs_stay_finite(seed, size, extreme):
    case, y = random_case(seed, size)
    params = {name: case[name].astype(np.float32) for name in ("Wx", "Wh", "b", "Wy", "by")}
    state = nb.init_adam(params)
    X = np.full(case["X"].shape, extreme)
    loss, norm = nb.train_step(params, state, X, y.astype(np.float32), 0.01, 1.0)
    assert np.isfinite(loss) and np.isfinite(norm) and np.isfinite(state["w"]).all()
    assert np.isfinite(nb.predict(params, X)).all()


@given(seeds, st.floats(1e-6, 1e6), st.floats(1e-6, 1e3))
def test_clipping_keeps_the_direction(seed, scale, clip_norm):
    gradient = np.random.default_rng(seed).normal(size=20) * scale
    clipped, norm = nb.clip(gradient, clip_norm)
    assert math.isclose(norm, np.linalg.norm(gradient), rel_tol=1e-12)
    assert np.linalg.norm(clipped) <= clip_norm * (1 + 1e-12) or np.array_equal(clipped, gradient)
    assert math.isclose(clipped @ gradient, np.linalg.norm(clipped) * norm, rel_tol=1e-9)
    if norm <= clip_norm:
        assert np.array_equal(clipped, gradient)


def test_a_training_step_is_adam_as_published_and_in_place():
    case, y = random_case(0, (6, 4, 2, 3, 1))
    params = {name: case[name].copy() for name in ("Wx", "Wh", "b", "Wy", "by")}
    expected = {name: array.copy() for name, array in params.items()}
    state = nb.init_adam(params)
    m = v = 0
    for k in (1, 2, 3):
        loss, grads = nb.loss_and_grads(expected, case["X"], y)
        r = np.concatenate([grads[name].ravel() for name in expected])
        norm = np.sqrt((r * r).sum())
        r = r * min(1, 0.1 / norm)
        m, v = 0.9 * m + 0.1 * r, 0.999 * v + 0.001 * r * r
        step = 0.01 * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        moved = np.concatenate([array.ravel() for array in expected.values()]) - step
        expected = nb.unpack(moved, expected)
        assert nb.train_step(params, state, case["X"], y, 0.01, 0.1) == pytest.approx((loss, norm), rel=1e-12)
    for name in params:
        assert np.allclose(params[name], expected[name], rtol=0, atol=1e-14)
        assert params[name].base is state["w"]  # in place, in one vector


def test_early_stopping_returns_the_best_weights(monkeypatch):
    monkeypatch.setattr(nb, "PATIENCE", 3)
    data = nb.prepare(nb.make_series(0, 300)["value"].to_numpy(), 10)
    params, history = nb.train(data, 0, hidden_size=4, learning_rate=1.0)  # so large that the loss jumps about
    assert len(history["validation"]) == history["best"] + 3
    assert history["validation"][history["best"] - 1] == min(history["validation"])
    X, y, _ = (np.float32(array) for array in data["validation"])
    assert float(np.mean((nb.predict(params, X) - y) ** 2)) == min(history["validation"])


@pytest.mark.parametrize("name, changed", [("HIDDEN_SIZE", 3), ("LEARNING_RATE", 0.5), ("INPUT_NOISE", 0.0)])
def test_training_follows_the_cell_of_parameters(name, changed, monkeypatch):
    """A parameter that is changed after `train` was defined counts, as if it had been given in the call."""
    for setting, value in {"HIDDEN_SIZE": 4, "LEARNING_RATE": 0.01, "INPUT_NOISE": 0.1, "EPOCHS": 2}.items():
        monkeypatch.setattr(nb, setting, value)
    data = nb.prepare(nb.make_series(0, 300)["value"].to_numpy(), 10)
    given = nb.train(data, 0, **{name.lower(): changed})[1]
    before = nb.train(data, 0)[1]
    monkeypatch.setattr(nb, name, changed)
    assert nb.train(data, 0)[1] == given != before


def test_recall_steps_and_level_are_read_when_they_are_used(monkeypatch):
    monkeypatch.setattr(nb, "RECALL_STEPS", 3)
    assert len(nb.train_recall("tanh RNN", 0.01)[1]) == 3
    monkeypatch.setattr(nb, "LEVEL", 0.5)
    assert nb.half_width(np.arange(1.0, 100.0)) == 50
    low, high = nb.coverage_band(100, 150)
    assert low < 0.5 < high < 0.7


@given(seeds, sizes, st.booleans())
def test_the_plain_network_has_exact_gradients(seed, size, relu):
    """For its weights and its inputs, with tanh and with max(a, 0)."""
    (N, T, D, H, O), rng = size, np.random.default_rng(seed)
    params = {name: rng.normal(0, 0.5, array.shape) for name, array in nb.init_rnn(D, H, O, rng).items()}
    X, y = rng.normal(size=(N, T, D)), rng.normal(size=(N, O))

    def loss(arrays):
        h, _ = nb.rnn_forward(arrays, arrays["X"], relu)
        return ((h @ arrays["Wy"] + arrays["by"] - y) ** 2).mean()

    value, grads = nb.rnn_loss(params, X, y, relu)
    h, cache = nb.rnn_forward(params, X, relu)
    dy = 2 * (h @ params["Wy"] + params["by"] - y) / y.size
    grads["X"] = nb.rnn_backward(params, cache, dy @ params["Wy"].T, relu)[1]
    assert math.isclose(value, loss(params | {"X": X}), rel_tol=1e-13)
    for name, mine in grads.items():
        assert largest_error(mine, nb.complex_step(loss, params | {"X": X}, name)) <= 1e-12, name


def test_a_start_of_the_recall_task_has_the_bias_or_the_matrix_of_its_name():
    for net in nb.STARTS:
        params = nb.start_recall(net, np.random.default_rng(0))
        if net.startswith("LSTM"):
            assert set(params["b"][16:32]) == {float(net.split()[-1])}
        else:
            assert np.allclose(params["Wh"] @ params["Wh"].T, np.eye(32), atol=1e-6)  # it shortens nothing
            assert np.array_equal(params["Wh"], np.eye(32)) == (net == "ReLU RNN, identity")
    ordinary, small = (nb.start_recall(net, np.random.default_rng(0)) for net in ("tanh RNN", "tanh RNN, small inputs"))
    assert np.allclose(small["Wx"], 0.1 * ordinary["Wx"]) and np.array_equal(small["Wh"], ordinary["Wh"])


def test_a_slip_in_the_backward_pass_reaches_the_training(monkeypatch):
    """Exercise 1: a cell of a pass that is changed and run again is what the loss and a training step use."""
    case, y = random_case(0, (3, 4, 2, 3, 1))
    right = nb.loss_and_grads(case, case["X"], y)[1]
    backward = nb.lstm_backward
    monkeypatch.setattr(nb, "lstm_backward", lambda *arguments: ({"Wx": 7.0}, *backward(*arguments)[1:]))
    assert nb.loss_and_grads(case, case["X"], y)[1]["Wx"] == 7.0 and np.ndim(right["Wx"]) == 2
    monkeypatch.setattr(nb, "loss_and_grads", lambda params, X, y: (7.0, right))
    params = {name: case[name].copy() for name in ("Wx", "Wh", "b", "Wy", "by")}
    assert nb.train_step(params, nb.init_adam(params), case["X"], y, 0.01, 0.1)[0] == 7.0


def test_no_default_is_bound_to_a_name():
    """A default that is the name of a constant or a function keeps what it meant when the function was defined."""
    functions = [value for value in vars(nb).values() if getattr(value, "__module__", None) == nb.__name__]
    assert len(functions) > 40
    for function in functions:
        arguments = ast.parse(inspect.getsource(function)).body[0].args
        for default in [*arguments.defaults, *filter(None, arguments.kw_defaults)]:
            names = {node.id for node in ast.walk(default) if isinstance(node, ast.Name)}
            assert names <= {"np"}, (function.__name__, names)


COPIED = next(cell.source for cell in read_notebook(LSTM_NOTEBOOK).cells if cell.id == "copy-this")
copied = build("copied", [("copy-this", COPIED)])


def test_the_cell_to_copy_is_short_and_needs_numpy_alone():
    assert len(COPIED.splitlines()) <= 80 and max(map(len, COPIED.splitlines())) <= 100
    tree = ast.parse(COPIED)
    assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))] == [
        "import numpy as np"
    ]
    assert all(isinstance(node, (ast.Import, ast.FunctionDef)) for node in tree.body)  # no globals


@given(seeds, sizes)
def test_the_cell_to_copy_is_the_network_of_the_notebook(seed, size):
    case, y = random_case(seed, size)
    mine = copied.init(*size[2:], np.random.default_rng(seed))
    theirs = nb.init_params(*size[2:], np.random.default_rng(seed), np.float64)
    assert mine.keys() == theirs.keys() and all(np.allclose(mine[name], theirs[name], rtol=0, atol=1e-15) for name in mine)
    h, _ = copied.forward(case, case["X"])
    assert np.allclose(h.swapaxes(0, 1), nb.lstm_forward(case, case["X"])[1]["h"][1:], rtol=0, atol=1e-13)
    loss, grads = copied.gradients(case, case["X"], y)
    expected_loss, expected = nb.loss_and_grads(case, case["X"], y)
    assert math.isclose(loss, expected_loss, rel_tol=1e-13)
    assert all(largest_error(grads[name], expected[name]) <= 1e-12 for name in expected)


@given(seeds, sizes)
def test_layers_of_the_cell_to_copy_may_be_stacked(seed, size):
    (N, T, _, H, _), rng = size, np.random.default_rng(seed)
    case = nb.make_case(rng, *size)[0]
    case |= {f"{name}2": array for name, array in nb.make_case(rng, N, T, H, H)[0].items()}

    def loss(arrays):
        first, _ = copied.forward(arrays, arrays["X"])
        second, _ = copied.forward({name: arrays[f"{name}2"] for name in ("Wx", "Wh", "b")}, first)
        return (second**2).sum() / 2

    upper = {name: case[f"{name}2"] for name in ("Wx", "Wh", "b")}
    first, cache = copied.forward(case, case["X"])
    second, cache2 = copied.forward(upper, first)
    grads2, dh = copied.backward(upper, cache2, second)
    grads, dX = copied.backward(case, cache, dh)
    for name, grad in (grads | {"X": dX} | {f"{name}2": grad for name, grad in grads2.items()}).items():
        assert largest_error(grad, nb.complex_step(loss, case, name)) <= 1e-12, name


def test_the_cell_to_copy_trains_as_the_notebook_and_keeps_its_weights(tmp_path):
    case, y = random_case(0, (6, 4, 2, 3, 1))
    mine = {name: case[name].copy() for name in ("Wx", "Wh", "b", "Wy", "by")}
    theirs, state = {name: array.copy() for name, array in mine.items()}, {}
    adam = nb.init_adam(theirs)
    for rate in (0.01, 0.005, 0.001):
        copied.adam(mine, state, copied.gradients(mine, case["X"], y)[1], rate, 0.1)
        nb.train_step(theirs, adam, case["X"], y, rate, 0.1)
    assert all(np.allclose(mine[name], theirs[name], rtol=0, atol=1e-13) for name in theirs)
    rng = np.random.default_rng(0)
    waves = np.sin(rng.uniform(0, 6, (200, 1)) + np.arange(11) / 8)
    weights = copied.fit(waves[:, :10, None], waves[:, 10:], hidden=8, epochs=20)
    error = np.mean((copied.forecast(weights, waves[:, :10, None]) - waves[:, 10:]) ** 2)
    assert error < 0.2 * np.mean((waves[:, 9] - waves[:, 10]) ** 2)
    np.savez(tmp_path / "weights.npz", **weights)
    again = dict(np.load(tmp_path / "weights.npz"))
    assert np.array_equal(copied.forecast(again, waves[:, :10, None]), copied.forecast(weights, waves[:, :10, None]))
