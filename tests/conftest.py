"""What the tests share. The definitions under test come out of the notebooks themselves."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the notebooks do, and before NumPy is loaded
os.environ.setdefault("TQDM_DISABLE", "1")  # nbval compares what is stored, and no progress bar is

import matplotlib  # noqa: E402
from hypothesis import settings  # noqa: E402

from notebook_code import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, load_definitions, read_notebook  # noqa: E402, F401

matplotlib.use("Agg")

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")
