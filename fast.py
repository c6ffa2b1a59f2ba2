"""The two cells of the chapter "Making it fast", and what the page says of them.

The tricks, for the page:

- **One product a step.** The weights lie in one matrix W, Wh above Wx above b, and each step's inputs in one row
  [h, x, 1]. So a step takes one matrix product forward and two backward, and D costs next to nothing.
- **Unit by unit in memory.** A row is still a sample, but in memory each unit's N values lie side by side. So each of the four
  gates is one unbroken piece of memory, which NumPy runs through in one go and BLAS takes as it is, without a copy.
- **Nothing new in the loop.** The arrays are made once, before the loop, and each step writes into them (`out=`).
- **One tanh for all gates.** sigmoid(a) = tanh(a / 2) / 2 + 1 / 2. The a / 2 is put into the weights once, and one call of tanh
  serves all four gates.
- **Slopes while they are at hand.** The forward pass computes the six derivatives that the backward pass needs of a step, while
  its numbers are in the cache, and out of products that it has anyway: g * i * (1 - i), for instance, is ig * (1 - i).
"""

import numpy as np

# --- the first cell


def unit_by_unit(*shape, dtype):
    """An empty array (..., N, H) that keeps the N values of each unit side by side in memory."""
    *others, N, H = shape
    return np.empty((*others, H, N), dtype).swapaxes(-1, -2)


def fast_forward(params, X, h0=None, c0=None, keep=True):
    """X (N, T, D), h0 and c0 (N, H; zeros if None) -> all hidden states h (N, T, H), the cache.

    The cache: z (T + 1, N, H + D + 1), a row [h, x, 1] for each step and sample, and the slopes
    (T, 6, N, H) of each step: of c for a_i, a_f, a_g, of h for a_o and c, of c for the c before.
    """
    (N, T, D), H, dtype = X.shape, len(params["Wh"]), params["Wh"].dtype
    half = np.array([0.5, 0.5, 1, 0.5], dtype)[:, None, None]  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
    rest = 1 - half
    W = np.vstack([params["Wh"], params["Wx"], params["b"]]) * np.repeat(half, H)
    z, a = unit_by_unit(T + 1, N, len(W), dtype=dtype), unit_by_unit(N, 4 * H, dtype=dtype)
    h, z[:T, :, H:-1], z[:, :, -1] = z[:, :, :H], X.swapaxes(0, 1), 1
    c, ig, fc, tanh_c = unit_by_unit(4, N, H, dtype=dtype)
    h[0], c[:] = 0 if h0 is None else h0, 0 if c0 is None else c0
    gates = a.reshape(N, 4, H).swapaxes(0, 1)  # views of a
    i, f, g, o = gates
    slopes = unit_by_unit(T if keep else 0, 6, N, H, dtype=dtype)
    for t in range(T):
        np.tanh(np.matmul(z[t], W, out=a), out=a)
        gates *= half
        gates += rest
        np.multiply(i, g, out=ig)
        np.multiply(f, c, out=fc)
        np.add(ig, fc, out=c)
        np.tanh(c, out=tanh_c)
        h_t = np.multiply(o, tanh_c, out=h[t + 1])  # in z, as an input of the next step
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
    dW = np.zeros((4 * H, len(W) + 1), dtype)  # of Wh, Wx and b; a row for each column of theirs
    dX = np.empty((N, T, len(W) - H), dtype)
    dz, da = unit_by_unit(N, len(W), dtype=dtype), unit_by_unit(N, 4 * H, dtype=dtype)
    da_i, da_f, da_g, da_o = np.split(da, 4, axis=1)
    dh_t, dx_t = dz[:, :H], dz[:, H:]
    dc_t = unit_by_unit(N, H, dtype=dtype)
    dh_t[:], dc_t[:] = 0, 0
    for t in reversed(range(T)):
        slope_i, slope_f, slope_g, slope_o, slope_c, slope_before = slopes[t]
        dh_t += dh[:, t]
        dc_t += dh_t * slope_c
        np.multiply(dc_t, slope_i, out=da_i)
        np.multiply(dc_t, slope_f, out=da_f)
        np.multiply(dc_t, slope_g, out=da_g)
        np.multiply(dh_t, slope_o, out=da_o)
        dc_t *= slope_before
        np.matmul(da, W.T, out=dz)  # dh_t and dx_t, which are views of dz
        dX[:, t] = dx_t
        dW += da.T @ z[t]
    return {"Wx": dW.T[H:-1], "Wh": dW.T[:H], "b": dW.T[-1]}, dX, dh_t, dc_t
