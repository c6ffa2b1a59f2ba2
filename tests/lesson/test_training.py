"""Training in notebook 1: clipping, Adam, early stopping, settings, the recall task, what is kept."""

import inspect
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from LSTM_from_scratch import lstm, series
from tools.notebooks import LSTM_NOTEBOOK, parameters

WEIGHTS = ("Wx", "Wh", "b", "Wy", "by")
both_losses = pytest.mark.parametrize(
    "loss_and_grads", [lstm.loss_and_grads, lstm.fast_loss_and_grads], ids=["plain", "fast"]
)


def flat(arrays):
    """All numbers of a dict of arrays in one vector."""
    return np.concatenate([array.ravel() for array in arrays.values()])


def copied(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def batch_and_weights():
    """X (6, 4, 2), y (6, 1) and the weights of three units, in float64."""
    case = lstm.make_case(np.random.default_rng(0), 6, 4, 2, 3, 1)
    y = np.random.default_rng(1).normal(size=(6, 1))
    return case["X"], y, {name: case[name] for name in WEIGHTS}


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(1e-6, 1e3))
def test_clipping_keeps_the_direction(seed, scale, clip_norm):
    rng = np.random.default_rng(seed)
    grads = {name: scale * rng.normal(size=shape) for name, shape in (("W", (4, 3)), ("b", (5,)))}
    clipped, norm = lstm.clip(grads, clip_norm)
    before, after = flat(grads), flat(clipped)
    assert clipped.keys() == grads.keys()
    assert math.isclose(norm, np.linalg.norm(before), rel_tol=1e-12)
    assert np.linalg.norm(after) <= clip_norm * (1 + 1e-12)
    assert math.isclose(after @ before, np.linalg.norm(after) * norm, rel_tol=1e-9)
    if norm <= clip_norm:
        assert np.array_equal(after, before)


@both_losses
def test_a_training_step_is_adam_as_published_and_in_place(loss_and_grads):
    X, y, params = batch_and_weights()
    expected, arrays, state = copied(params), dict(params), lstm.init_adam(params)
    m = v = 0
    for k in (1, 2, 3):
        loss, grads = loss_and_grads(expected, X, y)
        gradient = flat({name: grads[name] for name in expected})
        norm = np.linalg.norm(gradient)
        gradient = gradient * min(1, 0.1 / norm)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        move = 0.01 * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        for array in expected.values():
            array -= move[: array.size].reshape(array.shape)
            move = move[array.size :]
        done = lstm.train_step(loss_and_grads, params, state, X, y, 0.01, 0.1)
        assert done == pytest.approx((loss, norm), rel=1e-12)
    assert all(params[name] is arrays[name] for name in params)  # the same arrays, changed
    assert np.allclose(flat(params), flat(expected), rtol=0, atol=1e-14)


def test_a_slip_in_the_backward_pass_reaches_the_training():
    """The gradients that training uses are those of the network that it is given."""
    X, y, params = batch_and_weights()
    before = copied(params)

    def slipped(params, X, y):
        loss, grads = lstm.loss_and_grads(params, X, y)
        return loss, grads | {"Wx": 0 * grads["Wx"]}

    lstm.train_step(slipped, params, lstm.init_adam(params), X, y, 0.01, 0.1)
    assert np.array_equal(params["Wx"], before["Wx"])
    assert all((params[name] != before[name]).any() for name in WEIGHTS[1:])


def short_data():
    return series.prepare(series.make_series(0, n=300)["value"].to_numpy(), 10)


def start(units=4, seed=0):
    return lstm.init_params(1, units, 1, np.random.default_rng(seed))


def trained(params=None, seed=0, loss_and_grads=lstm.fast_loss_and_grads, **settings):
    data = short_data()
    params = start() if params is None else params
    return lstm.train(params, loss_and_grads, data.train, data.validation, seed, **settings)


@both_losses
def test_early_stopping_returns_the_best_weights(loss_and_grads):
    # a rate so large that the loss jumps about
    net = trained(loss_and_grads=loss_and_grads, learning_rate=1.0, patience=3, smooth=2)
    errors = net.validation_errors
    assert len(errors) == len(net.train_errors) == net.best_epoch + 3
    recent = [np.mean(errors[max(end - 2, 0) : end]) for end in range(1, len(errors) + 1)]
    assert recent[net.best_epoch - 1] == min(recent)
    X, y, _ = map(np.float32, short_data().validation)
    best = errors[net.best_epoch - 1]
    assert float(loss_and_grads(net.params, X, y)[0]) == best
    assert math.isclose(np.mean((lstm.predict(net.params, X) - y) ** 2), best, rel_tol=1e-5)


def test_training_leaves_its_start_as_it_was():
    params = start()
    before = copied(params)
    net = trained(params, epochs=1)
    assert np.array_equal(flat(params), flat(before))
    assert (flat(net.params) != flat(before)).any()


def test_the_defaults_of_training_are_the_notebooks_parameters():
    def defaults(function):
        given = inspect.signature(function).parameters
        return {name: one.default for name, one in given.items() if one.default is not one.empty}

    shipped = {name.lower(): value for name, value in parameters(LSTM_NOTEBOOK).items()}
    of_training = defaults(lstm.train)
    del of_training["bar"]
    elsewhere = {"seed", "noise", "lookback", "hidden_size", "recall_steps", "n_seeds"}
    assert of_training == {name: shipped[name] for name in shipped.keys() - elsewhere}
    assert defaults(series.make_series)["noise"] == shipped["noise"]
    assert defaults(lstm.train_recall)["steps"] == shipped["recall_steps"]


@pytest.mark.parametrize(
    "changed",
    [
        {"params": start(units=3)},
        {"params": start(seed=1)},
        {"seed": 1},
        {"epochs": 3},
        {"learning_rate": 0.5},
        {"input_noise": 0.0},
        {"batch_size": 50},
        {"clip_norm": 1e9},
    ],
)
def test_every_setting_of_training_counts(changed):
    """Patience does too: see above."""
    first, again, other = (trained(**{"epochs": 2} | more) for more in ({}, {}, changed))
    assert first.validation_errors == again.validation_errors
    assert np.array_equal(flat(first.params), flat(again.params))
    assert first.validation_errors[:2] != other.validation_errors[:2]


def recorded_steps(monkeypatch, **settings):
    """What each training step is given: (X, y, learning rate)."""
    found, step = [], lstm.train_step

    def recording(loss_and_grads, params, state, X, y, learning_rate, clip_norm):
        found.append((X, y, learning_rate))
        return step(loss_and_grads, params, state, X, y, learning_rate, clip_norm)

    monkeypatch.setattr(lstm, "train_step", recording)
    trained(**settings)
    return found


def test_an_epoch_shows_every_window_once_and_the_rate_falls_in_a_straight_line(monkeypatch):
    steps = recorded_steps(monkeypatch, epochs=4, batch_size=17, learning_rate=0.01, input_noise=0)
    train = short_data().train
    in_an_epoch = math.ceil(len(train.X) / 17)
    assert len(steps) == 4 * in_an_epoch
    assert [rate for _, _, rate in steps[::in_an_epoch]] == [0.01, 0.0075, 0.005, 0.0025]
    for first in range(0, len(steps), in_an_epoch):
        epoch = steps[first : first + in_an_epoch]
        seen = np.concatenate([np.hstack([X[:, :, 0], y]) for X, y, _ in epoch])
        shown = np.float32(np.hstack([train.X[:, :, 0], train.y]))
        assert sorted(map(tuple, seen)) == sorted(map(tuple, shown))
        assert max(len(X) for X, *_ in epoch) <= 17


def test_noise_is_fresh_and_on_the_inputs_alone(monkeypatch):
    steps = recorded_steps(monkeypatch, epochs=2, batch_size=1000, input_noise=0.12)
    sizes = 0.12, 0.09  # it falls to half in a straight line
    train = short_data().train
    windows = dict(zip(np.float32(train.y[:, 0]), np.float32(train.X)))
    assert len(windows) == len(train.y)  # no target comes twice: it tells which window it is
    noise = [np.array([X[k] - windows[y[k, 0]] for k in np.argsort(y[:, 0])]) for X, y, _ in steps]
    assert all(abs(one.std() - size) < 0.01 for one, size in zip(noise, sizes, strict=True))
    assert all(abs(one.mean()) < 0.01 for one in noise)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.1


def test_the_bar_wraps_the_epochs():
    seen = []

    def bar(epochs):
        for epoch in epochs:
            seen.append(epoch)
            yield epoch

    trained(epochs=3, bar=bar)
    assert seen == [1, 2, 3]


def test_another_network_is_trained_by_its_own_passes():
    forward = partial(lstm.rnn_forward, relu=True)
    backward = partial(lstm.rnn_backward, relu=True)
    network = partial(lstm.loss_and_grads, forward=forward, backward=backward)
    params = lstm.init_rnn(1, 8, 1, np.random.default_rng(0))
    net = trained(params, loss_and_grads=network, epochs=20, learning_rate=0.003)
    assert min(net.validation_errors) < 0.5 * net.validation_errors[0]


def test_what_is_saved_is_loaded(tmp_path):
    """The same arrays, in a file without any Python object."""
    net = trained(epochs=1)
    lstm.save(tmp_path / "weights.npz", net.params, low=-1.5, high=2.5, lookback=10)
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)
    again, kept = lstm.load(tmp_path / "weights.npz")
    assert again.keys() == net.params.keys()
    assert all(np.array_equal(again[name], net.params[name]) for name in again)
    assert kept == {"low": -1.5, "high": 2.5, "lookback": 10}


def test_a_pickle_is_not_loaded(tmp_path):
    np.savez(tmp_path / "weights.npz", Wx=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        lstm.load(tmp_path / "weights.npz")


# The recall task.


def test_the_recall_task_asks_for_the_marked_value_of_the_first_ten():
    X, y = lstm.recall_batch(np.random.default_rng(0), size=2000, steps=30)
    assert X.shape == (2000, 30, 2) and y.shape == (2000, 1) and X.dtype == y.dtype == np.float32
    rows, places = np.nonzero(X[:, :, 1])
    assert rows.tolist() == list(range(2000)) and set(places) == set(range(10))
    assert np.array_equal(X[rows, places, 0], y[:, 0])
    assert abs(X[:, :, 0]).max() <= 1 and abs(np.mean(y**2) - 1 / 3) < 0.02


def test_a_start_of_the_recall_task_has_the_bias_or_the_matrix_of_its_name():
    starts = {
        name: net.start(rng=np.random.default_rng(0)) for name, net in lstm.RECALL_NETS.items()
    }
    for name, params in starts.items():
        if name.startswith("LSTM"):
            assert set(params["b"][16:32]) == {float(name.split()[-1])}
        else:
            product = params["Wh"] @ params["Wh"].T
            assert np.allclose(product, np.eye(32), atol=1e-6)  # it shortens nothing
            is_identity = np.array_equal(params["Wh"], np.eye(32))
            assert is_identity == (name == "ReLU RNN, identity")
    small, ordinary = starts["tanh RNN, small inputs"], starts["tanh RNN"]
    assert np.allclose(small["Wx"], 0.1 * ordinary["Wx"])
    assert np.array_equal(small["Wh"], ordinary["Wh"])


@pytest.mark.parametrize("name", lstm.RECALL_NETS)
def test_every_network_trains_on_the_recall_task_from_its_start(name):
    before, after, losses = lstm.train_recall(name, 0.01, steps=3)
    assert len(losses) == 3 and np.isfinite(losses).all()
    same_start = lstm.RECALL_NETS[name].start(rng=np.random.default_rng(0))
    assert np.array_equal(flat(before), flat(same_start))
    assert (flat(after) != flat(before)).any()
    assert lstm.train_recall(name, 0.01, steps=3)[2] == losses
    assert lstm.train_recall(name, 0.01, steps=3, seed=1)[2] != losses
