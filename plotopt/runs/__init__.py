"""Runs that are kept in a file, stopped, gone on with and shown."""
