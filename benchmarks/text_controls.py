"""What have the LSTMs and the weighted clauses learned? Parts of the language held out of training, and met in the test.

usage: python -m benchmarks.text_controls [COUNT] [--cluster ...]        (default 3: corpora 300 to 302)
"""

from itertools import product

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.text_trials import corpus_of, score_all, tune, write_table
from tools.notebooks import TEXT_NOTEBOOK

FIRST = 300
MODELS = ["LSTM", "LSTM, attention", "weighted clauses, logistic regression"]
HELD_OUT = ["although", "long after", "not that", "four topics"]
AS_IT_IS = "as it is"
CASES = [AS_IT_IS, "shuffled", "cut"] + [
    f"{how} {part}" for part in HELD_OUT for how in ("without", "with")
]


def measures_of(case):
    """The figures of a case that are evidence: a part of the corpus is tested where something is held out."""
    plain = ["plain"] if "topics" in case else []
    return ["crossover", *plain] if "with" in case else ["crossover", "accuracy"]


def main(count, write, tiny=False, **options):
    models, cases = (MODELS[-1:], CASES[:5]) if tiny else (MODELS, CASES)
    chosen = tune(models, tiny=tiny, **options)
    runs = list(product(range(count), cases, models))
    jobs = []
    for number, case, name in runs:
        altered = {} if case == AS_IT_IS else {"case": case}
        jobs.append((name, chosen[name], corpus_of(FIRST + number, tiny, **altered)))
    scores = score_all(jobs, "controls", tiny=tiny, **options)
    scores["case"] = [case for _, case, _ in runs]
    means = scores.groupby(["case", "model"], sort=False)[["accuracy", "plain", "crossover"]].mean()
    print(means.round(3).to_string())
    write_table(means["crossover"].reset_index(), "controls.csv", write, index=False)
    figures = {}
    for (case, name), row in means.iterrows():
        model = name.partition(", logistic")[0]
        figures |= {
            slug("control", case, model, measure): row[measure] for measure in measures_of(case)
        }
    write_evidence(TEXT_NOTEBOOK, "text_controls", count, write, control_seeds=count, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    main(count, write, **options)
