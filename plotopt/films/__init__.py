"""Films of a run: how the drawing came about, and how a plotter draws it."""
