"""The live page in a real Chromium: the same numbers as Python, no request, quick, by keyboard and by touch."""

import os

import numpy as np
import pandas as pd
import pytest
from conftest import GRAMMAR, IN_A_BROWSER
from keras import layers

from LSTM_from_scratch import lstm, series
from Text_Classification_LSTM import corpus, networks
from tools import live_page
from tools.notebooks import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, parameters, read_notebook

pytestmark = IN_A_BROWSER
NOISE = parameters(LSTM_NOTEBOOK)["NOISE"]
SERIES, TEXTS = (ROOT / LSTM_NOTEBOOK).parent, (ROOT / TEXT_NOTEBOOK).parent
TYPED = str.maketrans(
    "\u2018\u2019\u201c\u201d\u2010\u2011\u2013\u2014\u2026\u00a0", "''\"\"----. "
)
ODD = """

!!! — …
’
don’t
The bank's “half-time” score: 2-1 for Österreich!
THE STRIKER SCORED A LATE GOAL
the   bank\traised the\u00a0interest rate
rock 'n' roll -- bank--bill bank- -bank 'bank' bank’s
a first-year student, a first‑year student, a firstyear student
ISTANBUL İstanbul ΟΔΟΣ ΑΘΗΝΑ Straße \u212aick
центральный банк повысил ставку
می‌خواهم بانک
हिन्दी क्षेत्र
東京 銀行
zebra zebra zebra
😀 goal 😀 goal
<b>bank</b> & bill; $1,000 1e5 x_1 [bank] \\ ^ ` {bank} | ~ @ # % * + = ?
Although, although, although.""".splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    assert 'href="live.html"' in live_page.build(target)
    return target


@pytest.fixture
def open_page(browser, folder):
    """open_page(width, site, **options): the page, quiet and alone: a message, an error or a request fails the test."""
    contexts, messages, requests, sites = [], [], [], []

    def opened(width=1300, site=folder, **options):
        sites.append(site)
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "live.html").as_uri())
        page.wait_for_function("layWindow.frame && reading.weighed")
        return page

    yield opened
    for context in contexts:
        context.close()
    own = tuple(site.as_uri() for site in sites)
    assert messages == [] and all(url.startswith((*own, "data:")) for url in requests)


def typed(texts):
    """Texts as a keyboard writes them: typographic quotes, dashes and blanks as the plain ones."""
    return [text.translate(TYPED) for text in texts]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """(page, network, word numbers) of a small network, trained and kept as notebook 2 does.

    The page reads weights of 16 bits, and the network has the same.
    """
    table = corpus.make_corpus(5, GRAMMAR, train=120, validation=40, test=4)
    settings = {"vocabulary_size": 900, "dimension": 7, "units": 6, "frozen": True}
    fit = networks.fit_net(table, networks.attention, 0, 0.02, epochs=3, **settings)
    above = tmp_path_factory.mktemp("small")
    keep_as_the_notebook_does(fit, above)
    network = above / "results" / "lstm_attention.npz"
    page = above / "site"
    page.mkdir()
    live_page.build(page, network)
    net = networks.make_net(networks.attention, **settings)
    net.set_weights([weight.astype(np.float16).astype(np.float32) for weight in fit.weights])
    return page, net, layers.TextVectorization(vocabulary=fit.words[2:])


def keep_as_the_notebook_does(fit, folder):
    """Run the lines of the notebook's last cell that write results/lstm_attention.npz."""
    [cell] = [cell for cell in read_notebook(TEXT_NOTEBOOK).cells if cell.id == "write-metrics"]
    lines = cell.source[cell.source.index("vectors, Wx, Wh, b, v") :]
    (folder / "results").mkdir()
    lines = lines.replace('"results/', f'"{folder.as_posix()}/results/')
    exec(
        lines,
        {"np": np, "fits": {("LSTM, attention", 0): fit}, "GENRES": sorted(GRAMMAR["topics"])},
    )


def test_texts_are_read_as_in_python(open_page, small):
    """Words, probabilities after the last word, and those without one word, on 200 texts."""
    folder, net, to_numbers = small
    table = pd.read_csv(TEXTS / "text_data.csv")
    texts = [*ODD, "the bank raised the rate " * 50, "a" * 500]
    texts += table["text"].sample(200 - len(texts), random_state=1).tolist()
    assert len(texts) == 200
    page = open_page(site=folder)
    shown = page.evaluate(
        "texts => texts.map(text => Array.from(readText(text).probabilities))", texts
    )
    expected = net(to_numbers(typed(texts))).numpy()
    assert np.ptp(expected, axis=0).min() > 0.1  # they differ from text to text
    np.testing.assert_allclose(shown, expected, rtol=0, atol=1e-5)
    text = texts[-1]
    read = "text => { const read = readText(text); return read.pieces.map((_, place) => Array.from(without(read, place))) }"
    left_out = page.evaluate(read, text)
    words = text.split()
    fewer = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    np.testing.assert_allclose(left_out, net(to_numbers(fewer)), rtol=0, atol=1e-5)


def test_words_are_those_of_keras(open_page):
    """Each text's words, in their order, as a vocabulary of all of them numbers them."""
    page = open_page()
    table = pd.read_csv(TEXTS / "text_data.csv")
    texts = [*ODD, *table["text"].sample(80, random_state=2)]
    shown = page.evaluate("texts => texts.map(tokenise)", texts)
    to_numbers = layers.TextVectorization(split="whitespace")
    to_numbers.adapt(typed(texts))
    names = np.array(to_numbers.get_vocabulary(), object)
    numbers = to_numbers(typed(texts)).numpy()
    assert shown == [names[row[row > 0]].tolist() for row in numbers]
    assert ["a", "firstyear", "student"] * 3 in shown


def kept_texts():
    """(file that notebook 2 keeps for the page, the same weights in the notebook's own network)"""
    with np.load(live_page.READER, allow_pickle=False) as file:
        kept = dict(file)
    net = networks.make_net(networks.attention, len(kept["genres"]), frozen=True)
    vectors = np.zeros((5000, 100), np.float32)
    vectors[1 : 1 + len(kept["vectors"])] = kept["vectors"]
    rest = [
        kept["Wx"],
        kept["Wh"],
        kept["b"],
        kept["v"][:, None],
        np.zeros(1),
        kept["Wy"],
        kept["by"],
    ]
    net.set_weights([vectors, *(array.astype(np.float32) for array in rest)])
    return kept, net


def test_the_kept_network_knows_the_words_of_its_training_texts():
    table = corpus.make_corpus(0, GRAMMAR)
    kept, _ = kept_texts()
    assert networks.to_arrays(table, 5000)[1][2:] == str(kept["words"]).split()
    assert sorted(GRAMMAR["topics"]) == kept["genres"].tolist()


def test_the_kept_network_answers_as_in_python(open_page):
    kept, net = kept_texts()
    to_numbers = layers.TextVectorization(vocabulary=str(kept["words"]).split())
    texts = pd.read_csv(TEXTS / "text_data.csv")["text"].sample(50, random_state=3).tolist()
    shown = open_page().evaluate(
        "texts => texts.map(text => Array.from(readText(text).probabilities))", texts
    )
    np.testing.assert_allclose(shown, net(to_numbers(texts)), rtol=0, atol=1e-5)


def test_the_kept_network_is_right_on_98_of_100_test_texts(open_page):
    table = pd.read_csv(TEXTS / "text_data.csv")
    test = table[table["split"] == "test"]
    guesses = open_page().evaluate(
        "texts => texts.map(text => DATA.texts.genres[best(readText(text).probabilities)])",
        test["text"].tolist(),
    )
    assert (np.array(guesses) == test["genre"]).mean() >= 0.98


def test_the_swap_makes_the_twin(open_page):
    table = pd.read_csv(TEXTS / "text_data.csv")
    twins = table[table["kind"] == "crossover"].groupby("pair")["text"].apply(list)
    made = open_page().evaluate("texts => texts.map(twin)", twins.str[0].tolist())
    assert len(made) > 800 and made == twins.str[1].tolist()
    page = open_page()
    assert page.evaluate("twin('A plain text.')") is None and page.evaluate("twin('')") is None


def test_waves_are_forecast_as_in_python(open_page):
    kept, _ = lstm.load(SERIES / "results" / "lstm_weights.npz")
    params = {name: array.astype(float) for name, array in kept.items()}
    value = pd.read_csv(SERIES / "synthetic_data.csv")["value"].to_numpy()
    data, long_ar = series.prepare(value, 10), series.choose_lag(value)
    windows = series.fresh_pieces(0, NOISE, long_ar.lag, ahead=0, count=200).past
    rng = np.random.default_rng(1)
    windows[100:] += rng.normal(0, 0.5, windows[100:].shape)  # dots that were dragged
    page, X = open_page(), series.scaled_windows(data, windows)
    shown = page.evaluate(
        """windows => windows.map(values => {
            wave.values = values;
            wave.noise = series.sigma;
            return FORECASTERS.map(one => Array.from(one.ahead()));
        })""",
        windows.tolist(),
    )
    ar = series.choose_ar(data.train, data.validation)
    steps = (
        lambda X: lstm.predict(params, X),
        lambda X: series.predict_ar(ar, X),
        lambda X: series.predict_ar(long_ar.weights, X),
    )
    expected = [
        series.own_units(data, series.recursive(step, X[:, -see:], 100))
        for step, see in zip(steps, (10, 10, long_ar.lag))
    ]
    expected.append(series.window_best(windows[:, -10:], NOISE, ahead=100))
    np.testing.assert_allclose(np.swapaxes(shown, 0, 1), expected, rtol=0, atol=1e-5)
    once = series.own_units(data, lstm.fast_predict(kept, X[:, -10:])[:, 0])
    np.testing.assert_allclose(np.array(shown)[:, 0, 0], once, rtol=0, atol=1e-5)


def test_one_cell_is_the_notebooks(open_page):
    rng, page = np.random.default_rng(0), open_page()
    for forget, written, recurrent in rng.uniform([-2, -3, -3], [6, 3, 3], (20, 3)):
        inputs, expected = rng.integers(0, 2, 40), []
        h = c = np.zeros((1, 1))
        params = {
            "Wx": np.array([[2, 0, written, 0]]),
            "Wh": np.array([[0, 0, recurrent, 1]]),
            "b": np.array([-1, forget, 0, 0]),
        }
        for x in inputs:
            *_, c, h = lstm.cell(params, np.array([[x]]), h, c)
            expected.append([c.item(), h.item()])
        given = [float(forget), float(written), float(recurrent), inputs.tolist()]
        shown = page.evaluate("given => oneCell(...given).map(({c, h}) => [c[0], h[0]])", given)
        np.testing.assert_allclose(shown, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1300])
def test_nothing_is_wider_than_the_screen_and_the_colours_follow_the_scheme(
    width, scheme, open_page
):
    page = open_page(width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"
    assert page.evaluate(outside) == 0
    ink, ground = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    dark = sum(map(int, ground[4:-1].split(","))) < sum(map(int, ink[4:-1].split(",")))
    assert dark == (scheme == "dark")
    page.set_viewport_size({"width": 500, "height": 900})  # a phone is turned
    page.wait_for_function("document.querySelector('#future').clientWidth < 500")
    assert page.evaluate("document.documentElement.scrollWidth") <= 500
    if shots := os.environ.get("SHOTS"):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        page.screenshot(path=f"{shots}/live-{width}-{scheme}.png", full_page=True)


def test_every_control_works_by_keyboard(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    answer = lambda: page.locator(".genre.first").inner_text().split()[0]  # noqa: E731
    before = answer()
    page.locator("#swap").focus()
    page.keyboard.press("Enter")
    assert (
        answer() != before
        and f"Before: {before}. Now: {answer()}." in page.locator("#swapped").inner_text()
    )
    page.locator("#sentence").fill("The zebra scored a late goal")
    assert answer() == "Sports" and "“zebra”" in page.locator("#unknown").inner_text()
    assert (
        page.locator("#words u").all_inner_texts() == ["zebra"]
        and page.locator("#swap").is_disabled()
    )
    page.locator("#upto").focus()
    page.keyboard.press("Home")
    assert "After “the”, word 1 of 6" in page.locator("#upto-title").inner_text()
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#upto-title').textContent === 'The whole line'")
    dots = page.locator(".dot")
    dots.nth(9).focus()
    value, off = (
        float(dots.nth(9).get_attribute("aria-valuenow")),
        page.locator("#off-1").inner_text(),
    )
    page.keyboard.press("PageUp")
    assert abs(float(dots.nth(9).get_attribute("aria-valuenow")) - value - 0.5) < 0.011
    assert page.locator("#off-1").inner_text() != off
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Value 9 of ten"
    for slider, shown in {
        "phase": "phase-is",
        "noise": "noise-is",
        "number": "number-is",
        "forget": "half",
    }.items():
        was = page.locator(f"#{shown}").inner_text()
        page.locator(f"#{slider}").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#{shown}").inner_text() != was


def test_a_word_is_tapped_and_a_dot_dragged_without_the_page_scrolling(open_page):
    page = open_page(390, has_touch=True, is_mobile=True)
    page.locator("#words span").nth(2).tap()
    assert "After “bank”, word 3 of 13" in page.locator("#upto-title").inner_text()
    dot = page.locator(".dot").nth(4)
    dot.scroll_into_view_if_needed()
    box, touch = dot.bounding_box(), page.context.new_cdp_session(page)
    x, y, before = (
        box["x"] + box["width"] / 2,
        box["y"] + box["height"] / 2,
        float(dot.get_attribute("aria-valuenow")),
    )
    scrolled = page.evaluate("scrollY")
    touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    for step in range(1, 6):
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": "touchMove", "touchPoints": [{"x": x, "y": y + 8 * step}]},
        )
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)
    assert (
        float(dot.get_attribute("aria-valuenow")) < before - 0.3
        and page.evaluate("scrollY") == scrolled
    )


def test_answers_within_50_milliseconds(open_page):
    """What the page's thread computes and lays out for one change, on average over twenty, however busy the machine is."""
    page = open_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    took = {}

    def seconds():
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}["ThreadTime"]

    for name, change in {
        "typing": "change('sentence', line.slice(k))",
        "dragging": "moveDot(9, k / 20)",
        "phase": "change('phase', 10 * k)",
        "unit": "change('number', k + 1)",
        "one cell": "change('forget', k / 10)",
    }.items():
        for _ in range(2):  # the first time warms up
            before = seconds()
            page.evaluate(f"""() => {{
                const change = (id, value) => {{ $(id).value = value; $(id).dispatchEvent(new Event("input")); }};
                const [line] = DATA.texts.lines.map(([text]) => text).sort((one, other) => other.length - one.length);
                for (let k = 0; k < 20; k++) {{ {change}; document.body.getBoundingClientRect(); }}
            }}""")
            took[name] = 1000 * (seconds() - before) / 20
    print({name: f"{each:.1f} ms" for name, each in took.items()})
    assert max(took.values()) < 50


def test_the_page_is_small_and_its_networks_take_a_hundred_lines(folder):
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sum(sizes.values()) < 2_000_000
    assert live_page.READER.stat().st_size <= 500_000
    assert len((folder / "nets.js").read_text(encoding="utf-8").splitlines()) <= 100
