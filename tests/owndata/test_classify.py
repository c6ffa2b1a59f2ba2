"""owndata.compare: what is compared, how the splits and the scores come about, what is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from own_texts import texts, twins
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import FunctionTransformer

import owndata
from owndata import classify, measures, models, scores, splits, traits
from owndata.classify import Work, compare, make_plan
from owndata.errors import Unclear
from owndata.models import Options
from owndata.traits import LSTM_AND_BAG, MAJORITY, VARIANT
from owndata.words import classify as words

TWO = texts({"sea": 40, "bank": 40})
STOP_WORDS = "the of and to in is it was for that this with you a an but".split()


def small(plan, *names, settings=2):
    """The plan with these models alone, and few settings of each."""
    return dataclasses.replace(plan, grids={name: plan.grids[name][:settings] for name in names})


class Drawn(Work):
    """Work that is not done: probabilities are drawn instead, sharper the later the model."""

    def do(self, function, todo, name):
        self.__dict__.setdefault("asked", []).append((name, todo))
        return [self.draw(number, *job) for number, job in enumerate(todo)]

    def draw(self, number, name, settings, table, seed, options, runs=1):
        rng, genres = np.random.default_rng(number), measures.genre_names(table)
        outcome = {"history": {"val_loss": [2.0, 1.0]}, "size": 1.0, "seconds": [0.0, 0.0]}
        for part in models.PARTS:
            truth = np.searchsorted(genres, measures.part_of(table, part)["genre"])
            drawn = rng.dirichlet(np.ones(len(genres)), len(truth))
            outcome[part] = (drawn + 0.6 * np.eye(len(genres))[truth]) / 1.6
        return outcome


# What is compared.


def test_a_quick_comparison_tries_few_models_and_three_settings_of_the_fast_ones():
    plan = make_plan(TWO)
    assert plan.splits == 2 and not plan.unequal and plan.order == "accuracy"
    assert set(plan.grids) == {*models.FEW, *models.NETWORKS}
    counts = {name: len(grid) for name, grid in plan.grids.items()}
    assert {counts.pop(name) for name in models.FAST} == {3} and set(counts.values()) == {1}
    assert plan.options == Options(plan.options.language, most_epochs=10, most_words=8)


def test_a_full_comparison_tries_all_models_and_settings():
    plan = make_plan(TWO, full=True)
    assert plan.splits == 5 and plan.options.most_epochs == 60
    assert set(plan.grids) == {*models.make_rivals("none"), *models.NETWORKS}
    assert len(plan.grids["BoW, random forest"]) == 6 and len(plan.grids[VARIANT]) == 5
    assert plan.runs(VARIANT) == 5 and plan.runs("LSTM") == 1
    assert plan.minutes >= make_plan(TWO).minutes


def test_what_is_known_of_the_models_fits_their_pipelines():
    rivals_made = models.make_rivals("none")
    assert set(traits.TRAITS) == {*rivals_made, *models.NETWORKS, LSTM_AND_BAG}
    for name, (pipeline, _) in rivals_made.items():
        known, features = traits.TRAITS[name], pipeline.named_steps["features"]
        final = pipeline.named_steps["model"]
        assert known.gives_probabilities == hasattr(final, "predict_proba")
        is_forest = isinstance(final, RandomForestClassifier)
        assert known.is_wide_forest == (is_forest and "dense" in pipeline.named_steps)
        assert known.keeps_grams == (getattr(features, "ngram_range", (1, 1)) == (1, 3))
        assert traits.is_rival(name)


def test_long_texts_are_left_to_models_that_can_read_them(monkeypatch):
    long = TWO.assign(text=[" ".join([text] * 12) for text in TWO["text"]])
    assert models.WEIGHTED not in models.candidates(long, True, "none")
    monkeypatch.setattr(models, "MOST_CELLS", 10)
    left = models.candidates(TWO, True, "none")
    assert "BoW, random forest" not in left and "BoW, gradient boosting" in left


def test_a_network_reads_no_more_than_nearly_all_texts_have():
    assert classify.most_words(TWO) == 8
    assert classify.most_words(pd.DataFrame({"text": ["word " * 900] * 3})) == 200
    assert classify.quick_epochs(TWO) == 10
    assert classify.quick_epochs(pd.DataFrame({"text": ["word " * 200] * 2000})) == 3


def test_of_many_texts_some_are_drawn_and_each_genre_keeps_ten_different_ones():
    many = texts({"sea": 400, "bank": 100, "kitchen": 12})
    plan = make_plan(many, most_texts=100)
    sizes = plan.compared["genre"].value_counts()
    assert len(plan.learned) == 512 and sizes["kitchen"] == 10 and 70 < sizes["sea"] < 85
    assert plan.compared["text"].is_unique


def test_genres_of_fewer_than_ten_different_texts_are_left_out_and_named():
    table = pd.concat([TWO, texts({"kitchen": 9}), texts({"kitchen": 9})])
    plan = make_plan(table)
    assert plan.rare == {"kitchen": 18} and len(plan.compared) == 80
    assert "fewer than 10 different texts (kitchen 18)" in words.plan(plan)


@pytest.mark.parametrize("table, option, said", [
    (TWO[TWO["genre"] == "sea"], "label", "the texts: only one genre is left (40 texts): set label"),
    (
        texts({"sea": 40, "bank": 9}), "label",
        "only one genre with 10 or more different texts is left (40 texts)",
    ),
    (texts({"bank": 9}), "label", "no genre with 10 or more different texts is left"),
    (
        pd.DataFrame(
            [(f"{a} {b}", b < "n") for a in STOP_WORDS for b in STOP_WORDS], columns=["text", "genre"]
        ).astype(str),
        "text",
        "have 0 different words beside stop words",
    ),
])  # fmt: skip
def test_what_cannot_be_learned_is_refused(table, option, said):
    with pytest.raises(Unclear) as caught:
        compare(table)
    assert caught.value.option == option and said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_language_is_refused_with_those_that_are_known():
    with pytest.raises(Unclear) as caught:
        make_plan(TWO, language="klingon")
    assert "we have no stemmer for 'klingon'" in str(caught.value)
    assert caught.value.option == "language" and {"none", "german"} <= set(caught.value.choices)


def test_the_language_is_found_or_given():
    german = TWO.assign(text="der und die das ist nicht " + TWO["text"])
    assert make_plan(german).options.language == "german"
    assert make_plan(german, language="none").options.language == "none"


@pytest.mark.parametrize("full, wanted, splits", [
    (False, 1, 1), (False, 2, 2), (True, 2, 2), (True, 7, 7), (False, 0, 2), (True, 0, 5),
])  # fmt: skip
def test_as_many_splits_are_made_as_are_asked_for(full, wanted, splits):
    assert make_plan(TWO, full=full, splits_wanted=wanted).splits == splits


@pytest.mark.parametrize("full, wanted, said", [
    (False, 5, "a quick comparison, whose splits share no test text, cannot have 5: set splits to"),
    (True, 1, "a full comparison is made on several splits, not on 1: set splits to 2 or more."),
    (False, -1, "set splits to 1 or 2, or full to True."),
])  # fmt: skip
def test_splits_that_cannot_be_are_refused(full, wanted, said):
    with pytest.raises(Unclear) as caught:
        compare(TWO, full=full, splits=wanted)
    assert caught.value.option == "splits" and said in str(caught.value)


def test_a_quick_comparison_of_one_split_is_scored():
    plan = small(make_plan(TWO, splits_wanted=1), MAJORITY, models.FAST[0])
    found = classify.run(plan, Drawn())
    assert found.tested == 16 and len(found.trials) == 1


# Splits.


def test_quick_splits_share_no_test_text_and_no_validation_text():
    first, second = splits.apart(texts({"sea": 50, "bank": 50}), 2, seed=0)
    parts = [
        set(measures.part_of(table, part)["pair"])
        for table in (first, second)
        for part in splits.SIDES
    ]
    assert [len(part) for part in parts] == [20] * 4 and len(set.union(*parts)) == 80


def test_a_text_and_its_copies_stay_in_one_part():
    table = pd.concat([TWO, TWO[:30].assign(text=TWO["text"][:30].str.upper() + "!")])
    for split in splits.at_random(table.reset_index(drop=True), 3, seed=4):
        assert (split.groupby("pair")["split"].nunique() == 1).all()
        assert split["pair"].nunique() == 80


def test_training_texts_of_small_genres_are_repeated_by_the_root():
    table = splits.draw_split(texts({"sea": 180, "bank": 20}), seed=0)
    again = splits.repeat_rare(table)
    sizes = again.groupby(["split", "genre"]).size().unstack()
    assert sizes.loc["train"].to_dict() == {"bank": 36, "sea": 108}
    assert sizes.loc["test"].to_dict() == {"bank": 4, "sea": 36}
    assert splits.is_unequal(table) and not splits.is_unequal(TWO)


# Fits.


SIZED = [name for name in models.FEW if name.endswith(("regression", "SVM"))]


@pytest.mark.parametrize("name", models.FEW)
def test_a_rival_gives_every_genre_a_probability_and_learns_what_words_tell(name):
    table = splits.draw_split(texts({"sea": 40, "bank": 40, "kitchen": 40}), 0)
    outcome = models.fit_pipeline(name, {}, table, 3, "english")
    for part in models.PARTS:
        assert outcome[part].shape == (24, 3)
        np.testing.assert_allclose(outcome[part].sum(axis=1), 1)
    reached = measures.judge(table, "test", outcome)[0]
    assert reached == 1 / 3 if name == MAJORITY else reached > 0.9
    assert np.isnan(outcome["size"]) == (name not in SIZED) and len(outcome["seconds"]) == 2


def test_of_texts_of_the_same_words_a_bag_is_right_on_half_at_most_and_clauses_on_nearly_all():
    table = twins(200)

    def reached(name):
        return measures.judge(table, "test", models.fit_pipeline(name, {}, table, 0, "english"))[0]

    assert reached(models.WEIGHTED) > 0.9
    assert max(map(reached, ("BoW, random forest", "TF-IDF, logistic regression"))) <= 0.5


def test_a_rival_learns_from_training_texts_alone():
    table = splits.draw_split(TWO, 0)
    changed = table.copy()
    is_test = changed["split"] == "test"
    changed.loc[is_test, ["text", "genre"]] = "other words entirely", "sea"
    job = "TF-IDF, logistic regression", {}
    before, after = (
        models.fit_pipeline(*job, one, 0, "english")["validation"] for one in (table, changed)
    )
    np.testing.assert_array_equal(before, after)


def test_words_are_stemmed_by_the_language_of_the_texts():
    assert models.stems("Die Häuser kletterten", "german") == ["die", "haus", "klettert"]
    assert models.stems("Die Häuser", "none") == ["die", "häuser"]
    marked = models.ClauseBags("none").transform(["One two, three. Four!"])
    assert marked == ["one_first two_first four_last"]
    plan = make_plan(TWO, full=True, language="english")
    dropped = [one["features__stop_words"] for one in plan.grids["BoW, random forest"]]
    assert all(words is None or "becaus" in words for words in dropped) and any(dropped)


def test_weighted_clauses_read_any_script():
    rng = np.random.default_rng(0)
    greek = {"θάλασσα": "κύμα ήλιος άμμος ΛΙΜΆΝΙ", "τράπεζα": "δάνειο τόκος Μετοχή ταμείο"}
    rows = [(" ".join(rng.choice(words.split(), 5)), genre)
            for genre, words in greek.items() for _ in range(30)]  # fmt: skip
    table = splits.draw_split(pd.DataFrame(rows, columns=["text", "genre"]), 0)
    outcome = models.fit_pipeline(models.WEIGHTED, {}, table, 0, "none")
    assert measures.judge(table, "test", outcome)[0] > 0.9


def test_a_forest_that_would_not_fit_into_memory_reads_sparse_counts(monkeypatch):
    """And learns the same."""
    job = "BoW, random forest", {}, TWO, 0, "english"
    usual = models.fit_to_keep(*job)["pipeline"]
    monkeypatch.setattr(models, "MOST_CELLS", 10)
    sparse = models.fit_to_keep(*job)["pipeline"]
    assert isinstance(sparse["dense"], FunctionTransformer) and sparse["dense"].func is None
    np.testing.assert_array_equal(
        usual.predict_proba(TWO["text"]), sparse.predict_proba(TWO["text"])
    )


def test_the_seed_reaches_every_model_that_draws():
    table = splits.draw_split(TWO, 0)
    fits = [
        models.fit_pipeline("BoW, random forest", {}, table, seed, "none") for seed in (1, 1, 2)
    ]
    first, again, other = (fit["test"] for fit in fits)
    assert (first == again).all() and (first != other).any()


def test_a_hundred_genres_are_split_learned_and_scored():
    """As many as a reader may bring."""
    rows = [(f"text {number} of n{genre} and n{genre}", f"genre <{genre}> $")
            for genre in range(100) for number in range(10)]  # fmt: skip
    table = splits.draw_split(pd.DataFrame(rows, columns=["text", "genre"]), 0)
    assert table.groupby("split")["genre"].nunique().unique().tolist() == [100]
    bag = models.fit_model("TF-IDF, logistic regression", {}, table, 0, Options())
    assert measures.score(table, bag)["accuracy"] > 0.95


# Scores.


def test_a_quick_comparison_is_scored_by_the_functions_for_one_split():
    names = MAJORITY, "TF-IDF, logistic regression", "1-3-grams, linear SVM"
    plan = small(make_plan(texts({"sea": 40, "bank": 40}, words=2)), *names)
    found = classify.run(plan, Work(processes=1))
    assert found.best != MAJORITY and set(found.scores.index) == set(names)
    name = names[1]
    direct = [
        measures.score(trial, models.fit_model(name, found.chosen[name], trial, seed, plan.options))
        for seed, trial in enumerate(found.trials)
    ]
    row = found.scores.loc[name]
    for score in ("accuracy", "macro_f1", "log_loss"):
        assert row[score] == pytest.approx(np.mean([one[score] for one in direct]))
    assert row["validation_accuracy"] == pytest.approx(
        np.mean([one["validation_accuracy"] for one in direct])
    )
    assert np.isnan(found.scores.loc[names[2], "log_loss"]) and found.tested == 32
    low, high = scores.text_interval(row["accuracy"], 32)
    assert (row["low"], row["high"]) == (low, high)
    said = words.comparison(found)
    assert "On 32 test texts" in said and "chosen by the accuracy on the validation texts" in said


def test_the_interval_over_texts_is_wilsons():
    low, high = scores.text_interval(0.9, 40)  # by the formula
    width = 1.96 / (1 + 1.96**2 / 40) * (0.09 / 40 + 1.96**2 / 6400) ** 0.5
    middle = (0.9 + 1.96**2 / 80) / (1 + 1.96**2 / 40)
    assert (low, high) == pytest.approx((middle - width, middle + width), abs=1e-4)


def test_the_interval_over_splits_is_corrected_for_what_they_share():
    """By Nadeau and Bengio: the variance times 1 / splits + test / training."""
    values = [0.80, 0.84, 0.79, 0.83, 0.81]
    table = pd.DataFrame({"accuracy": values}, pd.MultiIndex.from_product([["m"], range(5)]))
    bounds = scores.split_intervals(table.rename_axis(["model", "trial"]), 1 / 3)
    half = stats.t.ppf(0.975, 4) * np.std(values, ddof=1) * np.sqrt(1 / 5 + 1 / 3)
    assert (bounds.loc["m", "high"] - bounds.loc["m", "low"]) / 2 == pytest.approx(half, rel=0.01)
    split = splits.repeat_rare(splits.draw_split(texts({"sea": 180, "bank": 20}), 0))
    assert scores.overlap(split) == pytest.approx(40 / 120)  # repeats are not counted


def test_means_that_differ_by_rounding_alone_are_a_tie_which_the_name_decides():
    shares = {"b": [0.9, 0.8, 0.7], "a": [0.7, 0.8, 0.9], "c": [0.5, 0.5, 0.5]}
    assert np.mean(shares["b"]) > np.mean(shares["a"])
    rows = {(name, trial): {"validation_accuracy": value, "accuracy": 1 - value}
            for name, values in shares.items() for trial, value in enumerate(values)}  # fmt: skip
    table = scores.summary(pd.DataFrame(rows).T.rename_axis(["model", "trial"]), "accuracy")
    assert list(table.index) == ["a", "b", "c"]  # and not by the test texts


def test_where_genres_are_unequal_the_macro_f1_decides():
    plan = make_plan(texts({"sea": 90, "bank": 12}))
    assert plan.unequal and plan.order == "macro_f1"
    found = classify.run(small(plan, MAJORITY, "BoW, random forest"), Drawn())
    assert found.scores["validation_macro_f1"].is_monotonic_decreasing
    said = words.comparison(found)
    assert "88% of the texts are sea" in said and "by the macro-F1" in said


def test_models_that_give_nearly_all_texts_one_genre_are_named():
    sides = {"test": np.array([[0.9, 0.1]] * 50)}
    mixed = {"test": np.array([[0.9, 0.1], [0.1, 0.9]] * 25)}
    assert scores.one_sided({"b": [sides], "a": [mixed]}, ["x", "y"]) == {"b": "x"}


def test_the_threshold_leaves_a_twentieth_unsure():
    rng = np.random.default_rng(0)
    trials, runs = splits.apart(texts({"sea": 200, "bank": 200}), 2, 0), []
    for trial in trials:
        truth = np.searchsorted(["bank", "sea"], measures.part_of(trial, "validation")["genre"])
        drawn = rng.dirichlet(np.ones(2), len(truth)) + 0.5 * np.eye(2)[truth]
        runs.append({"validation": drawn / drawn.sum(axis=1, keepdims=True)})
    found = scores.certainty(trials, runs)
    assert found.unsure == pytest.approx(0.05, abs=0.01) and 0.5 < found.threshold < 0.7
    temperatures = [measures.best_temperature(*both) for both in zip(trials, runs, strict=True)]
    assert found.temperature == pytest.approx(np.mean(temperatures))


@pytest.mark.parametrize("knows", ["lstm", "bag", "both"])
def test_lstm_and_bag_trust_whichever_knows(knows):
    """The powers come from the validation texts; the product is right where the one that knows is."""
    table = splits.draw_split(texts({"sea": 70, "bank": 70, "kitchen": 70}), 0)
    outcomes, rng = {}, np.random.default_rng(0)
    for name in ("lstm", "bag"):
        outcomes[name] = {}
        for part in models.PARTS:
            truth = np.searchsorted(
                measures.genre_names(table), measures.part_of(table, part)["genre"]
            )
            guess = np.eye(3)[truth] if knows in (name, "both") else rng.random((len(truth), 3))
            outcomes[name][part] = (guess + 0.2) / (guess + 0.2).sum(axis=1, keepdims=True)
    assert measures.score(table, scores.lstm_and_bag(table, **outcomes))["accuracy"] == 1


# A full comparison.


def test_a_full_comparison_in_facts():
    plan = small(
        make_plan(TWO, full=True, splits_wanted=3), MAJORITY, *models.FAST, "LSTM", VARIANT
    )
    work = Drawn()
    found = classify.run(plan, work)
    (_, tuned), (_, further) = work.asked
    assert len(tuned) == 1 + 4 * 2 and {len(job) for job in tuned} == {5}  # one run each
    runs = {name: [job for job in further if job[0] == name] for name in plan.grids}
    assert {name: len(jobs) for name, jobs in runs.items()} == dict.fromkeys(plan.grids, 2) | {
        VARIANT: 3
    }
    assert [job[5] for job in runs[VARIANT]] == [5] * 3 and [job[3] for job in runs["LSTM"]] == [
        1,
        2,
    ]
    assert LSTM_AND_BAG in found.scores.index and found.best not in (MAJORITY, LSTM_AND_BAG)
    assert (found.scores["low"] < found.scores["accuracy"]).all()
    errors = found.scores[["ece", "ece_cooled"]]
    assert errors.isna().sum().to_dict() == {"ece": 1, "ece_cooled": 0}
    pairs = {(lead.model, lead.rival) for lead in found.leads}
    rival = classify.best_rival(list(found.scores.index))
    assert {("LSTM", rival), (LSTM_AND_BAG, rival)} <= pairs
    said = words.comparison(found)
    assert "Nadeau, Bengio 2003" in said and all(lead.model in said for lead in found.leads)


@pytest.mark.parametrize("gap, count, sentence", [
    ((0.24, 0.22, 0.26), 5, "LSTM is better than a bag, by 24.0 points."),
    ((-0.24, -0.26, -0.22), 5, "LSTM is worse than a bag, by 24.0 points."),
    ((0.36, -0.9, 1.62), 2, "is +36.0 points (interval -90.0 to +162.0, with 2 splits; 5 have a"),
    ((0.05, 0.05, 0.05), 2, "LSTM and a bag differ by +5.0 points in every split: more splits are"),
    ((0.001, -0.01, 0.012), 5, "cannot be told apart: the difference is +0.1 points (interval -1.0 to"),
])  # fmt: skip
def test_the_verdict_gives_the_difference_where_it_decides_nothing(gap, count, sentence):
    assert sentence in words.verdict(scores.Lead("LSTM", "a bag", *gap), count)


def test_three_lines_of_python_compare_keep_and_label(monkeypatch, tmp_path):
    few, usual = [MAJORITY, *models.FAST], models.candidates
    monkeypatch.setattr(
        models, "candidates", lambda *job: {name: usual(*job)[name] for name in few}
    )
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    TWO.to_csv(tmp_path / "own.csv", index=False)
    found = owndata.compare(owndata.read_texts(tmp_path / "own.csv"))
    found.keep(tmp_path / "results")
    table = owndata.Kept.load(tmp_path / "results").predict(["sun and sand", "a loan", "?"])
    assert table["label"].tolist() == ["sea", "bank", "unsure"]
