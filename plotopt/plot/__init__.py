"""After the fit: chains of curves become plotted, timed and written paths."""
