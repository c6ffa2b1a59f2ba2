"""Notebook 1's LSTM in between: slower than its fast passes, faster than its readable ones, and slower than both.

PASSES leads from the readable passes to the fast ones, one trick at a time: each entry has the tricks of those before it.
All compute the same: `largest_difference` says how exactly. For lstm_speed, which times them.
"""

from functools import partial

import numpy as np

from LSTM_from_scratch import lstm


def sigmoid(a):
    return (1 + np.tanh(a / 2)) / 2


def loss_and_grads(forward, backward, params, X, y):
    """The mean squared error of a forecast from the last hidden state, and the gradients of all five arrays."""
    h, cache = forward(params, X)
    error = h[:, -1] @ params["Wy"] + params["by"] - y
    dy = error * (2 / error.size)
    dh = np.zeros_like(h)
    dh[:, -1] = dy @ params["Wy"].T
    grads, *_ = backward(params, cache, dh)
    return np.mean(error**2), grads | {"Wy": h[:, -1].T @ dy, "by": dy.sum(axis=0)}


def weights_in_one(params):
    """The matrix W (H + D + 1, 4H) for rows [h, x, 1]."""
    return np.vstack([params["Wh"], params["Wx"], params["b"]])


def by_name(dW, H):
    """The gradients of Wh, Wx and b from that of W."""
    return {"Wh": dW[:H], "Wx": dW[H:-1], "b": dW[-1]}


# --- one product a step


def joined_forward(params, X):
    """The readable forward pass with one product a step, of the rows [h, x, 1] and W."""
    W = weights_in_one(params)
    h = c = np.zeros((len(X), len(params["Wh"])), W.dtype)
    one = np.ones((len(X), 1), W.dtype)
    steps, states = [], []
    for t in range(X.shape[1]):
        z = np.hstack([h, X[:, t], one])
        a_i, a_f, a_g, a_o = np.split(z @ W, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        c_before, c = c, f * c + i * g
        h = o * np.tanh(c)
        steps.append((z, c_before, i, f, g, o, c))
        states.append(h)
    return np.stack(states, axis=1), steps


def joined_backward(params, steps, dh):
    """The readable backward pass with one product a step for dh and dx, one for all weights."""
    W, H = weights_in_one(params), len(params["Wh"])
    dW, dX = np.zeros_like(W), []
    dh_t = dc_t = np.zeros_like(dh[:, 0])
    for t in reversed(range(len(steps))):
        z, c_before, i, f, g, o, c = steps[t]
        tanh_c = np.tanh(c)
        dh_t = dh_t + dh[:, t]
        do = dh_t * tanh_c
        dc_t = dc_t + dh_t * o * (1 - tanh_c**2)
        di, df, dg = dc_t * g, dc_t * c_before, dc_t * i
        dc_t = dc_t * f
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
        dW += z.T @ da
        dz = da @ W[:-1].T
        dh_t = dz[:, :H]
        dX.append(dz[:, H:])
    return by_name(dW, H), np.stack(dX[::-1], axis=1), dh_t, dc_t


# --- arrays made once, in either order; one tanh for all gates


def sample_by_sample(*shape, dtype):
    """An empty array in which the values of each sample lie side by side in memory, as in any new array."""
    return np.empty(shape, dtype)


def by_gate(a):
    """A view (4, N, H) of the rows a (N, 4H)."""
    return a.reshape(len(a), 4, -1).swapaxes(0, 1)


def gates_one_by_one(a):
    """Sigmoid and tanh of a, in place."""
    i, f, g, o = by_gate(a)
    for gate in (i, f, o):
        gate *= 0.5
        np.tanh(gate, out=gate)
        gate += 1
        gate *= 0.5
    np.tanh(g, out=g)


def gates_by_one_tanh(a):
    """The same, in place, if the columns of all gates but g are halved in W."""
    half = np.array([0.5, 0.5, 1, 0.5], a.dtype)[:, None, None]
    np.tanh(a, out=a)
    gates = by_gate(a)
    gates *= half
    gates += 1 - half


def in_place_forward(params, X, empty, activate):
    """joined_forward that writes into arrays made by `empty`; `activate` makes gates of a, in place."""
    (N, T, _), H, W = X.shape, len(params["Wh"]), weights_in_one(params)
    if activate is gates_by_one_tanh:
        W *= np.repeat(np.array([0.5, 0.5, 1, 0.5], W.dtype), H)
    z = empty(T + 1, N, len(W), dtype=W.dtype)
    z[:T, :, H:-1] = X.swapaxes(0, 1)
    z[:, :, -1] = 1
    h, c = z[:, :, :H], empty(T + 1, N, H, dtype=W.dtype)
    h[0] = 0
    c[0] = 0
    a, tanh_c = empty(T, N, 4 * H, dtype=W.dtype), empty(N, H, dtype=W.dtype)
    for t in range(T):
        activate(np.matmul(z[t], W, out=a[t]))
        i, f, g, o = by_gate(a[t])
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        np.tanh(c[t + 1], out=tanh_c)
        np.multiply(o, tanh_c, out=h[t + 1])
    return h[1:].swapaxes(0, 1), (z, a, c)


def in_place_backward(params, cache, dh, empty):
    """joined_backward that writes into arrays made by `empty`."""
    (z, all_gates, c), H = cache, len(params["Wh"])
    (T, N, _), dtype = all_gates.shape, z.dtype
    W = weights_in_one(params)[:-1]
    dW, dX = np.zeros((4 * H, len(W) + 1), dtype), np.empty((N, T, len(W) - H), dtype)
    dz, da = empty(N, len(W), dtype=dtype), empty(N, 4 * H, dtype=dtype)
    dc_t, tanh_c = empty(N, H, dtype=dtype), empty(N, H, dtype=dtype)
    dh_t, (da_i, da_f, da_g, da_o) = dz[:, :H], by_gate(da)
    dh_t[:] = 0
    dc_t[:] = 0
    for t in reversed(range(T)):
        i, f, g, o = by_gate(all_gates[t])
        np.tanh(c[t + 1], out=tanh_c)
        dh_t += dh[:, t]
        dc_t += dh_t * o * (1 - tanh_c * tanh_c)
        np.multiply(dc_t * g, i * (1 - i), out=da_i)
        np.multiply(dc_t * c[t], f * (1 - f), out=da_f)
        np.multiply(dc_t * i, 1 - g * g, out=da_g)
        np.multiply(dh_t * tanh_c, o * (1 - o), out=da_o)
        dc_t *= f
        dW += da.T @ z[t]
        np.matmul(da, W.T, out=dz)
        dX[:, t] = dz[:, H:]
    return by_name(dW.T, H), dX, dh_t, dc_t


def in_place(empty, activate):
    """Both passes with these two choices."""
    return (
        partial(in_place_forward, empty=empty, activate=activate),
        partial(in_place_backward, empty=empty),
    )


PASSES = {
    "readable": (lstm.lstm_forward, lstm.lstm_backward),
    "one product a step": (joined_forward, joined_backward),
    "arrays made once": in_place(sample_by_sample, gates_one_by_one),
    "unit by unit in memory": in_place(lstm.unit_by_unit, gates_one_by_one),
    "one tanh for all gates": in_place(lstm.unit_by_unit, gates_by_one_tanh),
    "slopes at once": (lstm.fast_forward, lstm.fast_backward),
}


def largest_difference(who):
    """How far the results of these passes are from those of the readable ones, as a share of the largest entry."""
    rng = np.random.default_rng(0)
    N, T, D, H = 4, 7, 3, 5
    shapes = {"Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    X, dh = rng.normal(size=(N, T, D)), rng.normal(size=(N, T, H))

    def results(name):
        forward, backward = PASSES[name]
        h, cache = forward(params, X)
        grads, *others = backward(params, cache, dh)
        return [h, *(grads[name] for name in shapes), *others]

    pairs = zip(results(who), results("readable"), strict=True)
    return max(abs(mine - exact).max() / abs(exact).max() for mine, exact in pairs)


# --- slower than all


def per_sample(params, X, y):
    """The loss and the gradients by the equations as they stand: one sample, one step, one gate at a time."""
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
