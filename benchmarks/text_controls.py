"""What has the LSTM learned? Parts of the language held out of training, and met in the test.

usage: python -m benchmarks.text_controls [SEEDS]        (default 3 corpora)
"""

import sys

from benchmarks.evidence import write_evidence
from benchmarks.text_trials import prepare, score_all, slug, tune
from notebook_code import TEXT_NOTEBOOK, load_definitions

CONNECTIVES = ["although", "long after", "not that"]
TOPICS = {"banking", "tennis", "elections", "university"}


def without(table, unwanted, wanted):
    """The table without the `unwanted` rows outside the test part, and of the test part only the `wanted` ones."""
    test = table["split"] == "test"
    return table[(~test & ~unwanted) | (test & wanted)]


def main(count):
    nb = load_definitions(TEXT_NOTEBOOK)
    settings = tune(["LSTM"])["LSTM"]
    corpora = {seed: prepare(nb.make_corpus(seed)) for seed in range(count)}
    labels, jobs = [], []
    for seed, corpus in corpora.items():
        crossover = corpus["kind"] == "crossover"
        cases = {"shuffled": nb.shuffle_words(corpus, seed), "connectives cut": nb.cut_connectives(corpus)}
        for word in CONNECTIVES:
            held = corpus["connective"].isin([word, f"nested {word}"])
            cases[f"without {word!r}"] = without(corpus, held, held & crossover)
            cases[f"with {word!r}"] = without(corpus, held & False, held & crossover)
        held = corpus["topics"].map(lambda topics: not TOPICS.isdisjoint(topics))
        cases["without four topics"] = without(corpus, held, held)
        cases["with four topics"] = without(corpus, held & False, held)
        for label, table in cases.items():
            labels.append(label)
            jobs.append(("LSTM", settings, table, seed))
    scores = score_all(jobs, "controls").assign(case=labels)
    means = scores.groupby("case", sort=False)[["accuracy", "plain", "crossover"]].mean()
    print(means.round(3).to_string())
    figures = {slug("control", case, "crossover"): row["crossover"] for case, row in means.iterrows()}
    plain = {slug("control", case, "plain"): means.loc[case, "plain"] for case in means.index if "topics" in case}
    write_evidence(TEXT_NOTEBOOK, control_seeds=count, **figures, **plain)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
