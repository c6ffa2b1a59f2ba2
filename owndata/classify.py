"""Models compared on a reader's own texts.

    import owndata
    found = owndata.compare(owndata.read_texts("my texts.csv"))
    found.keep("results")            # the best, trained on all texts: owndata.Kept.load("results")

A quick comparison tries a few models on two splits that share no test text; a full one all models
and settings on five splits drawn at random, with intervals corrected for what these share.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from owndata import jobs, models, scores, splits
from owndata.errors import Unclear
from owndata.measures import choose, genre_names, judge
from owndata.models import Options, Settings, is_network
from owndata.outcomes import NotSaved, Outcome, Outcomes
from owndata.texts import Texts
from owndata.tokens import LANGUAGES, NO_LANGUAGE, guess_language, tokenise
from owndata.traits import LSTM_AND_BAG, MAJORITY, TRAITS, VARIANT, Family, family, is_rival

if TYPE_CHECKING:
    from owndata.keep import Kept

FEWEST_WORDS = 5  # different words that texts need beside stop words
WORDS_READ = 2_000_000  # words of all texts at most; of more some texts are drawn
SECONDS_TO_BUILD = 3  # about, a network
SECONDS = 8e-6  # about, for it to learn from a word, once
QUICK_SPLITS, FULL_SPLITS = 2, 5


@dataclass(frozen=True)
class Stage:
    """A step of the work that begins: its name, its fits, and those done in an interrupted run."""

    name: str
    fits: int
    done: int


Tell = Callable[[Stage], Any]


@dataclass(frozen=True)
class Work:
    """How the fits are done.

    processes: how many at most (0: one a core). folder: where finished fits are kept until the
    end, so that an interrupted run is resumed (None: nowhere). tell: called as a stage begins.
    """

    processes: int = 0
    folder: Path | None = None
    tell: Tell | None = None

    def do(self, function: Callable[..., Outcome], todo: list[tuple], name: str) -> list[Outcome]:
        """The outcomes of function(*job) for the jobs to do."""
        outcomes = self.outcomes()
        if self.tell and todo:
            done = outcomes.done(function, todo) if outcomes else {}
            self.tell(Stage(name, len(todo), len(done)))
        return jobs.run_jobs(function, todo, name, self.processes, outcomes)

    def outcomes(self) -> Outcomes | None:
        """Those in the folder. Raises Unclear if it cannot be made."""
        if self.folder is None:
            return None
        try:
            return Outcomes(self.folder, models.made_by())
        except NotSaved as error:
            raise jobs.unsaved(self.folder, error) from error


@dataclass(frozen=True)
class Plan:
    """What will be compared.

    compared, learned: tables (columns text, genre) of the texts to compare models on, and of all
    that the best one learns from in the end. rare: {genre: texts} of genres left out, of too few
    texts. grids: {model: settings to try}.
    """

    compared: pd.DataFrame
    learned: pd.DataFrame
    rare: dict[str, int]
    full: bool
    splits: int
    seed: int
    options: Options
    grids: dict[str, list[Settings]]

    @property
    def unequal(self) -> bool:
        """Whether genres differ so much in size that macro-F1 decides, and not the accuracy."""
        return splits.is_unequal(self.compared)

    @property
    def order(self) -> str:
        """The score by which the best model is chosen, on the validation texts."""
        return "macro_f1" if self.unequal else "accuracy"

    @property
    def minutes(self) -> int:
        """About how long the comparison takes on an idle machine."""
        fits = 8 * self.splits + 14 if self.full else 4 * self.splits
        return estimate(self.compared, fits, self.options.most_epochs)

    def runs(self, name: str) -> int:
        """Of how many training runs a model is the mean."""
        return 5 if self.full and name == VARIANT else 1


def make_plan(
    texts: Texts | pd.DataFrame,
    full: bool = False,
    splits_wanted: int = 0,
    language: str = "",
    seed: int = 0,
    most_texts: int = 2000,
    most_epochs: int = 60,
) -> Plan:
    """What `compare` will do with the texts: see there. Raises Unclear as it does."""
    check_splits(splits_wanted, full)
    table = getattr(texts, "table", texts)[["text", "genre"]]
    kept, rare = splits.without_rare(table)
    reading = getattr(texts, "reading", None)
    check(kept, rare, reading.file.path if reading else "the texts", language)
    words = int((kept["text"].str.count(" ") + 1).sum())
    most = int(len(kept) * WORDS_READ / words)
    learned = splits.draw_texts(kept, most, seed) if most < len(kept) else kept
    too_many = 0 < most_texts < len(learned)
    compared = splits.draw_texts(learned, most_texts, seed) if too_many else learned
    epochs = most_epochs if full else min(most_epochs, quick_epochs(compared))
    options = Options(
        language=language or guess_language(kept["text"]),
        most_epochs=epochs,
        most_words=most_words(compared),
    )
    grids = models.candidates(compared, full, options.language)
    return Plan(
        compared=compared,
        learned=learned,
        rare=rare,
        full=full,
        splits=splits_wanted or (FULL_SPLITS if full else QUICK_SPLITS),
        seed=seed,
        options=options,
        grids=grids,
    )


def check_splits(wanted: int, full: bool) -> None:
    """Raise Unclear if a comparison cannot have so many splits (0: as many as usual)."""
    if wanted == 0:
        return
    if full and wanted < 2:
        fault = f"a full comparison is made on several splits, not on {wanted}"
        raise Unclear("", fault, "splits", mend="set {option} to 2 or more")
    if not full and wanted not in (1, QUICK_SPLITS):
        fault = f"a quick comparison, whose splits share no test text, cannot have {wanted}"
        raise Unclear("", fault, "splits", mend="set {option} to 1 or 2, or {full} to True")


def check(table: pd.DataFrame, rare: dict[str, int], path: Any, language: str) -> None:
    """Raise Unclear if the texts are of one genre, hold hardly a word, or no such language is."""
    if language not in ("", NO_LANGUAGE, *LANGUAGES):
        fault = f"we have no stemmer for {language!r}"
        raise Unclear(path, fault, "language", (NO_LANGUAGE, *LANGUAGES))
    if table["genre"].nunique() < 2:
        few = f" with {splits.FEWEST} or more different texts" if rare else ""
        fault = f"only one genre{few} is left ({len(table)} texts)"
        if table.empty:
            fault = f"no genre{few} is left"
        raise Unclear(path, fault, "label")
    words = {word for text in table["text"] for word in tokenise(text)} - ENGLISH_STOP_WORDS
    if len(words) < FEWEST_WORDS:
        fault = f"its texts have {len(words)} different words beside stop words"
        raise Unclear(path, f"{fault}, and {FEWEST_WORDS} are needed", "text", mend="add texts")


def quick_epochs(table: pd.DataFrame) -> int:
    """The epochs of a quick run: 10, fewer for long texts."""
    return int(np.clip(1_500_000 // models.words_in(table), 3, 10))


def most_words(table: pd.DataFrame) -> int:
    """The words of a text that a network reads: a few long texts must not make all of them slow."""
    lengths = table["text"].map(lambda text: len(tokenise(text)))
    return min(200, max(int(lengths.quantile(0.98)), 5))


def estimate(table: pd.DataFrame, fits: int, epochs: int) -> int:
    """About how many minutes `fits` networks take to learn; most other models are fast."""
    seconds = SECONDS_TO_BUILD + SECONDS * min(epochs, 25) * models.words_in(table)
    return max(1, round(fits * seconds / min(joblib.cpu_count(), 8, fits) / 60))


@dataclass(frozen=True)
class Comparison:
    """What was found.

    trials: the splits, tables with the columns text, genre, pair, split. chosen: {model: its
    settings}. outcomes: {model: its outcome on each trial}. trial_scores: a row for each (model,
    trial). scores: a row a model, the best first: validation_accuracy, accuracy, macro_f1,
    log_loss, validation_macro_f1, and low, high, the 95% interval of the accuracy; after a full
    comparison also ece, ece_cooled. leads: who is ahead, after a full comparison. one_sided:
    {model: genre} of models that give nearly all texts one.
    """

    plan: Plan
    trials: list[pd.DataFrame]
    chosen: dict[str, Settings]
    outcomes: dict[str, list[Outcome]]
    trial_scores: pd.DataFrame
    scores: pd.DataFrame
    one_sided: dict[str, str]
    leads: tuple[scores.Lead, ...] = ()

    @property
    def best(self) -> str:
        """The model that the validation texts prefer, of those that can be kept."""
        return next(name for name in self.scores.index if name not in (MAJORITY, LSTM_AND_BAG))

    @property
    def tested(self) -> int:
        """The test texts of all trials."""
        return sum(int((trial["split"] == "test").sum()) for trial in self.trials)

    def keep(self, folder: str | Path, work: Work | None = None) -> "Kept":
        """Train the best model on all texts and keep it in `folder`/kept_model.

        Raises Unclear if it cannot be written there.
        """
        from owndata.keep import train  # it needs what stands here

        kept = train(self, work or Work())
        kept.save(folder)
        return kept


def compare(
    texts: Texts | pd.DataFrame,
    full: bool = False,
    splits: int = 0,
    language: str = "",
    seed: int = 0,
    most_texts: int = 2000,
    most_epochs: int = 60,
    work: Work | None = None,
) -> Comparison:
    """Compare models on a reader's own texts.

    texts: what `read_texts` returns, or a table with the columns text and genre. full: all models
    and settings, instead of a few. splits: how many: one or two (0: two), or if full two or more
    (0: five). language: of the texts, for stemming ("": found; "none": do not stem). most_texts:
    of more some are drawn (0: all). most_epochs: passes of a network over the texts. Raises
    Unclear if there is too little to learn, or for what is not known or cannot be.
    """
    plan = make_plan(texts, full, splits, language, seed, most_texts, most_epochs)
    return run(plan, work or Work())


def run(plan: Plan, work: Work) -> Comparison:
    """Do what is planned."""
    draw = splits.at_random if plan.full else splits.apart
    trials = draw(plan.compared, plan.splits, plan.seed)
    chosen, outcomes = fit_all(plan, trials, work)
    if plan.full:
        outcomes |= {LSTM_AND_BAG: join_lstm_and_bags(trials, outcomes)}
    each = scores.score_all(trials, outcomes)
    table = score_table(plan, trials, outcomes, each)
    return Comparison(
        plan=plan,
        trials=trials,
        chosen=chosen,
        outcomes=outcomes,
        trial_scores=each,
        scores=table,
        one_sided=scores.one_sided(learners(outcomes), genre_names(trials[0])),
        leads=leads(list(table.index), trials, each) if plan.full else (),
    )


def learners(outcomes: dict[str, list[Outcome]]) -> dict[str, list[Outcome]]:
    """The outcomes of the models that learn from words."""
    return {name: runs for name, runs in outcomes.items() if name != MAJORITY}


def fit_all(
    plan: Plan, trials: list[pd.DataFrame], work: Work
) -> tuple[dict[str, Settings], dict[str, list[Outcome]]]:
    """{model: its settings}, chosen on the first trial; {model: its outcome on each trial}."""
    tuned = [
        (name, settings, trials[0], plan.seed, plan.options)
        for name, grid in plan.grids.items()
        for settings in grid
    ]
    first = work.do(models.fit_model, tuned, "first split")
    chosen = choose(tuned, first)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in plan.grids}
    for (name, settings, *_), outcome in zip(tuned, first, strict=True):
        if settings is chosen[name] and plan.runs(name) == 1:
            outcomes[name].append(outcome)
    further = [
        (name, chosen[name], trial, plan.seed + number, plan.options, plan.runs(name))
        for name in plan.grids
        for number, trial in enumerate(trials)
        if number >= len(outcomes[name])
    ]
    rest = work.do(models.fit_model, further, "further splits")
    for (name, *_), outcome in zip(further, rest, strict=True):
        outcomes[name].append(outcome)
    return chosen, outcomes


def join_lstm_and_bags(
    trials: list[pd.DataFrame], outcomes: dict[str, list[Outcome]]
) -> list[Outcome]:
    """For each trial the LSTM variant joined with the rival that is best on validation texts."""
    rivals = sorted(name for name in outcomes if not is_network(name))
    joined = []
    for number, trial in enumerate(trials):
        bags = [outcomes[name][number] for name in rivals]
        reached = [judge(trial, "validation", bag)[0] for bag in bags]
        best = bags[int(np.argmax(reached))]
        joined.append(scores.lstm_and_bag(trial, outcomes[VARIANT][number], best))
    return joined


def score_table(
    plan: Plan, trials: list[pd.DataFrame], outcomes: dict[str, list[Outcome]], each: pd.DataFrame
) -> pd.DataFrame:
    """The scores of a Comparison, with the intervals and the calibration that belong to it."""
    table = scores.summary(each, plan.order)
    if not plan.full:
        return table.join(scores.text_intervals(table["accuracy"], trials))
    bounds = scores.split_intervals(each, scores.overlap(trials[0]))
    return table.join(bounds).join(calibrated(trials, outcomes))


def calibrated(trials: list[pd.DataFrame], outcomes: dict[str, list[Outcome]]) -> pd.DataFrame:
    """ece, ece_cooled of each model; no ece where probabilities are made of scores."""
    errors = {name: scores.calibration(trials, runs) for name, runs in outcomes.items()}
    table = pd.DataFrame(errors).T
    unlike = [name for name in table.index if not TRAITS[name].gives_probabilities]
    table.loc[unlike, "ece"] = np.nan
    return table


def leads(
    names: list[str], trials: list[pd.DataFrame], each: pd.DataFrame
) -> tuple[scores.Lead, ...]:
    """Who is ahead, of models in their order: for each of the pairs."""
    correction = scores.overlap(trials[0])
    return tuple(scores.lead(each, *pair, correction) for pair in sorted(pairs(names)))


def pairs(names: list[str]) -> set[tuple[str, str]]:
    """The (LSTM, rival) to compare: the best ones by the validation texts, and some more."""
    lstm, rival = best_lstm(names), best_rival(names)
    unordered = (name for name in names if is_rival(name) and family(name) is not Family.CLAUSES)
    return {(lstm, rival), (lstm, next(unordered)), ("LSTM", rival), (LSTM_AND_BAG, rival)}


def best_lstm(names: list[str]) -> str:
    """Of models in their order the first that is an LSTM alone."""
    return next(name for name in names if family(name) is Family.LSTM)


def best_rival(names: list[str]) -> str:
    """Of models in their order the first without an LSTM."""
    return next(name for name in names if is_rival(name))
