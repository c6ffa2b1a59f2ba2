"""The network of notebook 1: shapes, gradients, parity with Keras; the readable and the fast passes alike."""

import ast
import inspect
import math
import os
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from LSTM_from_scratch import lstm

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

WEIGHTS = ("Wx", "Wh", "b", "Wy", "by")
READABLE = lstm.lstm_forward, lstm.lstm_backward
FAST = lstm.fast_forward, lstm.fast_backward
both_passes = pytest.mark.parametrize("forward, backward", [READABLE, FAST], ids=["plain", "fast"])
both_losses = pytest.mark.parametrize(
    "loss_and_grads", [lstm.loss_and_grads, lstm.fast_loss_and_grads], ids=["plain", "fast"]
)
both_predictions = pytest.mark.parametrize(
    "predict", [lstm.predict, lstm.fast_predict], ids=["plain", "fast"]
)
sizes = st.tuples(*[st.integers(1, 6)] * 5)  # N, T, D, H, O
seeds = st.integers(0, 2**32 - 1)


def random_case(seed, size):
    """Weights, X, h0 and c0 in a dict; targets y (N, O); R (N, T, H), the gradient of all states."""
    rng, (N, T, _, H, O) = np.random.default_rng(seed), size
    return lstm.make_case(rng, *size), rng.normal(size=(N, O)), rng.normal(size=(N, T, H))


def shapes(arrays):
    return {name: array.shape for name, array in arrays.items()}


def largest_error(mine, exact):
    """Largest difference over the largest value; arrays that are all zero have to be zero."""
    scale = abs(exact).max()
    return abs(mine - exact).max() / scale if scale > 1e-200 else abs(mine).max()


def assert_same(mine, exact, tolerance=1e-12):
    """Both are dicts of arrays with the same names, and equal but for rounding."""
    assert mine.keys() == exact.keys()
    for name in exact:
        assert largest_error(mine[name], exact[name]) <= tolerance, name


def lines_of(function):
    """Its lines of code, docstring and comments aside."""
    tree = ast.parse(inspect.getsource(function))
    tree.body[0].body = tree.body[0].body[1:]  # without the docstring
    return len(ast.unparse(tree).splitlines())


def test_forward_and_backward_are_short():
    """The readable passes, with the step that the forward pass repeats."""
    assert sum(map(lines_of, (lstm.cell, *READABLE))) <= 60


# Shapes and states.


@both_passes
@given(seeds, sizes)
def test_the_passes_give_arrays_of_the_stated_shapes(forward, backward, seed, size):
    (N, T, D, H, _), (case, _, R) = size, random_case(seed, size)
    h, cache = forward(case, case["X"], case["h0"], case["c0"])
    assert h.shape == (N, T, H)
    grads, dX, dh0, dc0 = backward(case, cache, R)
    assert shapes(grads) == {"Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
    assert dX.shape == (N, T, D) and dh0.shape == dc0.shape == (N, H)


@both_losses
@given(seeds, sizes)
def test_the_loss_is_a_number_and_every_weight_has_a_gradient(loss_and_grads, seed, size):
    case, y, _ = random_case(seed, size)
    loss, grads = loss_and_grads(case, case["X"], y)
    assert np.ndim(loss) == 0
    assert shapes(grads) == {name: case[name].shape for name in WEIGHTS}


@both_predictions
@given(seeds, sizes)
def test_a_forecast_is_linear_in_the_last_hidden_state(predict, seed, size):
    case, y, _ = random_case(seed, size)
    h, _ = lstm.lstm_forward(case, case["X"])
    forecast = predict(case, case["X"])
    assert forecast.shape == y.shape
    assert np.allclose(forecast, h[:, -1] @ case["Wy"] + case["by"], rtol=0, atol=1e-12)


@given(seeds, sizes)
def test_a_forecast_needs_nothing_to_go_back_with(seed, size):
    """The fast forward pass then keeps less; the states are equal to the last bit."""
    case, *_ = random_case(seed, size)
    start = case["X"], case["h0"], case["c0"]
    (h, _), (again, _) = (lstm.fast_forward(case, *start, keep=keep) for keep in (True, False))
    assert np.array_equal(h, again)
    whole = lstm.predict(case, case["X"], lstm.fast_forward)
    assert np.array_equal(lstm.fast_predict(case, case["X"]), whole)


def states_after(case, X):
    """h and c (N, H) after X (N, T, D), step by step."""
    h, c = case["h0"], case["c0"]
    for t in range(X.shape[1]):
        *_, c, h = lstm.cell(case, X[:, t], h, c)
    return h, c


def logistic(a):
    return 1 / (1 + math.exp(-a))


@given(seeds, sizes)
def test_a_step_is_that_of_the_equations(seed, size):
    """Number by number, with the functions of Python's math."""
    case, *_ = random_case(seed, size)
    x, h, c, H = case["X"][:, 0], case["h0"], case["c0"], size[3]
    step = lstm.cell(case, x, h, c)
    for n, unit in np.ndindex(step.h.shape):
        a = [
            x[n] @ case["Wx"][:, k] + h[n] @ case["Wh"][:, k] + case["b"][k]
            for k in range(unit, 4 * H, H)
        ]
        i, f, g, o = logistic(a[0]), logistic(a[1]), math.tanh(a[2]), logistic(a[3])
        memory = f * c[n, unit] + i * g
        expected = [i, f, g, o, memory, o * math.tanh(memory)]
        assert np.allclose([part[n, unit] for part in step], expected, rtol=0, atol=1e-13)


@both_passes
@given(seeds, sizes)
def test_a_forward_pass_repeats_the_step(forward, backward, seed, size):
    case, *_ = random_case(seed, size)
    h, _ = forward(case, case["X"], case["h0"], case["c0"])
    for t in range(size[1]):
        h_t, _ = states_after(case, case["X"][:, : t + 1])
        assert np.allclose(h[:, t], h_t, rtol=0, atol=1e-13)


@both_passes
@given(seeds, sizes)
def test_one_by_one_is_batched(forward, backward, seed, size):
    case, *_ = random_case(seed, size)
    h, _ = forward(case, case["X"], case["h0"], case["c0"])
    for n in range(size[0]):
        alone, _ = forward(case, *(case[name][n : n + 1] for name in ("X", "h0", "c0")))
        assert np.allclose(alone[0], h[n], rtol=0, atol=1e-13)


@both_passes
@given(seeds, sizes)
def test_a_carried_state_is_one_sequence(forward, backward, seed, size):
    case, *_ = random_case(seed, size)
    X, middle = case["X"], size[1] // 2
    h, _ = forward(case, X, case["h0"], case["c0"])
    carried, _ = forward(case, X[:, middle:], *states_after(case, X[:, :middle]))
    assert np.allclose(carried, h[:, middle:], rtol=0, atol=1e-13)


# Gradients.


def exact_gradients(loss, case, names):
    return {name: lstm.complex_step(loss, case, name) for name in names}


@given(seeds, sizes)
def test_gradients_are_exact(seed, size):
    """For the weights, the inputs and the first states, of a loss that sees every hidden state."""
    case, _, R = random_case(seed, size)
    exact = exact_gradients(partial(lstm.case_loss, R=R), case, case.keys() - {"Wy", "by"})
    for forward, backward in (READABLE, FAST):
        assert_same(lstm.case_grads(case, R, forward, backward), exact)


@given(seeds, sizes)
def test_the_gradients_of_the_loss_are_exact(seed, size):
    case, y, _ = random_case(seed, size)

    def mse(arrays):
        return np.mean((lstm.predict(arrays, arrays["X"]) - y) ** 2)

    exact = exact_gradients(mse, case, WEIGHTS)
    for loss_and_grads in (lstm.loss_and_grads, lstm.fast_loss_and_grads):
        loss, grads = loss_and_grads(case, case["X"], y)
        assert math.isclose(loss, mse(case), rel_tol=1e-13)
        assert_same(grads, exact)


def two_layers(arrays, forward):
    """The hidden states and the caches of two LSTMs; the second (Wx2, ...) reads all states of the first."""
    second = {name: arrays[f"{name}2"] for name in ("Wx", "Wh", "b")}
    h, cache = forward(arrays, arrays["X"], arrays["h0"], arrays["c0"])
    h2, cache2 = forward(second, h)
    return h, cache, h2, cache2


def two_layers_grads(case, R, forward, backward):
    """The gradients of the sum of R times the hidden states of both layers."""
    second = {name: case[f"{name}2"] for name in ("Wx", "Wh", "b")}
    _, cache, _, cache2 = two_layers(case, forward)
    grads2, dh, _, _ = backward(second, cache2, R)
    grads, dX, dh0, dc0 = backward(case, cache, R + dh)
    grads = grads | {"X": dX, "h0": dh0, "c0": dc0}
    return grads | {f"{name}2": grad for name, grad in grads2.items()}


def stacked_case(seed, size):
    """A case with the weights of a second layer."""
    (N, T, _, H, _), (case, _, R) = size, random_case(seed, size)
    second, *_ = random_case(seed + 1, (N, T, H, H, 1))
    return case | {f"{name}2": second[name] for name in ("Wx", "Wh", "b")}, R


@settings(max_examples=25)
@given(seeds, sizes)
def test_layers_may_be_stacked(seed, size):
    case, R = stacked_case(seed, size)

    def loss(arrays):
        h, _, h2, _ = two_layers(arrays, lstm.lstm_forward)
        return np.sum(R * h) + np.sum(R * h2)

    exact = exact_gradients(loss, case, case.keys() - {"Wy", "by"})
    for forward, backward in (READABLE, FAST):
        assert_same(two_layers_grads(case, R, forward, backward), exact)


LONG = [(64, 100, 2, 16, 1), (200, 7, 2, 64, 1), (700, 3, 1, 64, 2), (1, 3000, 2, 24, 1)]


@pytest.mark.parametrize("size", LONG)
def test_fast_is_readable_where_the_work_is_cut_into_blocks(size):
    """Blocks of many steps and a rest, of two steps, of one; and a single long sequence."""
    case, y, R = random_case(0, size)
    h, _ = lstm.lstm_forward(case, case["X"], case["h0"], case["c0"])
    fast_h, _ = lstm.fast_forward(case, case["X"], case["h0"], case["c0"])
    assert largest_error(fast_h, h) <= 1e-12
    assert_same(lstm.case_grads(case, R, *FAST), lstm.case_grads(case, R, *READABLE))
    (loss, grads), (fast_loss, fast_grads) = (
        one(case, case["X"], y) for one in (lstm.loss_and_grads, lstm.fast_loss_and_grads)
    )
    assert math.isclose(loss, fast_loss, rel_tol=1e-12)
    assert_same(fast_grads, grads)


@pytest.mark.parametrize("size", LONG[:3])
def test_fast_is_readable_in_stacked_layers_of_several_blocks(size):
    case, R = stacked_case(0, size)
    assert_same(two_layers_grads(case, R, *FAST), two_layers_grads(case, R, *READABLE))


@both_losses
def test_the_gradient_of_a_batch_is_the_mean_of_those_of_its_parts(loss_and_grads):
    case, y, _ = random_case(0, (200, 7, 2, 64, 1))
    loss, grads = loss_and_grads(case, case["X"], y)
    parts = [loss_and_grads(case, case["X"][n : n + 50], y[n : n + 50]) for n in range(0, 200, 50)]
    assert math.isclose(loss, np.mean([part for part, _ in parts]), rel_tol=1e-13)
    mean = {name: np.mean([part[name] for _, part in parts], axis=0) for name in grads}
    assert_same(mean, grads)


@both_losses
@given(seeds, sizes, st.sampled_from([0.0, 5e-324, 1e-310, 1e4, -1e4]))
def test_extreme_inputs_stay_finite(loss_and_grads, seed, size, extreme):
    case, y, _ = random_case(seed, size)
    params = {name: case[name].astype(np.float32) for name in WEIGHTS}
    X, state = np.full(case["X"].shape, extreme), lstm.init_adam(params)
    loss, norm = lstm.train_step(loss_and_grads, params, state, X, np.float32(y), 0.01, 1.0)
    assert np.isfinite(loss) and np.isfinite(norm)
    assert all(np.isfinite(array).all() for array in params.values())
    assert np.isfinite(lstm.predict(params, X)).all()
    assert np.isfinite(lstm.fast_predict(params, X)).all()


# Keras.


def like_a_start(rng, size):
    """Weights as large as a start's (float32's rounding grows with them), biases off zero."""
    params = lstm.init_params(*size[2:], rng, np.float64)
    moved = {name: rng.normal(0, 0.1, params[name].shape) for name in ("b", "by")}
    return params | {name: params[name] + move for name, move in moved.items()}


def keras_lstm(params, size, dtype):
    """Keras's layer, which returns all hidden states, with our weights."""
    import keras

    N, T, D, H, _ = size
    layer = keras.layers.LSTM(H, return_sequences=True, dtype=dtype)
    layer.build((N, T, D))
    layer.set_weights([params[name].astype(dtype) for name in ("Wx", "Wh", "b")])
    return layer


def keras_states_and_grads(case, R, layer):
    """Keras's hidden states, and the gradients of the sum of R times them, named as ours."""
    import tensorflow as tf

    inputs = {name: tf.constant(case[name]) for name in ("X", "h0", "c0")}
    with tf.GradientTape() as tape:
        tape.watch(list(inputs.values()))
        h = layer(inputs["X"], initial_state=[inputs["h0"], inputs["c0"]])
        loss = tf.reduce_sum(h * R)
    variables = [variable.value for variable in layer.trainable_variables]
    found = tape.gradient(loss, [*variables, *inputs.values()])
    names = ("Wx", "Wh", "b", "X", "h0", "c0")
    return h.numpy(), {name: grad.numpy() for name, grad in zip(names, found, strict=True)}


@both_passes
@pytest.mark.parametrize(
    "dtype, forward_tolerance, gradient_tolerance",
    [("float64", 1e-12, 1e-12), ("float32", 1e-6, 1e-5)],
)
@pytest.mark.parametrize(
    "size", [(1, 1, 1, 1, 1), (1, 7, 3, 5, 2), (4, 1, 2, 3, 1), (8, 10, 1, 50, 1), (3, 12, 4, 6, 2)]
)
def test_states_and_gradients_are_those_of_keras(
    size, dtype, forward_tolerance, gradient_tolerance, forward, backward
):
    case, _, R = random_case(sum(size), size)
    case |= like_a_start(np.random.default_rng(sum(size)), size)
    case, R = {name: array.astype(dtype) for name, array in case.items()}, R.astype(dtype)
    expected, expected_grads = keras_states_and_grads(case, R, keras_lstm(case, size, dtype))
    h, _ = forward(case, case["X"], case["h0"], case["c0"])
    grads = lstm.case_grads(case, R, forward, backward)
    assert {array.dtype for array in (h, *grads.values())} == {np.dtype(dtype)}
    assert largest_error(h, expected) <= forward_tolerance
    assert_same(grads, expected_grads, gradient_tolerance)


@both_passes
def test_weights_that_come_back_from_keras_give_its_states(forward, backward):
    size = (5, 10, 2, 7, 1)
    case, *_ = random_case(3, size)
    layer = keras_lstm(case, size, "float64")
    back = dict(zip(("Wx", "Wh", "b"), layer.get_weights(), strict=True))
    h, _ = forward(back, case["X"])
    assert largest_error(h, layer(case["X"]).numpy()) <= 1e-12


# The plain network.


@given(seeds, sizes, st.booleans())
def test_the_plain_network_has_exact_gradients(seed, size, relu):
    """For its weights and its inputs, with tanh and with max(a, 0)."""
    (N, T, D, H, O), rng = size, np.random.default_rng(seed)
    start = lstm.init_rnn(D, H, O, rng)
    params = {name: rng.normal(0, 0.5, array.shape) for name, array in start.items()}
    case = params | {"X": rng.normal(size=(N, T, D))}
    y, R = rng.normal(size=(N, O)), rng.normal(size=(N, T, H))
    forward, backward = (partial(one, relu=relu) for one in (lstm.rnn_forward, lstm.rnn_backward))

    def all_states(arrays):
        return np.sum(R * forward(arrays, arrays["X"])[0])

    def loss(arrays):
        return np.mean((lstm.predict(arrays, arrays["X"], forward) - y) ** 2)

    grads, dX = backward(params, forward(params, case["X"])[1], R)
    grads |= {"X": dX}
    assert_same(grads, exact_gradients(all_states, case, grads))
    value, grads = lstm.loss_and_grads(params, case["X"], y, forward, backward)
    assert math.isclose(value, loss(case), rel_tol=1e-13)
    assert_same(grads, exact_gradients(loss, case, WEIGHTS))
