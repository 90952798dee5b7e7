"""A few examples of what ``fuzzing.py`` tries for hours: whatever is given is read or refused in one line."""

import pytest
from fuzzing import PROPERTIES, usual_settings
from hypothesis import given


@pytest.mark.parametrize("name", PROPERTIES)
def test_only_refusals_come_out(name):
    entry = PROPERTIES[name]
    usual_settings(entry.few, derandomize=True)(given(entry.strategy)(entry.check))()
