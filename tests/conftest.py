"""Shared by all tests."""

import plotopt  # noqa: F401  First, since it settles how worker threads wait, and torch reads that when it loads.
