"""The drawing of a neuron: its first strokes, what betters them, its copies, and the sheet of many."""
