"""Notebook 2 over many corpora: every model's scores, with 95% intervals and paired differences.

usage: python -m benchmarks.text_seeds [SEEDS] [--cluster ...]        (default 20: corpora 0 to 19)
"""

from benchmarks.evidence import quantiles, slug, write_evidence
from benchmarks.sweep import arguments
from benchmarks.text_trials import best_rival, corpus_of, score_all, tune
from notebook_code import TEXT_NOTEBOOK, load_definitions


def main(count, write, tiny=False, **options):
    nb = load_definitions(TEXT_NOTEBOOK)
    chosen = tune(tiny=tiny, **options)
    jobs = [(name, chosen[name], corpus_of(seed, tiny)) for seed in range(count) for name in chosen]
    scores = score_all(jobs, "models x corpora", tiny=tiny, **options)
    measures = ["accuracy", "macro_f1", "log_loss", "plain", "crossover"]
    assert scores.notna().all(axis=None), "a score is missing"
    means = scores.groupby("model").mean(numeric_only=True).sort_values("accuracy", ascending=False)
    print(means.drop(columns="seed").round(3).to_string())
    median = scores.groupby("model")[["fit_seconds", "texts_a_second"]].median()  # one thread to a fit
    accuracy = scores.pivot(index="seed", columns="model", values="accuracy")
    rivals = [name for name in means.index if "LSTM" not in name]
    best = best_rival(means, rivals)
    gaps = {name: nb.interval(accuracy["LSTM"] - accuracy[name]) for name in rivals}
    for name, (mean, low, high) in gaps.items():
        print(f"LSTM - {name:35} {mean:+.3f}  95% {low:+.3f} to {high:+.3f}")
    mean, low, high = nb.interval(accuracy["LSTM"])
    figures = {slug(name, score): means.loc[name, score] for name in means.index for score in ("accuracy", "crossover")}
    figures |= {slug(name, cost): median.loc[name, cost] for name in median.index for cost in median}
    figures |= {
        "seeds": count,
        "lstm_accuracy": mean,
        "lstm_accuracy_low": low,
        "lstm_accuracy_high": high,
        "lstm_accuracy_worst": accuracy["LSTM"].min(),
        "lstm_accuracy_median": accuracy["LSTM"].median(),
        "lstm_accuracy_5_percent": accuracy["LSTM"].quantile(0.05),
        "lstm_accuracy_95_percent": accuracy["LSTM"].quantile(0.95),
        "lstm_macro_f1": means.loc["LSTM", "macro_f1"],
        "lstm_plain_accuracy": means.loc["LSTM", "plain"],
        "lstm_crossover_accuracy": means.loc["LSTM", "crossover"],
        "best_rival": best,
        "best_rival_accuracy": means.loc[best, "accuracy"],
        "best_rival_crossover_accuracy": means.loc[best, "crossover"],
        "difference_mean": gaps[best][0],
        "difference_low": gaps[best][1],
        "difference_high": gaps[best][2],
        "quantiles": {name: quantiles(group[measures]) for name, group in scores.groupby("model")},
        "smallest_difference_low": min(low for _, low, _ in gaps.values()),
    }
    write_evidence(TEXT_NOTEBOOK, "text_seeds", count, write, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 20)
    main(count, write, **options)
