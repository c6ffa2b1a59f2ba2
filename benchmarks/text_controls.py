"""What have the LSTMs and the weighted clauses learned? Parts of the language held out of training, and met in the test.

usage: python -m benchmarks.text_controls [COUNT] [--cluster ...]        (default 3: corpora 300 to 302)
"""

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.text_trials import corpus_of, score_all, tune
from tools.notebooks import TEXT_NOTEBOOK

FIRST = 300
MODELS = ["LSTM", "LSTM, attention", "weighted clauses, logistic regression"]
HELD_OUT = ["although", "long after", "not that", "four topics"]
CASES = ["", "shuffled", "cut"] + [
    f"{how} {part}" for part in HELD_OUT for how in ("without", "with")
]


def main(count, write, tiny=False, **options):
    settings = tune(MODELS, tiny=tiny, **options)
    models = MODELS[-1:] if tiny else MODELS
    cases = [
        (name, FIRST + number, case)
        for number in range(count)
        for case in (CASES[:5] if tiny else CASES)
        for name in models
    ]
    jobs = [(name, settings[name], corpus_of(seed, tiny, case=case)) for name, seed, case in cases]
    scores = score_all(jobs, "controls", tiny=tiny, **options).assign(
        case=[case or "as it is" for *_, case in cases]
    )
    means = scores.groupby(["case", "model"], sort=False)[["accuracy", "plain", "crossover"]].mean()
    print(means.round(3).to_string())
    figures = {}
    for (case, model), row in means.iterrows():
        for column in (
            ["crossover"] + ["plain"] * ("topics" in case) + ["accuracy"] * ("with" not in case)
        ):
            figures[slug("control", case, model.partition(", logistic")[0], column)] = row[column]
    write_evidence(TEXT_NOTEBOOK, "text_controls", count, write, control_seeds=count, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    main(count, write, **options)
