"""What has the LSTM learned? Parts of the language held out of training, and met in the test.

usage: python -m benchmarks.text_controls [SEEDS] [--cluster ...]        (default 3 corpora)
"""

from benchmarks.evidence import slug, write_evidence
from benchmarks.sweep import arguments
from benchmarks.text_trials import corpus_of, score_all, tune
from notebook_code import TEXT_NOTEBOOK

HELD_OUT = ["although", "long after", "not that", "four topics"]
CASES = ["shuffled", "cut"] + [f"{how} {part}" for part in HELD_OUT for how in ("without", "with")]


def main(count, write, tiny=False, **options):
    settings = tune(["LSTM"], tiny=tiny, **options)["LSTM"]
    cases = [(seed, case) for seed in range(count) for case in (CASES[:4] if tiny else CASES)]
    jobs = [("LSTM", settings, corpus_of(seed, tiny, case=case)) for seed, case in cases]
    scores = score_all(jobs, "controls", tiny=tiny, **options).assign(case=[case for _, case in cases])
    means = scores.groupby("case", sort=False)[["accuracy", "plain", "crossover"]].mean()
    print(means.round(3).to_string())
    figures = {slug("control", case, "crossover"): row["crossover"] for case, row in means.iterrows()}
    plain = {slug("control", case, "plain"): means.loc[case, "plain"] for case in means.index if "topics" in case}
    write_evidence(TEXT_NOTEBOOK, "text_controls", count, write, control_seeds=count, **figures, **plain)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    main(count, write, **options)
