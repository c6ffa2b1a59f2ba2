"use strict";
// Both networks, forward. Vectors are Float64Arrays; the gates stand in the order i, f, g, o, as in the notebooks.

/** {shape, type, base64} as {rows, columns, data}; a vector is one row. */
function unpack({ shape, type, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = type === "float16" ? Float64Array.from(new Uint16Array(bytes.buffer), float16)
    : Float64Array.from(new Float32Array(bytes.buffer));
  return { rows: shape.length > 1 ? shape[0] : 1, columns: shape.at(-1), data };
}

/** The number that 16 bits stand for: a sign, 5 bits of exponent, 10 of fraction. */
function float16(bits) {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023, sign = bits >> 15 ? -1 : 1;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/** x W + b. */
function times(x, W, b) {
  const out = b ? b.data.slice() : new Float64Array(W.columns);
  for (let row = 0, at = 0; row < W.rows; row++) {
    for (let column = 0; column < W.columns; column++) out[column] += x[row] * W.data[at++];
  }
  return out;
}

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const dot = (x, y) => x.reduce((sum, value, k) => sum + value * y[k], 0);

/** One step of an LSTM. `entered` is x Wx + b; `last` holds h and c. Returns the gates and the new h and c. */
function cell(entered, Wh, last) {
  const H = last.h.length, a = times(last.h, Wh, { data: entered });
  const [i, f, g, o, c, h] = Array.from({ length: 6 }, () => new Float64Array(H));
  for (let k = 0; k < H; k++) {
    i[k] = sigmoid(a[k]);
    f[k] = sigmoid(a[H + k]);
    g[k] = Math.tanh(a[2 * H + k]);
    o[k] = sigmoid(a[3 * H + k]);
    c[k] = f[k] * last.c[k] + i[k] * g[k];
    h[k] = o[k] * Math.tanh(c[k]);
  }
  return { i, f, g, o, c, h };
}

const empty = (H) => ({ h: new Float64Array(H), c: new Float64Array(H) });

// Notebook 1: a forecast from a window of values

/** The states of the LSTM after each value of a scaled window. */
function follow(net, window) {
  let state = empty(net.Wh.rows);
  return window.map((value) => (state = cell(times([value], net.Wx, net.b), net.Wh, state)));
}

const lstmStep = (net) => (window) => times(follow(net, window).at(-1).h, net.Wy, net.by)[0];
const arStep = (weights) => (window) => dot(window, weights) + weights[window.length];

/** The next values, `ahead` of them, by feeding one-step forecasts back; all in the series' own units. */
function recursive(step, { low, high }, values, ahead) {
  const scaled = values.map((value) => (value - low) / (high - low)), length = values.length;
  while (scaled.length < length + ahead) scaled.push(step(scaled.slice(-length)));
  return scaled.slice(length).map((value) => low + (high - low) * value);
}

/** The best from a window of the noisy sine: the mean of all phases' sines, each weighted by how well it fits. */
function windowBest(window, sigma, ahead, phases = 360) {
  const grid = Array.from({ length: phases }, (_, k) => (2 * Math.PI * k) / phases), T = window.length;
  const misfit = grid.map((phase) => dot(window.map((v, k) => (v - Math.sin(phase - (T - k) / 8)) ** 2), Array(T).fill(0.5)));
  const least = Math.min(...misfit), p = misfit.map((loss) => Math.exp((least - loss) / sigma ** 2));
  const total = dot(p, Array(phases).fill(1)), sin = dot(p, grid.map(Math.sin)) / total, cos = dot(p, grid.map(Math.cos)) / total;
  return Array.from({ length: ahead }, (_, k) => sin * Math.cos(k / 8) + cos * Math.sin(k / 8));
}

// Notebook 2: the genres of a text, by attention. A state holds what the softmax over the scores so far needs.

const MAX_WORDS = 200;
const WORD = /[\p{L}\p{M}\p{N}]+(?:['\u200c\u200d-][\p{L}\p{M}\p{N}]+)*/gu;
const tokenise = (text) => (text.replaceAll("\u2019", "'").match(WORD) ?? []).map((word) => word.toLowerCase());
const beforeReading = (net) => ({ ...empty(net.Wh.rows), top: -Infinity, total: 0, sum: new Float64Array(net.Wx.rows) });

/** The state after one more word. */
function readWord(net, state, word) {
  const number = net.number.get(word) ?? 0, D = net.Wx.rows; // 0: a word it does not know
  const x = net.vectors.data.subarray(number * D, (number + 1) * D);
  if (!net.entered.has(number)) net.entered.set(number, times(x, net.Wx, net.b));
  const { h, c } = cell(net.entered.get(number), net.Wh, state);
  const score = dot(h, net.v.data), top = Math.max(score, state.top);
  const kept = Math.exp(state.top - top), weight = Math.exp(score - top);
  return { h, c, top, total: kept * state.total + weight, sum: state.sum.map((value, k) => kept * value + weight * x[k]) };
}

/** The probabilities of the genres if the text ended here. */
function answer(net, { sum, total }) {
  const scores = times(sum.map((value) => value / (total || 1)), net.Wy, net.by), top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  return powers.map((power) => power / dot(powers, Array(powers.length).fill(1)));
}
