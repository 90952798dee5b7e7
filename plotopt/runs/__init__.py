"""Runs that are kept in a file, stopped, gone on with and shown."""

#: What the names of run files end in.
SUFFIX = ".plotopt"
