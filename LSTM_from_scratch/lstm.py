"""Written by tools/export.py from lstm_scratch.ipynb, cells tagged export:lstm."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """What one time step computes: gates, candidate, memory, hidden state, each (N, H)."""

    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    h: np.ndarray


def sigmoid(a):
    """1 / (1 + exp(-a)), written with tanh so that it cannot overflow."""
    return (1 + np.tanh(a / 2)) / 2


def cell(params, x, h, c):
    """One time step: x (N, D), h and c (N, H) of the step before -> Step."""
    a = x @ params["Wx"] + h @ params["Wh"] + params["b"]
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c = f * c + i * g
    h = o * np.tanh(c)
    return Step(i, f, g, o, c, h)


def lstm_forward(params, X, h0=None, c0=None):
    """Run an LSTM over X (N, T, D) from the states h0, c0 (N, H; zeros if None).

    Returns all hidden states h (N, T, H), and the cache for lstm_backward: X, and the Step of
    each time step, after one that holds the states before the first.
    """
    zero = np.zeros((len(X), len(params["Wh"])), X.dtype)
    before = Step(*[None] * 4, c=zero if c0 is None else c0, h=zero if h0 is None else h0)
    steps = [before]
    for t in range(X.shape[1]):
        steps.append(cell(params, X[:, t], steps[-1].h, steps[-1].c))
    return np.stack([step.h for step in steps[1:]], axis=1), (X, steps)


def predict(params, X, forward=lstm_forward):
    """Forecasts (N, O) from X (N, T, D), by the forward pass of a network."""
    h, _ = forward(params, X)
    return h[:, -1] @ params["Wy"] + params["by"]


def glorot(rng, rows, columns):
    """A matrix (rows, columns), uniform within sqrt(6 / (rows + columns)) (Glorot, Bengio 2010)."""
    bound = np.sqrt(6 / (rows + columns))
    return rng.uniform(-bound, bound, (rows, columns))


def orthonormal(rng, rows, columns):
    """A matrix (rows, columns), rows <= columns, with orthonormal rows (Saxe et al. 2014)."""
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    return (q * np.sign(np.diag(r))).T


def init_params(input_size, hidden_size, output_size, rng, dtype=np.float32):
    """The first weights: Wx (D, 4H), Wh (H, 4H), b (4H,), Wy (H, O), by (O,), in a dict.

    The blocks of 4H are i, f, g, o, as in Keras. The forget bias is 1, other biases are 0.
    """
    D, H, O = input_size, hidden_size, output_size
    params = {
        "Wx": rng.uniform(-1, 1, (D, 4 * H)) / np.sqrt(D),
        "Wh": orthonormal(rng, H, 4 * H),
        "b": np.repeat([0.0, 1.0, 0.0, 0.0], H),
        "Wy": glorot(rng, H, O),
        "by": np.zeros(O),
    }
    return {name: array.astype(dtype) for name, array in params.items()}


def lstm_backward(params, cache, dh):
    """The gradients of a loss, given dh (N, T, H), its gradient for the hidden states.

    Returns grads {"Wx", "Wh", "b"}, dX (N, T, D), dh0 (N, H), dc0 (N, H).
    """
    X, steps = cache
    Wx, Wh = params["Wx"], params["Wh"]
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(params["b"])
    dX = np.zeros_like(X)
    dh_t = dc = np.zeros_like(dh[:, 0])
    for t in reversed(range(X.shape[1])):
        before, (i, f, g, o, c, _) = steps[t], steps[t + 1]
        # 1. the hidden state
        dh_t = dh_t + dh[:, t]
        do = dh_t * np.tanh(c)
        dc = dc + dh_t * o * (1 - np.tanh(c) ** 2)
        # 2. the memory
        di = dc * g
        df = dc * before.c
        dg = dc * i
        dc = dc * f
        # 3. the nonlinearities
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
        # 4. the product
        dWx += X[:, t].T @ da
        dWh += before.h.T @ da
        db += da.sum(axis=0)
        dX[:, t] = da @ Wx.T
        dh_t = da @ Wh.T
    return {"Wx": dWx, "Wh": dWh, "b": db}, dX, dh_t, dc


def loss_and_grads(params, X, y, forward=lstm_forward, backward=lstm_backward):
    """The mean squared error of a network on X (N, T, D), y (N, O), and its gradients, all five.

    The network is an LSTM, or another one that has such a forward and a backward pass.
    """
    h, cache = forward(params, X)
    error = h[:, -1] @ params["Wy"] + params["by"] - y
    dy = 2 * error / error.size
    dh = np.zeros_like(h)
    dh[:, -1] = dy @ params["Wy"].T
    grads, *_ = backward(params, cache, dh)
    grads["Wy"] = h[:, -1].T @ dy
    grads["by"] = dy.sum(axis=0)
    return np.mean(error**2), grads


def clip(grads, clip_norm):
    """The gradients, together no longer than clip_norm, and the norm that they had."""
    norm = math.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
    shrink = clip_norm / max(norm, clip_norm)
    return {name: grad * shrink for name, grad in grads.items()}, norm


def init_adam(params):
    """Adam's state: k, the number of steps so far, and the running means m and v."""
    m = {name: np.zeros_like(array) for name, array in params.items()}
    v = {name: np.zeros_like(array) for name, array in params.items()}
    return {"k": 0, "m": m, "v": v}


def train_step(loss_and_grads, params, state, X, y, learning_rate, clip_norm):
    """One step of Adam on X (N, T, D), y (N, O), which changes params and state.

    Returns the loss, and the norm of the gradient before it is clipped.
    """
    loss, grads = loss_and_grads(params, X, y)
    grads, norm = clip(grads, clip_norm)
    state["k"] += 1
    for name, u in grads.items():
        m, v = state["m"][name], state["v"][name]
        m += 0.1 * (u - m)
        v += 0.001 * (u**2 - v)
        m_hat = m / (1 - 0.9 ** state["k"])
        v_hat = v / (1 - 0.999 ** state["k"])
        params[name] -= learning_rate * m_hat / (np.sqrt(v_hat) + 1e-8)
    return loss, norm


def train(
    params,
    loss_and_grads,
    training,
    validation,
    seed,
    epochs=100,
    batch_size=16,
    learning_rate=0.01,
    input_noise=0.12,
    clip_norm=0.1,
    patience=30,
    bar=iter,
):
    """Train a network from the weights `params` on (X (N, T, D), y (N, O), ...): Trained.

    `validation`, of the same form as `training`, decides which epoch is best. `bar` wraps the epochs.
    """
    rng = np.random.default_rng([seed, 1])
    X, y, X_val, y_val = (np.float32(a) for a in (*training[:2], *validation[:2]))
    params = {name: array.copy() for name, array in params.items()}
    state, train_errors, validation_errors = init_adam(params), [], []
    for epoch in bar(range(1, epochs + 1)):
        rate, losses = learning_rate * (1 - (epoch - 1) / epochs), []
        for batch in np.array_split(rng.permutation(len(X)), math.ceil(len(X) / batch_size)):
            noisy = X[batch] + np.float32(rng.normal(0, input_noise, X[batch].shape))
            loss, _ = train_step(loss_and_grads, params, state, noisy, y[batch], rate, clip_norm)
            losses.append(loss)
        train_errors.append(float(np.mean(losses)))
        error, _ = loss_and_grads(params, X_val, y_val)
        validation_errors.append(float(error))
        if error <= min(validation_errors):
            best_epoch, best = epoch, {name: array.copy() for name, array in params.items()}
        elif epoch - best_epoch == patience:
            break
    return Trained(best, best_epoch, train_errors, validation_errors)


class Trained(NamedTuple):
    """A trained network, and the errors (scaled) on the way to it."""

    params: dict  # the weights of the best epoch
    best_epoch: int  # the first is 1
    train_errors: list  # the mean loss of each epoch, on noisy inputs
    validation_errors: list  # after each epoch


def complex_step(loss, arrays, name, delta=1e-30):
    """d loss(arrays) / d arrays[name], entry by entry, exact to rounding."""
    gradient = np.empty(arrays[name].shape)
    for index in np.ndindex(gradient.shape):
        moved = {key: array.astype(complex) for key, array in arrays.items()}
        moved[name][index] += 1j * delta
        gradient[index] = loss(moved).imag / delta
    return gradient


def relative_error(mine, exact):
    """The largest difference over the largest value."""
    return float(abs(mine - exact).max() / abs(exact).max())


def make_case(rng, N=3, T=5, D=2, H=4, O=2):
    """Random weights without a bias at zero, X (N, T, D), h0 and c0 (N, H), in one dict."""
    case = init_params(D, H, O, rng, np.float64)
    case = {name: array + rng.normal(0, 0.5, array.shape) for name, array in case.items()}
    shapes = {"X": (N, T, D), "h0": (N, H), "c0": (N, H)}
    return case | {name: rng.normal(size=shape) for name, shape in shapes.items()}


def case_loss(case, R):
    """The sum of R (N, T, H) times all hidden states of a case."""
    h, _ = lstm_forward(case, case["X"], case["h0"], case["c0"])
    return np.sum(R * h)


def case_grads(case, R, forward=lstm_forward, backward=lstm_backward):
    """The gradients of case_loss by a backward pass."""
    _, cache = forward(case, case["X"], case["h0"], case["c0"])
    grads, dX, dh0, dc0 = backward(case, cache, R)
    return grads | {"X": dX, "h0": dh0, "c0": dc0}


def by_gate(params):
    W = np.vstack([params["Wh"], params["Wx"], params["b"]])
    return np.stack(np.split(W, 4, axis=1))            # (4, H + D + 1, H)

def fast_forward(params, X, h0=None, c0=None, keep=True):
    (N, T, D), H, dtype = X.shape, len(params["Wh"]), params["Wh"].dtype
    W = by_gate(params)
    W[[0, 1, 3]] *= 0.5
    z = np.empty((T + 1, N, H + D + 1), dtype)  # [h, x, 1]
    z[:T, :, H:-1] = X.swapaxes(0, 1)
    z[:, :, -1] = 1
    h, c = z[:, :, :H], np.empty((T + 1, N, H), dtype)
    h[0] = 0 if h0 is None else h0
    c[0] = 0 if c0 is None else c0
    kept = T if keep else 1
    gates, tanh_c = np.empty((4, kept, N, H), dtype), np.empty((kept, N, H), dtype)
    for t in range(T):
        k = t if keep else 0
        a = gates[:, k]
        np.matmul(z[t], W, out=a)
        np.tanh(a, out=a)
        for s in (a[:2], a[3]):
            s *= 0.5
            s += 0.5
        i, f, g, o = a
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        np.tanh(c[t + 1], out=tanh_c[k])
        np.multiply(o, tanh_c[k], out=h[t + 1])
    return h[1:].swapaxes(0, 1), (z, c, gates, tanh_c)


def fast_predict(params, X):
    """predict of an LSTM by the fast forward pass, which then keeps nothing to go back with."""
    return predict(params, X, partial(fast_forward, keep=False))


def fast_backward(params, cache, dh):
    z, c, gates, tanh_c = cache
    _, T, N, H = gates.shape
    dtype = gates.dtype
    W = np.vstack([params["Wh"], params["Wx"]])
    WT = np.ascontiguousarray(W.T)   # (4H, H+D)
    dh = np.asarray(dh, dtype)
    last = dh.ndim == 2
    dh_t = dh if last else np.zeros((N, H), dtype)
    dc = np.zeros((N, H), dtype)
    dW = np.zeros((4, z.shape[2], H), dtype)
    dX = np.empty((T, N, WT.shape[1] - H), dtype)
    size = max(1, 2**15 // (H * N))
    for first in reversed(range(0, T, size)):
        block = slice(first, min(first + size, T))
        i, f, g, o = gates[:, block]
        da = np.empty((4, len(i), N, H), dtype)
        da[0] = g * i * (1 - i)
        da[1] = c[block] * f * (1 - f)
        da[2] = i * (1 - g * g)
        da[3] = tanh_c[block] * o * (1 - o)
        slope_c = o * (1 - tanh_c[block] * tanh_c[block])
        for k in reversed(range(len(i))):
            if not last: dh_t = dh_t + dh[:, first + k]
            dc += dh_t * slope_c[k]
            da[:3, k] *= dc
            da[3, k] *= dh_t
            dc *= f[k]
            dz = np.hstack(da[:, k]) @ WT
            dh_t, dX[first + k] = dz[:, :H], dz[:, H:]
        dW += np.matmul(z[block].reshape(-1, z.shape[2]).T, da.reshape(4, -1, H))
    dW = np.hstack(dW)
    grads = {"Wx": dW[H:-1], "Wh": dW[:H], "b": dW[-1]}
    return grads, dX.swapaxes(0, 1), dh_t, dc


def fast_loss_and_grads(params, X, y):
    """loss_and_grads of an LSTM by the fast passes."""
    return loss_and_grads(params, X, y, fast_forward, fast_backward)


def recall_batch(rng, size=64, steps=100):
    """X (size, steps, 2): random values, and a mark at one of the first ten; y (size, 1)."""
    X = np.zeros((size, steps, 2), np.float32)
    X[:, :, 0] = rng.uniform(-1, 1, (size, steps))
    rows, marked = np.arange(size), rng.integers(0, 10, size)
    X[rows, marked, 1] = 1
    return X, X[rows, marked, 0][:, None]


def rnn_forward(params, X, relu=False):
    """The hidden states h (N, T, H) of a plain RNN over X (N, T, D), and the cache."""
    states = [np.zeros((len(X), len(params["Wh"])), X.dtype)]
    for t in range(X.shape[1]):
        a = X[:, t] @ params["Wx"] + states[-1] @ params["Wh"] + params["b"]
        states.append(np.where(a > 0, a, 0) if relu else np.tanh(a))
    return np.stack(states[1:], axis=1), (X, states)


def rnn_backward(params, cache, dh, relu=False):
    """Gradients {"Wx", "Wh", "b"} and dX (N, T, D) from dh (N, T, H), as lstm_backward."""
    X, states = cache
    grads = {name: np.zeros_like(params[name]) for name in ("Wx", "Wh", "b")}
    dX, dh_t = np.zeros_like(X), np.zeros_like(dh[:, 0])
    for t in reversed(range(X.shape[1])):
        before, h_t = states[t], states[t + 1]
        da = (dh_t + dh[:, t]) * ((h_t > 0) if relu else (1 - h_t**2))
        grads["Wx"] += X[:, t].T @ da
        grads["Wh"] += before.T @ da
        grads["b"] += da.sum(axis=0)
        dX[:, t] = da @ params["Wx"].T
        dh_t = da @ params["Wh"].T
    return grads, dX


def init_rnn(input_size, hidden_size, output_size, rng, inputs=1.0, identity=False):
    """The first weights of a plain RNN: as init_params, with one block of H in place of four.

    Wx is times `inputs` what Glorot and Bengio advise; Wh is orthogonal, or the identity.
    """
    D, H, O = input_size, hidden_size, output_size
    params = {
        "Wx": inputs * glorot(rng, D, H),
        "Wh": np.eye(H) if identity else orthonormal(rng, H, H),
        "b": np.zeros(H),
        "Wy": glorot(rng, H, O),
        "by": np.zeros(O),
    }
    return {name: array.astype(np.float32) for name, array in params.items()}


def init_recall_lstm(rng, forget_bias, units=16):
    """The first weights of an LSTM with this forget bias, for the recall task."""
    params = init_params(2, units, 1, rng)
    params["b"][units : 2 * units] = forget_bias
    return params


class Net(NamedTuple):
    """A kind of network and its start on the recall task."""

    start: Callable  # a random generator -> the first weights
    forward: Callable
    backward: Callable


RNN = partial(init_rnn, 2, 32, 1)
RELU = partial(rnn_forward, relu=True), partial(rnn_backward, relu=True)
RECALL_NETS = {
    "LSTM, forget bias 4": Net(partial(init_recall_lstm, forget_bias=4), fast_forward, fast_backward),
    "LSTM, forget bias 1": Net(partial(init_recall_lstm, forget_bias=1), fast_forward, fast_backward),
    "ReLU RNN, identity": Net(partial(RNN, inputs=0.1, identity=True), *RELU),
    "tanh RNN, small inputs": Net(partial(RNN, inputs=0.1), rnn_forward, rnn_backward),
    "tanh RNN": Net(RNN, rnn_forward, rnn_backward),
}


def train_recall(name, learning_rate, steps=1000, seed=0):
    """Train one of RECALL_NETS on the recall task: weights before and after, and every loss."""
    rng, net = np.random.default_rng(seed), RECALL_NETS[name]
    before = net.start(rng=rng)
    after = {key: array.copy() for key, array in before.items()}
    model = partial(loss_and_grads, forward=net.forward, backward=net.backward)
    state, losses = init_adam(after), []
    for _ in range(steps):
        X, y = recall_batch(rng)
        loss, _ = train_step(model, after, state, X, y, learning_rate, clip_norm=1.0)
        losses.append(float(loss))
    return before, after, losses


def save(path, params, low, high, lookback):
    """Keep the weights of a trained LSTM, its scaling and its lookback in one .npz file."""
    np.savez(path, **params, low=low, high=high, lookback=lookback)


def load(path):
    """What `save` has kept: the weights, and low, high and lookback as a dict."""
    with np.load(path, allow_pickle=False) as file:
        kept = dict(file)
    return {name: kept.pop(name) for name in ("Wx", "Wh", "b", "Wy", "by")}, kept
