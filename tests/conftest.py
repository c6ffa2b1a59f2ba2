"""What the tests share. The definitions under test come out of the notebooks themselves."""

import os

import matplotlib
from hypothesis import settings

from notebook_code import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, load_definitions, read_notebook  # noqa: F401

os.environ.setdefault("TQDM_DISABLE", "1")  # nbval compares what is stored, and no progress bar is
matplotlib.use("Agg")

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")
