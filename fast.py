"""The cells of the chapter "Making it fast", and what the page says of them.

The tricks, for the page:

- **One product a step.** The weights Wh, Wx and b lie in one matrix W, and a step's inputs in one
  row [h, x, 1]. So a step takes one matrix product forward, and two backward.
- **Arrays made once.** They are made before the loop, and each step writes into them (`out=`).
- **Unit by unit in memory.** A row is still a sample, but in memory the N values of a unit lie side
  by side. So each gate is one unbroken piece of memory, which NumPy runs through in one go.
- **One tanh for all gates.** As sigmoid(a) = tanh(a / 2) / 2 + 1 / 2, one call of tanh serves all
  four gates. The a / 2 is put into the weights, once for all steps.
- **Slopes at once.** The backward pass needs six derivatives of each step. The forward pass takes
  them while the step's numbers are in the processor's cache, from products that it has anyway: with
  ig = i * g, the slope g * i * (1 - i) is ig * (1 - i).
"""

import numpy as np

# --- a small cell of its own


def unit_by_unit(*shape, dtype):
    """An empty array (..., N, H) in which the N values of each unit lie side by side in memory."""
    *others, N, H = shape
    return np.empty((*others, H, N), dtype).swapaxes(-1, -2)


# --- the first cell


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


# --- the second cell


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
