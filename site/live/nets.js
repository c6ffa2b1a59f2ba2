"use strict";
// Both networks, forward. Vectors are Float64Arrays; the gates stand in the order i, f, g, o, as in the notebooks.

/** {shape, type, base64} as {rows, columns, data}; a vector is one row. Three zeros follow the numbers. */
function unpack({ shape, type, base64 }) {
  const { buffer } = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const numbers = type === "float16" ? Array.from(new Uint16Array(buffer), float16) : new Float32Array(buffer);
  return { rows: shape.length > 1 ? shape[0] : 1, columns: shape.at(-1), data: Float64Array.from([...numbers, 0, 0, 0]) };
}

/** The number that 16 bits stand for: a sign, 5 bits of exponent, 10 of fraction. */
function float16(bits) {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023, sign = bits >> 15 ? -1 : 1;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/** x W + b, four columns at a time for speed; the padding is for the last four. */
function times(x, { rows, columns, data }, b) {
  const out = new Float64Array(columns + 3);
  out.set(b.data);
  for (let k = 0; k < columns; k += 4) {
    let a0 = out[k], a1 = out[k + 1], a2 = out[k + 2], a3 = out[k + 3];
    for (let row = 0, at = k; row < rows; row++, at += columns) {
      const value = x[row];
      a0 += value * data[at], a1 += value * data[at + 1], a2 += value * data[at + 2], a3 += value * data[at + 3];
    }
    out[k] = a0, out[k + 1] = a1, out[k + 2] = a2, out[k + 3] = a3;
  }
  return out.subarray(0, columns);
}

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const dot = (x, y) => x.reduce((sum, value, k) => sum + value * y[k], 0);

/** One step of an LSTM. `entered` is x Wx + b; `last` holds h and c. Returns the gates (i, f, g, o), h and c. */
function cell(entered, Wh, last) {
  const H = Wh.rows, gates = times(last.h, Wh, { data: entered }), { h, c } = empty(H);
  for (let k = 0; k < H; k++) {
    const i = (gates[k] = sigmoid(gates[k])), f = (gates[H + k] = sigmoid(gates[H + k]));
    const g = (gates[2 * H + k] = Math.tanh(gates[2 * H + k])), o = (gates[3 * H + k] = sigmoid(gates[3 * H + k]));
    c[k] = f * last.c[k] + i * g;
    h[k] = o * Math.tanh(c[k]);
  }
  return { gates, h, c };
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

// Words as Keras makes them: punctuation is deleted, A to Z become small. Typographic dashes, quotes and dots go with the plain ones.
const MARKS = /[!-/:-@[-`{-~\u2010-\u2015\u2018-\u201f\u2026\u2212]/g;
const lowered = (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const tokenise = (text) => lowered(text.replace(MARKS, "")).split(/\s+/).filter(Boolean);
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
