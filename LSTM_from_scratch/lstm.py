"""Written by tools/export.py from lstm_scratch.ipynb, cells tagged export:lstm."""

import math
from collections import namedtuple
from functools import partial

import numpy as np


Step = namedtuple("Step", "i f g o c h")  # what one time step computes, each (N, H)


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
    """The mean squared error of a network on X (N, T, D), y (N, O), and its gradients, all five."""
    h, cache = forward(params, X)
    error = h[:, -1] @ params["Wy"] + params["by"] - y
    dy = 2 * error / error.size
    dh = np.zeros_like(h)
    dh[:, -1] = dy @ params["Wy"].T
    grads, *_ = backward(params, cache, dh)
    grads["Wy"] = h[:, -1].T @ dy
    grads["by"] = dy.sum(axis=0)
    return np.mean(error**2), grads


# The weights of the best epoch, its number, and the scaled errors of each epoch.
Trained = namedtuple("Trained", "params best_epoch train_errors validation_errors")


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
    training,  # (X (N, T, D), y (N, O), ...)
    validation,  # of the same form
    seed,
    epochs=100,
    batch_size=16,
    learning_rate=0.02,
    input_noise=0.15,
    clip_norm=0.1,
    smooth=10,
    patience=30,
    bar=iter,
):
    """Train a network from `params` on; the epoch that is best on `validation` is kept: Trained."""
    rng = np.random.default_rng([seed, 1])
    X, y, X_val, y_val = (np.float32(a) for a in (*training[:2], *validation[:2]))
    params = {name: array.copy() for name, array in params.items()}
    state = init_adam(params)
    train_errors, validation_errors, lowest = [], [], math.inf
    for epoch in bar(range(1, epochs + 1)):
        fade = 1 - (epoch - 1) / epochs
        losses = []
        for batch in np.array_split(rng.permutation(len(X)), math.ceil(len(X) / batch_size)):
            noise = rng.normal(0, input_noise * (1 + fade) / 2, X[batch].shape)
            examples = X[batch] + np.float32(noise), y[batch]
            rate = fade * learning_rate
            loss, _ = train_step(loss_and_grads, params, state, *examples, rate, clip_norm)
            losses.append(loss)
        train_errors.append(float(np.mean(losses)))
        error, _ = loss_and_grads(params, X_val, y_val)
        validation_errors.append(float(error))
        recent = np.mean(validation_errors[-smooth:])
        if recent <= lowest:
            lowest, best_epoch = recent, epoch
            best = {name: array.copy() for name, array in params.items()}
        elif epoch - best_epoch == patience:
            break
    return Trained(best, best_epoch, train_errors, validation_errors)


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


def unit_by_unit(*shape, dtype):
    """An empty array (..., N, H) in which the N values of each unit lie side by side in memory."""
    *others, N, H = shape
    return np.empty((*others, H, N), dtype).swapaxes(-1, -2)


def fast_forward(params, X, h0=None, c0=None, keep=True):
    """X (N, T, D), h0 and c0 (N, H; zeros if None) -> all hidden states h (N, T, H), the cache.

    The cache: z (T + 1, N, H + D + 1) with the row [h, x, 1] of each step and sample, and slopes
    (T, 6, N, H), by step the slopes of c in a_i, a_f, a_g, of h in a_o, c, of c in the c before.
    """
    (N, T, _), H, dtype = X.shape, len(params["Wh"]), params["Wh"].dtype
    half = np.array([0.5, 0.5, 1, 0.5], dtype)[:, None, None]  # 0.5 for a sigmoid, 1 for tanh
    rest = 1 - half
    W = np.vstack([params["Wh"], params["Wx"], params["b"]]) * np.repeat(half, H)
    z = unit_by_unit(T + 1, N, len(W), dtype=dtype)
    z[:T, :, H:-1] = X.swapaxes(0, 1)
    z[:, :, -1] = 1
    h = z[:, :, :H]  # a view: what is written to h[t + 1] is an input of the next step
    h[0] = 0 if h0 is None else h0
    a = unit_by_unit(N, 4 * H, dtype=dtype)
    gates = a.reshape(N, 4, H).swapaxes(0, 1)  # the same memory as (4, N, H)
    i, f, g, o = gates
    c, ig, fc, tanh_c = unit_by_unit(4, N, H, dtype=dtype)
    c[:] = 0 if c0 is None else c0
    slopes = unit_by_unit(T if keep else 0, 6, N, H, dtype=dtype)
    for t in range(T):
        np.tanh(np.matmul(z[t], W, out=a), out=a)
        gates *= half
        gates += rest
        np.multiply(i, g, out=ig)
        np.multiply(f, c, out=fc)
        np.add(ig, fc, out=c)
        np.tanh(c, out=tanh_c)
        h_t = np.multiply(o, tanh_c, out=h[t + 1])
        if keep:
            slope_i, slope_f, slope_g, slope_o, slope_c, slope_before = slopes[t]
            np.multiply(ig, 1 - i, out=slope_i)
            np.multiply(fc, 1 - f, out=slope_f)
            np.subtract(i, ig * g, out=slope_g)
            np.multiply(h_t, 1 - o, out=slope_o)
            np.subtract(o, h_t * tanh_c, out=slope_c)
            slope_before[:] = f
    return h[1:].swapaxes(0, 1), (z, slopes)


def fast_backward(params, cache, dh):
    """dh (N, T, H), the loss's gradient for all hidden states -> grads {"Wx", "Wh", "b"},
    dX (N, T, D), dh0 (N, H), dc0 (N, H).
    """
    z, slopes = cache
    (T, _, N, H), dtype = slopes.shape, slopes.dtype
    W = np.vstack([params["Wh"], params["Wx"]])
    dW = np.zeros((4 * H, len(W) + 1), dtype)  # transposed: a column for each row of Wh, Wx and b
    dX = unit_by_unit(T, N, len(W) - H, dtype=dtype)
    dz = unit_by_unit(N, len(W), dtype=dtype)
    dh_t, dx_t = dz[:, :H], dz[:, H:]
    dc_t = unit_by_unit(N, H, dtype=dtype)
    dh_t[:] = 0
    dc_t[:] = 0
    da = unit_by_unit(N, 4 * H, dtype=dtype)
    da_i, da_f, da_g, da_o = np.split(da, 4, axis=1)
    for t in reversed(range(T)):
        slope_i, slope_f, slope_g, slope_o, slope_c, slope_before = slopes[t]
        dh_t += dh[:, t]
        dc_t += dh_t * slope_c
        np.multiply(dc_t, slope_i, out=da_i)
        np.multiply(dc_t, slope_f, out=da_f)
        np.multiply(dc_t, slope_g, out=da_g)
        np.multiply(dh_t, slope_o, out=da_o)
        dc_t *= slope_before
        dW += da.T @ z[t]
        np.matmul(da, W.T, out=dz)  # into dh_t, for the step before, and dx_t: its views
        dX[t] = dx_t
    dWh, dWx, db = dW.T[:H], dW.T[H:-1], dW.T[-1]
    return {"Wx": dWx, "Wh": dWh, "b": db}, dX.swapaxes(0, 1), dh_t, dc_t


def fast_loss_and_grads(params, X, y):
    """loss_and_grads of an LSTM by the fast passes."""
    return loss_and_grads(params, X, y, fast_forward, fast_backward)


def fast_predict(params, X):
    """predict of an LSTM by the fast forward pass, which then keeps nothing to go back with."""
    return predict(params, X, partial(fast_forward, keep=False))


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


def rnn_loss_and_grads(params, X, y):
    """loss_and_grads of a plain RNN with tanh."""
    return loss_and_grads(params, X, y, rnn_forward, rnn_backward)


Net = namedtuple(
    "Net", "start forward backward"
)  # a function of rng that gives the first weights; two passes


RNN = partial(init_rnn, 2, 32, 1)
RELU = partial(rnn_forward, relu=True), partial(rnn_backward, relu=True)
RECALL_NETS = {
    "LSTM, forget bias 4": Net(
        partial(init_recall_lstm, forget_bias=4), fast_forward, fast_backward
    ),
    "LSTM, forget bias 1": Net(
        partial(init_recall_lstm, forget_bias=1), fast_forward, fast_backward
    ),
    "ReLU RNN, identity": Net(partial(RNN, inputs=0.1, identity=True), *RELU),
    "tanh RNN, small inputs": Net(partial(RNN, inputs=0.1), rnn_forward, rnn_backward),
    "tanh RNN": Net(RNN, rnn_forward, rnn_backward),
}


def train_recall(name, learning_rate, steps=600, seed=0):
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
