"use strict";
// What the reader sees and moves. The networks are in nets.js, their weights in data.js.

const $ = (id) => document.getElementById(id);
const unpackAll = (weights) => Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, unpack(array)]));
const percent = (p) => `${(100 * p).toFixed(p > 0.99 || p < 0.01 ? 1 : 0)}%`;

function element(name, attributes, parent, text) {
  const made = parent.namespaceURI.endsWith("svg")
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

/** An empty plot in the svg: functions X and Y from values to pixels, axes drawn, and `line` and `names` to draw with. */
function plot(svg, { x, y, right = 12, xTicks, yTicks, xName }) {
  const width = svg.clientWidth, height = svg.clientHeight, [left, top, bottom] = [34, 8, 38];
  svg.replaceChildren();
  const X = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
  const Y = (value) => top + ((y[1] - value) / (y[1] - y[0])) * (height - top - bottom);
  for (const tick of yTicks) {
    element("line", { class: "axis", x1: left, x2: width - right, y1: Y(tick), y2: Y(tick) }, svg);
    element("text", { x: left - 6, y: Y(tick) + 4, "text-anchor": "end" }, svg, String(tick).replace("-", "−"));
  }
  for (const tick of xTicks) {
    element("text", { x: X(tick), y: height - bottom + 16, "text-anchor": "middle" }, svg, String(tick).replace("-", "−"));
  }
  element("text", { x: width - right, y: height - 4, "text-anchor": "end" }, svg, xName);
  const ends = [];
  const line = (points, color, { name, dashed = "" } = {}) => {
    const path = points.map(([a, b]) => `${X(a).toFixed(1)},${Y(b).toFixed(1)}`).join("L");
    element("path", { d: `M${path}`, class: color === "true" ? "true" : `curve ${dashed}`, style: `--color: ${color}` }, svg);
    if (name) ends.push({ name, color, x: X(points.at(-1)[0]) + 6, y: Y(points.at(-1)[1]) + 4 });
  };
  const names = () => { // at the right ends of the lines, pushed apart
    let lowest = -Infinity;
    for (const end of ends.sort((one, other) => one.y - other.y)) {
      lowest = Math.max(end.y, lowest + 14);
      element("text", { class: "name", x: end.x, y: lowest, style: `--color: ${end.color}` }, svg, end.name);
    }
  };
  return { svg, X, Y, line, names };
}

// Read a sentence

const texts = { ...DATA.texts, ...unpackAll(DATA.texts.weights), entered: new Map() };
texts.number = new Map(texts.words.split(" ").map((word, place) => [word, place + 1]));
const OWN = ["Although the bank raised the interest rate, the striker scored a late goal.",
  "The mayor opened a ferry station long after the sprinter broke the world record.",
  "My parrot taught the minister how to play tennis."];
let reading;

/** The text piece by piece, as it is written: its words, the state after it, the probabilities if the text ended there. */
function readText(text) {
  const pieces = [];
  let state = beforeReading(texts);
  for (const shown of text.split(/\s+/).filter(Boolean)) {
    const words = tokenise(shown), before = state;
    state = words.reduce((last, word) => readWord(texts, last, word), state);
    pieces.push({ shown, words, before, probabilities: answer(texts, state) });
  }
  return { pieces, probabilities: answer(texts, state) };
}

/** The probabilities when one piece is left out. */
function without({ pieces }, place) {
  const rest = pieces.slice(place + 1).flatMap((piece) => piece.words);
  return answer(texts, rest.reduce((last, word) => readWord(texts, last, word), pieces[place].before));
}

const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));
const logOdds = (p) => Math.log(p / (1 - p));
const clipped = (p) => Math.min(Math.max(p, 1e-6), 1 - 1e-6);

/** For each piece, how far the log-odds of the answer fall without it; in portions, so that typing is not held up. */
function weigh(current, from = 0) {
  const genre = best(current.probabilities), until = performance.now() + 12;
  for (let place = from; place < current.pieces.length; place++) {
    if (current !== reading) return;
    if (performance.now() > until) return setTimeout(weigh, 0, current, place);
    const piece = current.pieces[place];
    piece.without = piece.words.length ? without(current, place) : current.probabilities;
    piece.fall = logOdds(clipped(current.probabilities[genre])) - logOdds(clipped(piece.without[genre]));
  }
  current.weighed = true;
  const most = Math.max(1, ...current.pieces.map((piece) => Math.abs(piece.fall)));
  current.pieces.forEach(({ fall }, place) => {
    const share = Math.round((55 * Math.abs(fall)) / most), color = fall > 0 ? `var(--c${genre})` : "var(--quiet)";
    $("words").children[place].style.background = share > 3 ? `color-mix(in srgb, ${color} ${share}%, transparent)` : "";
  });
  tell();
}

/** The pattern that a text follows, and its clauses: {opener, pattern, M, B}; undefined if it follows none. */
function clauses(text) {
  const escaped = (part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const longest = [...texts.patterns].sort((one, other) => other.length - one.length);
  for (const pattern of longest) {
    const fixed = escaped(pattern).replace("\\{M\\}", "(?<M>.+?)").replace("\\{B\\}", "(?<B>.+?)").replace(/\\\.$/, "\\.?");
    const found = RegExp(`^(?<opener>(?:${texts.openers.map(escaped).join("|")}) )?${fixed}$`, "i").exec(text.trim().replace(/\s+/g, " "));
    if (found) return { pattern, ...found.groups };
  }
}

/** The same text with its two clauses in each other's place; undefined if it follows no pattern. */
function twin(text) {
  const found = clauses(text), small = (clause) => clause[0].toLowerCase() + clause.slice(1);
  if (!found) return undefined;
  const swapped = found.pattern.replace(/\{[MB]\}/g, (slot) => small(slot === "{M}" ? found.B : found.M));
  return ((found.opener ?? "") + swapped).replace(/(^|[.] )([a-z])/g, (start) => start.toUpperCase());
}

/** Read what stands in the box and show it. */
function showText() {
  reading = readText($("sentence").value);
  $("words").replaceChildren(...reading.pieces.map(({ shown, words, probabilities }, place) => {
    const piece = document.createElement("span"), stops = [];
    let from = 0;
    probabilities.forEach((p, genre) => stops.push(`var(--c${genre}) ${100 * from}% ${100 * (from += p)}%`));
    piece.style.setProperty("--bar", `linear-gradient(90deg, ${stops.join(", ")})`);
    element(words.every((word) => texts.number.has(word)) ? "b" : "u", { style: "font-weight: inherit" }, piece, shown);
    piece.onclick = () => readUpTo(place + 1);
    return piece;
  }));
  const unknown = [...new Set(reading.pieces.flatMap((piece) => piece.words))].filter((word) => !texts.number.has(word));
  $("unknown").textContent = unknown.length
    ? `It does not know ${unknown.map((word) => `“${word}”`).join(", ")}: words it never met all look the same to it.` : "";
  $("swap").disabled = !clauses($("sentence").value);
  const known = texts.lines.find(([line]) => line === $("sentence").value);
  $("swapped").textContent = (known ? `In the test part this is a line on ${known[1]}. ` : "") + ($("swap").disabled
    ? "Swap needs two clauses in a pattern that the notebook uses, such as “although …, …” or “… long after …”." : "");
  $("upto").max = Math.max(reading.pieces.length, 1);
  readUpTo(reading.pieces.length);
  clearTimeout(showText.timer);
  showText.timer = setTimeout(weigh, 0, reading);
}

/** Show the answer after the first `count` pieces. */
function readUpTo(count) {
  $("upto").value = count;
  reading.upto = count;
  [...$("words").children].forEach((piece, place) => {
    piece.className = place >= count ? "later" : place === count - 1 && count < reading.pieces.length ? "here" : "";
  });
  tell();
}

function tell() {
  const { pieces, upto } = reading, whole = upto >= pieces.length, piece = pieces[upto - 1];
  const shown = whole ? reading.probabilities : piece.probabilities, first = best(shown), genre = texts.genres[first];
  $("upto-title").textContent = whole ? "The whole line" : `After “${piece.words.join(" ") || piece.shown}”, word ${upto} of ${pieces.length}`;
  $("upto").setAttribute("aria-valuetext", `${$("upto-title").textContent}: ${genre}, ${percent(shown[first])}`);
  if (!$("genres").children.length) {
    for (const name of texts.genres) {
      const row = element("div", { class: "genre" }, $("genres"));
      for (const [tag, text] of [["span", name], ["i", ""], ["span", ""]]) element(tag, {}, row, text);
    }
  }
  [...$("genres").children].forEach((row, number) => {
    row.className = number === first ? "genre first" : "genre";
    row.style.cssText = `--p: ${shown[number]}; --color: var(--c${number})`;
    row.lastChild.textContent = percent(shown[number]);
  });
  const answered = best(reading.probabilities), falls = pieces.map(({ fall }) => fall);
  const asked = whole ? pieces[falls.indexOf(Math.max(...falls))] : piece, word = asked?.words.join(" ");
  const p = asked?.without?.[answered], sure = percent(reading.probabilities[answered]), less = p === undefined ? "" : percent(p);
  $("told").textContent = !pieces.length ? "With nothing to read, this is what it expects."
    : !less || !word || (whole && !(asked.fall > 0)) ? ""
    : less === sure ? `Without “${word}” the whole line stays ${texts.genres[answered]} with ${sure}.`
    : `${whole ? "It hangs most on" : "Leave out"} “${word}”${whole ? ": without it" : ", and"} the whole line would be ` +
      `${texts.genres[answered]} with ${less} instead of ${sure}.`;
}

function choose(line) {
  stop();
  $("sentence").value = line;
  showText();
}

function stop() {
  clearInterval(stop.timer);
  stop.timer = undefined;
  $("play").textContent = "Read";
}

function play() {
  if (stop.timer) return stop();
  $("play").textContent = "Stop";
  readUpTo(1);
  stop.timer = setInterval(() => (reading.upto < reading.pieces.length ? readUpTo(reading.upto + 1) : stop()), 450);
}

function swap() {
  const before = texts.genres[best(reading.probabilities)];
  choose(twin($("sentence").value));
  const after = texts.genres[best(reading.probabilities)];
  $("swapped").innerHTML = `The same words. Before: <b>${before}</b>. Now: <b>${after}</b>` +
    (before === after ? ", since both clauses are on one genre or it reads one of them wrongly." : ".");
}

// Forecast a wave

const series = { ...DATA.series, ...unpackAll(DATA.series.weights) };
const AHEAD = 100, SHOWN = 10, PAST = Math.max(series.lag, SHOWN);
const FORECASTERS = [
  { name: "LSTM", sees: "the ten dots", color: "var(--c0)", ahead: () => recursive(lstmStep(series), series, wave.values.slice(-SHOWN), AHEAD) },
  { name: `AR(${SHOWN})`, sees: "the ten dots", color: "var(--c1)", ahead: () => recursive(arStep(series.ar), series, wave.values.slice(-SHOWN), AHEAD) },
  { name: `AR(${series.lag})`, sees: `${series.lag} values`, color: "var(--c2)",
    ahead: () => recursive(arStep(series.ar_chosen), series, wave.values.slice(-series.lag), AHEAD) },
  { name: "window’s best", sees: "the ten dots; knows it is a sine", color: "var(--ink)", dashed: "dashed",
    ahead: () => windowBest(wave.values.slice(-SHOWN), Math.max(wave.noise, 0.02), AHEAD) },
];
const wave = { values: [], draws: [], noise: series.sigma, phase: 0 };
const clean = (k) => Math.sin(wave.phase + k / 8); // k: steps after the next value

/** Numbers between 0 and 1 that are the same for every reader (the generator mulberry32). */
function random() {
  let a = (random.seed = (random.seed + 0x6d2b79f5) | 0);
  a = Math.imul(a ^ (a >>> 15), a | 1);
  a ^= a + Math.imul(a ^ (a >>> 7), a | 61);
  return ((a ^ (a >>> 14)) >>> 0) / 2 ** 32;
}
random.seed = 4;

function drawNoise() { // from a normal distribution, by Box and Muller
  wave.draws = Array.from({ length: PAST }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

/** The values before the next one, by the sliders. */
function makeWave() {
  wave.phase = (Math.PI * $("phase").valueAsNumber) / 180;
  wave.noise = $("noise").valueAsNumber;
  wave.values = wave.draws.map((draw, k) => clean(k - PAST) + wave.noise * draw);
  showWave();
}

function moveDot(place, value) {
  wave.values[PAST - SHOWN + place] = Math.min(Math.max(value, -1.8), 1.8);
  showWave();
}

/** The plot of the ten dots, made once for a width: dots that are being dragged must stay. */
function layWindow() {
  const svg = $("window"), frame = plot(svg, { x: [-10.5, 1.2], y: [-1.8, 1.8], xTicks: [-10, -8, -6, -4, -2, 0],
    yTicks: [-1, 0, 1], xName: "step (0 is forecast)" });
  frame.wave = element("path", { class: "true" }, svg);
  frame.next = FORECASTERS.map(({ color }) => element("rect", { class: "next", width: 10, height: 10, style: `--color: ${color}` }, svg));
  frame.dots = Array.from({ length: SHOWN }, (_, place) => {
    const dot = element("g", { class: "dot", role: "slider", tabindex: 0, "aria-label": `Value ${place + 1} of ten`,
      "aria-orientation": "vertical", "aria-valuemin": -1.8, "aria-valuemax": 1.8 }, svg);
    element("circle", { class: "hit", r: 20 }, dot);
    element("circle", { class: "seen", r: 8 }, dot);
    const value = () => wave.values[PAST - SHOWN + place];
    dot.onpointerdown = (event) => { dot.setPointerCapture(event.pointerId); dot.focus(); };
    // touch-action does not reach inside an SVG everywhere; a finger on a dot must not scroll the page
    dot.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    dot.onpointermove = (event) => {
      if (!dot.hasPointerCapture(event.pointerId)) return;
      const y = event.clientY - svg.getBoundingClientRect().top;
      moveDot(place, 1.8 - (3.6 * (y - frame.Y(1.8))) / (frame.Y(-1.8) - frame.Y(1.8)));
    };
    dot.onkeydown = (event) => {
      const by = { ArrowUp: 0.1, ArrowDown: -0.1, PageUp: 0.5, PageDown: -0.5 }[event.key];
      const to = { ArrowLeft: place - 1, ArrowRight: place + 1 }[event.key];
      if (by) moveDot(place, value() + by);
      if (to !== undefined) frame.dots[to]?.focus();
      if (by || to !== undefined) event.preventDefault();
    };
    return dot;
  });
  layWindow.frame = frame;
}

function showWave() {
  const ahead = FORECASTERS.map((one) => one.ahead()), { X, Y, dots, next, wave: truth } = layWindow.frame;
  const steps = (from, to, value) => Array.from({ length: to - from + 1 }, (_, k) => [from + k, value(from + k)]);
  truth.setAttribute("d", `M${steps(-10, 0, clean).map(([k, v]) => `${X(k)},${Y(v)}`).join("L")}`);
  dots.forEach((dot, place) => {
    const value = wave.values[PAST - SHOWN + place];
    dot.setAttribute("transform", `translate(${X(place - SHOWN)},${Y(value)})`);
    dot.setAttribute("aria-valuenow", value.toFixed(2));
  });
  const shown = FORECASTERS.map((_, number) => $(`show-${number}`).checked);
  next.forEach((mark, number) => {
    mark.setAttribute("transform", `translate(${X(0.3 * number)},${Y(ahead[number][0]) - 7}) rotate(45)`);
    mark.setAttribute("visibility", shown[number] ? "visible" : "hidden");
  });
  const future = plot($("future"), { x: [-PAST, AHEAD], y: [-1.8, 1.8], xTicks: [-80, -40, 0, 40, 80],
    yTicks: [-1, 0, 1], xName: "steps" });
  future.line(steps(-PAST, AHEAD - 1, clean), "true");
  wave.values.forEach((value, k) => element("circle", { class: k < PAST - SHOWN ? "past" : "small", r: k < PAST - SHOWN ? 1.8 : 2.6,
    cx: future.X(k - PAST), cy: future.Y(value) }, future.svg));
  FORECASTERS.forEach(({ color, dashed }, number) => {
    if (shown[number]) future.line(ahead[number].map((value, k) => [k, value]), color, { dashed });
    const off = Math.sqrt(ahead[number].reduce((sum, value, k) => sum + (value - clean(k)) ** 2, 0) / AHEAD);
    $(`off-${number}`).textContent = off.toFixed(2);
  });
  $("phase-is").textContent = `${$("phase").value}°`;
  $("noise-is").textContent = wave.noise.toFixed(2);
  showUnit();
}

function layForecasters() {
  const head = element("tr", {}, $("forecasters"));
  for (const name of ["Forecast", "sees", "off by"]) element("th", {}, head, name);
  FORECASTERS.forEach(({ name, sees, color }, number) => {
    const row = element("tr", {}, $("forecasters")), label = element("label", {}, element("td", {}, row));
    element("input", { type: "checkbox", id: `show-${number}`, checked: "", style: `--color: ${color}` }, label).onchange = showWave;
    element("b", { style: `color: ${color}` }, label, name);
    element("td", {}, row, sees);
    element("td", { id: `off-${number}` }, row);
  });
  element("caption", { class: "note", style: "caption-side: bottom; text-align: left" }, $("forecasters"),
    "Off by: the root mean squared distance from the wave without noise, over the hundred steps.");
}

function showUnit() {
  const { low, high } = series, k = $("number").valueAsNumber - 1;
  const states = follow(series, wave.values.slice(-SHOWN).map((value) => (value - low) / (high - low)));
  const most = Math.max(1, ...states.map(({ c }) => Math.abs(c[k])));
  const frame = plot($("unit"), { x: [-10.5, 1.2], y: [-most, most], right: 12, xTicks: [-10, -8, -6, -4, -2],
    yTicks: [-1, 0, 1], xName: "step" });
  const gate = (name) => ({ gates }) => gates["ifgo".indexOf(name) * series.Wh.rows + k];
  for (const [name, color] of [["i", "var(--c1)"], ["f", "var(--c2)"], ["o", "var(--c3)"]]) {
    frame.line(states.map((state, t) => [t - SHOWN, gate(name)(state)]), color, { name, dashed: "dashed" });
  }
  frame.line(states.map(({ c }, t) => [t - SHOWN, c[k]]), "var(--c0)", { name: "c" });
  frame.names();
  const f = states.map(gate("f")).reduce((sum, value) => sum + value, 0) / SHOWN;
  $("number-is").textContent = `${k + 1} of ${series.Wh.rows}`;
  $("unit-told").textContent = `Its forget gate is ${f.toFixed(2)} on average, so half of a memory is gone after ` +
    `${(Math.log(0.5) / Math.log(f)).toFixed(1)} steps.`;
}

// One cell

/** One unit over the inputs, as in chapter 3 of notebook 1: input gate σ(2x - 1), output gate σ(h). */
function oneCell(forget, input, recurrent, inputs) {
  const matrix = (...data) => ({ rows: 1, columns: 4, data: Float64Array.from(data) });
  const Wx = matrix(2, 0, input, 0), Wh = matrix(0, 0, recurrent, 1), b = matrix(-1, forget, 0, 0);
  let state = empty(1);
  return inputs.map((x) => (state = cell(times([x], Wx, b), Wh, state)));
}

function showCell() {
  const [forget, input, recurrent] = ["forget", "input", "recurrent"].map((id) => $(id).valueAsNumber);
  const pulses = $("pulses").value.split(" ").map(Number), inputs = Array.from({ length: 40 }, (_, t) => +pulses.includes(t + 1));
  const states = oneCell(forget, input, recurrent, inputs), c = states.map((state) => state.c[0]);
  const most = Math.max(1, ...c.map((value) => Math.ceil(Math.abs(value))));
  const frame = plot($("steps"), { x: [0.5, 40.5], y: [Math.min(...c) < -0.05 ? -most : -0.2, most], right: 30,
    xTicks: [1, 10, 20, 30, 40], yTicks: [...new Set([Math.min(...c) < -0.05 ? -most : 0, 0, most])], xName: "step" });
  inputs.forEach((x, t) => x && element("rect", { class: "bar", x: frame.X(t + 0.65), width: frame.X(1.7) - frame.X(1), y: frame.Y(1),
    height: frame.Y(0) - frame.Y(1) }, frame.svg));
  for (const [name, color] of [["h", "var(--c1)"], ["c", "var(--c0)"]]) {
    frame.line(states.map((state, t) => [t + 1, state[name][0]]), color, { name });
  }
  frame.names();
  $("forget-is").textContent = forget.toFixed(1);
  $("input-is").textContent = input.toFixed(1);
  $("recurrent-is").textContent = recurrent.toFixed(1);
  const f = sigmoid(forget), last = pulses.at(-1) - 1;
  const after = c.slice(last).findIndex((value) => Math.abs(value) <= Math.abs(c[last]) / 2);
  $("half").textContent = `f = σ(${forget.toFixed(1)}) = ${f.toFixed(3)}. By the forget gate alone, half of the memory is gone after ` +
    `${(Math.log(0.5) / Math.log(f)).toFixed(1)} steps. Here, with what the cell writes itself, it ` +
    (input === 0 ? "holds nothing: the input weight is 0." : after < 0 ? "does not halve before the plot ends." : `takes ${after} steps.`);
}

// Start

for (const line of [...OWN, ...DATA.texts.lines.slice(0, 12).map(([text]) => text)]) element("option", { value: line }, $("choose"), line);
$("choose").onchange = () => choose($("choose").value);
$("sentence").oninput = () => { stop(); showText(); };
$("swap").onclick = swap;
$("play").onclick = play;
$("another").onclick = () => choose(DATA.texts.lines[Math.floor(Math.random() * DATA.texts.lines.length)][0]);
$("upto").oninput = () => { stop(); readUpTo($("upto").valueAsNumber); };
$("phase").oninput = $("noise").oninput = $("restore").onclick = makeWave;
$("renew").onclick = () => { drawNoise(); makeWave(); };
$("number").oninput = showUnit;
for (const id of ["forget", "input", "recurrent", "pulses"]) $(id).oninput = showCell;

document.querySelectorAll("[data-lag]").forEach((place) => (place.textContent = series.lag));
document.querySelector("[data-trained]").textContent = texts.trained.toLocaleString("en");
$("number").max = series.Wh.rows;
layForecasters();
drawNoise();
choose(OWN[0]);
let drawn;
const plots = ["window", "future", "unit", "steps"].map($);
const fitted = new ResizeObserver(() => {
  const widths = plots.map((svg) => svg.clientWidth);
  if (Math.min(...widths) === 0 || String(widths) === drawn) return;
  drawn = String(widths);
  layWindow();
  wave.values.length ? showWave() : makeWave();
  showCell();
});
plots.forEach((svg) => fitted.observe(svg));
