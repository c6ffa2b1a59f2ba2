"""Written by tools/export.py from lstm_scratch.ipynb, cells tagged export:lstm."""

import math
from functools import partial

import numpy as np


def sigmoid(a):
    """1 / (1 + exp(-a)), written with tanh so that it cannot overflow."""
    return (1 + np.tanh(a / 2)) / 2


def cell(params, x, h, c):
    """One step: x (D,), h and c (H,), or rows of them -> i, f, g, o, the new c, the new h."""
    Wxi, Wxf, Wxg, Wxo = np.split(params["Wx"], 4, axis=1)
    Whi, Whf, Whg, Who = np.split(params["Wh"], 4, axis=1)
    bi, bf, bg, bo = np.split(params["b"], 4)
    i = sigmoid(x @ Wxi + h @ Whi + bi)
    f = sigmoid(x @ Wxf + h @ Whf + bf)
    g = np.tanh(x @ Wxg + h @ Whg + bg)
    o = sigmoid(x @ Wxo + h @ Who + bo)
    c = f * c + i * g
    h = o * np.tanh(c)
    return i, f, g, o, c, h


def glorot(rng, rows, columns):
    """A matrix (rows, columns), uniform within sqrt(6 / (rows + columns)) (Glorot, Bengio 2010)."""
    bound = np.sqrt(6 / (rows + columns))
    return rng.uniform(-bound, bound, (rows, columns))


def orthogonal(rng, rows, columns):
    """A matrix (rows, columns), rows <= columns, with orthonormal rows (Saxe et al. 2014)."""
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    return (q * np.sign(np.diag(r))).T


def init_params(input_size, hidden_size, output_size, rng, dtype=np.float32):
    """Weights of an LSTM and of the linear output layer on its last hidden state.

    Wx (D, 4H) uniform within 1 / sqrt(D), Wh (H, 4H), b (4H,), Wy (H, O), by (O,); the gates in
    the order i, f, g, o, as in Keras; the forget bias 1 (Jozefowicz et al. 2015), other biases 0.
    """
    D, H, O = input_size, hidden_size, output_size
    params = {
        "Wx": rng.uniform(-1, 1, (D, 4 * H)) / np.sqrt(D),
        "Wh": orthogonal(rng, H, 4 * H),
        "b": np.repeat([0.0, 1.0, 0.0, 0.0], H),
        "Wy": glorot(rng, H, O),
        "by": np.zeros(O),
    }
    return {name: array.astype(dtype) for name, array in params.items()}


def unpack(w, params):
    """The vector w of all weights as a dict of views with the names and shapes of params."""
    parts = np.split(w, np.cumsum([array.size for array in params.values()])[:-1])
    return {name: part.reshape(params[name].shape) for name, part in zip(params, parts)}


def init_adam(params):
    """Adam's state. Packs params into one vector, state["w"]; its entries become views of that."""
    w = np.concatenate([array.ravel() for array in params.values()])
    params.update(unpack(w, params))
    return {"w": w, "m": np.zeros_like(w), "q": np.zeros_like(w), "k": 0}


def plain_forward(params, X):
    """The last hidden state (N, H) of an LSTM over X (N, T, D): `cell`, T times."""
    h = c = np.zeros((len(X), len(params["Wh"])))
    for t in range(X.shape[1]):
        *_, c, h = cell(params, X[:, t], h, c)
    return h


def lstm_forward(params, X, h0=None, c0=None, keep=True):
    """Run an LSTM over X (N, T, D) from h0, c0 (N, H; zeros if None).

    Returns the last hidden state h (N, H) and the cache; cache["h"], cache["c"] (T + 1, N, H) are
    the states of all time steps. With keep=False each step's gates overwrite those of the step
    before: enough for a forecast, not for lstm_backward.
    """
    Wx, Wh, b = params["Wx"], params["Wh"], params["b"]
    (N, T, D), H, dtype = X.shape, len(Wh), Wh.dtype
    z = np.empty((T + 1, H + D + 1, N), dtype)  # [h; x; 1] of each step
    c = np.empty((T + 1, H, N), dtype)
    h = z[:, :H]  # a view: what is written to h[t + 1] is input of the next step
    h[0] = 0 if h0 is None else h0.T
    c[0] = 0 if c0 is None else c0.T
    z[:T, H : H + D] = X.transpose(1, 2, 0)
    z[:T, H + D] = 1
    r = np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype), H)[:, None]
    rWT = r * np.vstack([Wh, Wx, b]).T  # (4H, H + D + 1)
    kept = T if keep else 1
    gates = np.empty((kept, 4 * H, N), dtype)
    tanh_c = np.empty((kept, H, N), dtype)
    for t in range(T):
        k = t if keep else 0
        a = np.matmul(rWT, z[t], out=gates[k])  # (4H, N), in place from here on
        np.tanh(a, out=a)
        for sigmoids in (a[: 2 * H], a[3 * H :]):  # i and f, then o; g is done
            sigmoids *= 0.5
            sigmoids += 0.5
        i, f, g, o = a.reshape(4, H, N)
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        np.tanh(c[t + 1], out=tanh_c[k])
        np.multiply(o, tanh_c[k], out=h[t + 1])
    cache = {"z": z[:T], "gates": gates.reshape(kept, 4, H, N), "tanh_c": tanh_c}
    return h[T].T, cache | {"h": h.swapaxes(1, 2), "c": c.swapaxes(1, 2)}


def lstm_backward(params, cache, dh):
    """Gradients of a loss through lstm_forward, from dh, the loss's gradient for the hidden states.

    dh is (N, H) where the loss sees the last hidden state alone, (T, N, H) where it sees all.
    Returns grads {"Wx", "Wh", "b"}, dX (N, T, D), dh0 (N, H), dc0 (N, H).
    """
    W = np.vstack([params["Wh"], params["Wx"]])
    z, gates, tanh_c = cache["z"], cache["gates"], cache["tanh_c"]
    c = cache["c"].swapaxes(1, 2)
    (T, _, H, N), dtype = gates.shape, W.dtype
    dh = np.asarray(dh, dtype)
    dh_t = dh.T if dh.ndim == 2 else np.zeros((H, N), dtype)
    dc, dW = np.zeros((H, N), dtype), np.zeros((z.shape[1], 4 * H), dtype)
    dX = np.empty((T, len(W) - H, N), dtype)
    size = max(1, 2**15 // (H * N))  # of a block of steps, so that its arrays fit the cache
    for first in reversed(range(0, T, size)):
        block = slice(first, min(first + size, T))
        i, f, g, o = gates[block].swapaxes(0, 1)
        da = np.empty_like(gates[block])  # first the slopes of the block, then the gradients
        da[:, 0] = g * i * (1 - i)
        da[:, 1] = c[block] * f * (1 - f)
        da[:, 2] = i * (1 - g * g)
        da[:, 3] = tanh_c[block] * o * (1 - o)
        slope_c = o * (1 - tanh_c[block] * tanh_c[block])
        for k in reversed(range(len(da))):  # step first + k
            if dh.ndim == 3:
                dh_t = dh_t + dh[first + k].T
            dc += dh_t * slope_c[k]
            da[k, :3] *= dc
            da[k, 3] *= dh_t
            dc *= f[k]
            dz = W @ da[k].reshape(4 * H, N)
            dh_t, dX[first + k] = dz[:H], dz[H:]
        # a column for each time step and sample, so the product sums over both
        z_columns = z[block].swapaxes(0, 1).reshape(len(dW), -1)
        da_columns = da.reshape(-1, 4 * H, N).swapaxes(0, 1).reshape(4 * H, -1)
        dW += z_columns @ da_columns.T
    grads = {"Wx": dW[H:-1], "Wh": dW[:H], "b": dW[-1]}
    return grads, dX.transpose(2, 0, 1), dh_t.T, dc.T


def predict(params, X, forward=None):
    """Forecasts (N, O) from X (N, T, D), by the last h of `forward`, that of the LSTM if None."""
    h, _ = forward(params, X) if forward else lstm_forward(params, X, keep=False)
    return h @ params["Wy"] + params["by"]


def loss_and_grads(params, X, y, forward=None, backward=None):
    """Mean squared error of predict(params, X) against y (N, O), and its gradients, all five.

    `forward` and `backward` are the passes of the network, those of the LSTM if None.
    """
    forward, backward = forward or lstm_forward, backward or lstm_backward
    h, cache = forward(params, X)
    error = h @ params["Wy"] + params["by"] - y
    dy = error * (2 / error.size)
    grads, *_ = backward(params, cache, dy @ params["Wy"].T)
    grads["Wy"] = h.T @ dy
    grads["by"] = dy.sum(axis=0)
    return (error * error).mean(), grads


def clip(gradient, clip_norm):
    """The gradient, no longer than clip_norm, and the norm that it had; its direction stays."""
    norm = float(np.linalg.norm(gradient))
    return (gradient * (clip_norm / norm) if norm > clip_norm else gradient), norm


def train_step(params, state, X, y, learning_rate, clip_norm, model=loss_and_grads):
    """One step of Adam, in place, on X (N, T, D), y (N, O): the loss, the norm before clipping.

    `model` gives the loss and the gradients.
    """
    loss, grads = model(params, X, y)
    u, norm = clip(np.concatenate([grads[name].ravel() for name in params]), clip_norm)
    m, q = state["m"], state["q"]
    state["k"] += 1
    m += 0.1 * (u - m)
    q += 0.001 * (u * u - q)
    m_scale, q_scale = 1 - 0.9 ** state["k"], 1 - 0.999 ** state["k"]
    # params are views of state["w"] and move with it
    state["w"] -= (learning_rate / m_scale) * m / (np.sqrt(q / q_scale) + 1e-8)
    return loss, norm


def train(
    data,
    seed,
    hidden_size=50,
    epochs=200,
    batch_size=16,
    learning_rate=0.02,
    input_noise=0.12,
    average=0.999,
    clip_norm=0.1,
    patience=150,
    falling=True,
    model=loss_and_grads,
    start=init_params,
    forward=None,
    bar=iter,
):
    """Train an LSTM on data["train"], judged on data["validation"]: the best params, the history.

    With `input_noise`, which falls to half, on the training inputs; `average` is how much of the
    running mean of the weights each training step keeps. The learning rate falls to zero, or stays
    if not `falling`. Another network has its own `model` (loss and gradients), `start` (its first
    weights) and `forward` pass. `bar` wraps the epochs.
    history: "train", "validation" (scaled errors by epoch), "norms" (of every gradient), "best".
    """
    rng = np.random.default_rng([seed, 1])
    parts = data["train"][:2] + data["validation"][:2]
    X, y, X_val, y_val = (array.astype(np.float32) for array in parts)
    params = start(X.shape[2], hidden_size, y.shape[1], rng)
    state = init_adam(params)
    mean = state["w"].copy()
    history = {"train": [], "validation": [], "norms": [], "best": 0}
    for epoch in bar(range(1, epochs + 1)):
        fade, losses = 1 - (epoch - 1) / epochs, []
        for batch in np.array_split(rng.permutation(len(X)), math.ceil(len(X) / batch_size)):
            noise = rng.normal(0, input_noise * (1 + fade) / 2, X[batch].shape)
            loss, norm = train_step(
                params,
                state,
                X[batch] + noise.astype(np.float32),
                y[batch],
                learning_rate * (fade if falling else 1),
                clip_norm,
                model,
            )
            mean += (1 - average) * (state["w"] - mean)
            losses.append(float(loss))
            history["norms"].append(norm)
        history["train"].append(float(np.mean(losses)))
        error = predict(unpack(mean, params), X_val, forward) - y_val
        history["validation"].append(float(np.mean(error**2)))
        if history["validation"][-1] == min(history["validation"]):
            history["best"], best = epoch, mean.copy()
        elif epoch - history["best"] >= patience:
            break
    return unpack(best, params), history


def complex_step(loss, arrays, name, delta=1e-30):
    """d loss(arrays) / d arrays[name], entry by entry, exact to rounding."""
    gradient = np.empty(arrays[name].shape)
    for index in np.ndindex(gradient.shape):
        moved = {key: array.astype(np.complex128) for key, array in arrays.items()}
        moved[name][index] += 1j * delta
        gradient[index] = loss(moved).imag / delta
    return gradient


def finite_difference(loss, arrays, name, delta=1e-6):
    """The same by central differences, good to some nine digits."""
    gradient = np.empty(arrays[name].shape)
    for index in np.ndindex(gradient.shape):
        up, down = arrays[name].copy(), arrays[name].copy()
        up[index], down[index] = up[index] + delta, down[index] - delta
        gradient[index] = (loss(arrays | {name: up}) - loss(arrays | {name: down})) / (2 * delta)
    return gradient


def relative_error(mine, exact):
    """The largest difference over the largest value."""
    return float(abs(mine - exact).max() / abs(exact).max())


def make_case(rng, N=3, T=5, D=2, H=4, O=2):
    """A dict of random weights, no bias at zero, X (N, T, D), h0, c0 (N, H); targets y (N, O)."""
    case = init_params(D, H, O, rng, np.float64)
    case = {name: array + rng.normal(0, 0.5, array.shape) for name, array in case.items()}
    shapes = {"X": (N, T, D), "h0": (N, H), "c0": (N, H)}
    case |= {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return case, rng.normal(size=(N, O))


def case_loss(case, y):
    """The loss of a case, forward pass alone."""
    h, _ = lstm_forward(case, case["X"], case["h0"], case["c0"])
    error = h @ case["Wy"] + case["by"] - y
    return (error * error).mean()


def case_grads(case, y):
    """The gradients of case_loss by the backward pass, for the weights and for X, h0, c0."""
    h, cache = lstm_forward(case, case["X"], case["h0"], case["c0"])
    dy = 2 * (h @ case["Wy"] + case["by"] - y) / y.size
    grads, dX, dh0, dc0 = lstm_backward(case, cache, dy @ case["Wy"].T)
    return grads | {"Wy": h.T @ dy, "by": dy.sum(axis=0), "X": dX, "h0": dh0, "c0": dc0}


def two_layers(case, target):
    """The loss of two LSTMs, the second on all hidden states of the first, with a target (T, N, H)
    for every hidden state of both; and its gradients by lstm_backward. Wx2, Wh2, b2: the second's.
    """
    second = {name: case[f"{name}2"] for name in ("Wx", "Wh", "b")}
    _, cache = lstm_forward(case, case["X"], case["h0"], case["c0"])
    _, cache2 = lstm_forward(second, cache["h"][1:].swapaxes(0, 1))
    errors, errors2 = cache["h"][1:] - target, cache2["h"][1:] - target
    grads2, dX2, _, _ = lstm_backward(second, cache2, errors2)
    grads, dX, dh0, dc0 = lstm_backward(case, cache, errors + dX2.swapaxes(0, 1))
    grads |= {"X": dX, "h0": dh0, "c0": dc0} | {f"{name}2": grad for name, grad in grads2.items()}
    return ((errors**2).sum() + (errors2**2).sum()) / 2, grads


def recall_batch(rng, size=64, steps=100):
    """X (size, steps, 2): random values, and a mark at one of the first ten; y (size, 1)."""
    X = np.zeros((size, steps, 2), np.float32)
    X[:, :, 0] = rng.uniform(-1, 1, (size, steps))
    marked = np.arange(size), rng.integers(0, 10, size)
    X[(*marked, 1)] = 1
    return X, X[(*marked, 0)][:, None]


def rnn_forward(params, X, relu=False):
    """A plain RNN over X (N, T, D) from h = 0: the last hidden state (N, H) and the cache.

    With `relu`, max(a, 0) stands in place of tanh(a).
    """
    (N, T, _), H = X.shape, len(params["Wh"])
    h = np.zeros((T + 1, N, H), params["Wh"].dtype)
    for t in range(T):
        a = X[:, t] @ params["Wx"] + h[t] @ params["Wh"] + params["b"]
        h[t + 1] = a * (a.real > 0) if relu else np.tanh(a)
    return h[T], {"h": h, "x": X.swapaxes(0, 1)}


def rnn_backward(params, cache, dh, relu=False):
    """Gradients through rnn_forward from dh (N, H): {"Wx", "Wh", "b"}, dX (N, T, D), dh0 (N, H)."""
    h, x = cache["h"], cache["x"]
    slope = (h[1:] > 0).astype(h.dtype) if relu else 1 - h[1:] ** 2
    da = np.empty_like(h[1:])
    for t in reversed(range(len(da))):
        da[t] = dh * slope[t]
        dh = da[t] @ params["Wh"].T
    over = ([0, 1], [0, 1])  # steps and samples
    grads = {"Wx": np.tensordot(x, da, over), "Wh": np.tensordot(h[:-1], da, over)}
    grads["b"] = da.sum(axis=(0, 1))
    return grads, (da @ params["Wx"].T).swapaxes(0, 1), dh


def init_rnn(input_size, hidden_size, output_size, rng, inputs=1.0, identity=False):
    """Weights of a plain RNN and its output layer, in float32.

    Wx (D, H) by Glorot, times `inputs`; Wh (H, H) a random orthogonal matrix, or the identity;
    Wy (H, O) by Glorot; biases 0.
    """
    D, H, O = input_size, hidden_size, output_size
    params = {
        "Wx": inputs * glorot(rng, D, H),
        "Wh": np.eye(H) if identity else orthogonal(rng, H, H),
        "b": np.zeros(H),
        "Wy": glorot(rng, H, O),
        "by": np.zeros(O),
    }
    return {name: array.astype(np.float32) for name, array in params.items()}


def rnn_loss(params, X, y, relu=False):
    """loss_and_grads of the plain RNN."""
    passes = partial(rnn_forward, relu=relu), partial(rnn_backward, relu=relu)
    return loss_and_grads(params, X, y, *passes)


STARTS = {  # of each net on the recall task
    "LSTM, forget bias 4": {"bias": 4.0},
    "LSTM, forget bias 1": {"bias": 1.0},
    "ReLU RNN, identity": {"inputs": 0.1, "identity": True},
    "tanh RNN, small inputs": {"inputs": 0.1},
    "tanh RNN": {},
}


def recall_passes(net):
    """The forward and the backward pass of a net of STARTS."""
    if net.startswith("LSTM"):
        return lstm_forward, lstm_backward
    relu = net.startswith("ReLU")
    return partial(rnn_forward, relu=relu), partial(rnn_backward, relu=relu)


def start_recall(net, rng):
    """The first weights of a net of STARTS: 16 units of an LSTM or 32 plain ones."""
    if not net.startswith("LSTM"):
        return init_rnn(2, 32, 1, rng, **STARTS[net])
    params = init_params(2, 16, 1, rng)
    params["b"][16:32] = STARTS[net]["bias"]
    return params


def train_recall(net, learning_rate, steps=1000, seed=0):
    """Train a net of STARTS on the recall task: its name, the loss by training step, the params
    before and after.
    """
    rng = np.random.default_rng(seed)
    params = start_recall(net, rng)
    before = {name: array.copy() for name, array in params.items()}
    state, (forward, backward) = init_adam(params), recall_passes(net)
    model, losses = partial(loss_and_grads, forward=forward, backward=backward), []
    for _ in range(steps):
        X, y = recall_batch(rng)
        losses.append(train_step(params, state, X, y, learning_rate, 1.0, model)[0])
    return net, np.array(losses), before, params


def save(path, params, data):
    """The weights, the scaling and the lookback of a trained LSTM, in one .npz file."""
    low, high = data["scale"]
    np.savez(path, **params, low=low, high=high, lookback=data["test"][0].shape[1])


def load(path):
    """What `save` has kept: params, and the rest as a dict."""
    with np.load(path, allow_pickle=False) as file:
        kept = dict(file)
    return {name: kept.pop(name) for name in ("Wx", "Wh", "b", "Wy", "by")}, kept


def forecast_next(params, kept, value):
    """The forecast of the value after the last of `value` (n,), by what `load` gives.

    Raises ValueError if there are too few values for a window.
    """
    lookback, low, high = int(kept["lookback"]), kept["low"], kept["high"]
    if len(value) < lookback:
        raise ValueError(f"there are {len(value)} values: give at least {lookback}.")
    window = (value[None, -lookback:, None] - low) / (high - low)
    return float(low + (high - low) * predict(params, window.astype(np.float32))[0, 0])
