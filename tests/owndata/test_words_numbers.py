"""owndata.words.numbers: numbers are written with the digits that tell something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owndata.words.numbers import as_text


@pytest.mark.parametrize(
    "number, spread, text",
    [
        (0.0068123, 0.0005, "0.006812"),  # yen in dollars
        (0.000213, None, "0.000213"),
        (23536.99, 5000, "23,537"),  # a price
        (1013.25, 8.1, "1,013.25"),  # a pressure
        (-0.627123, 0.177, "-0.627"),
        (-0.00001, 0.7, "0.000"),
        (0.0099649, None, "0.00996"),
        (20_212_345.6, None, "20,212,346"),
        (2.5e-17, None, "2.50e-17"),
        (2.34567e20, 1e18, "2.3457e+20"),
        (0, None, "0"),
        (0.0, 1e-20, "0.00e+00"),
        (5.25, 0, "5.25"),
        (float("inf"), None, "inf"),
        (float("inf"), 1, "inf"),
        (float("nan"), 1, "nan"),
    ],
)
def test_numbers_are_written_with_the_digits_that_tell_something(number, spread, text):
    assert as_text(number, spread) == text


@given(st.floats(1e-30, 1e30), st.floats(-100, 100))
def test_a_written_value_is_off_by_less_than_a_hundredth_of_the_spread(spread, multiple):
    written = float(as_text(multiple * spread, spread).replace(",", ""))
    assert abs(written - multiple * spread) <= 0.01 * spread
