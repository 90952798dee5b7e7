"""One stage of the optimisation, gone through as every drawing goes through it."""

from plotopt.journal import Journal


def optimize(strokes, objective, stage, on_step=lambda number, loss: None):
    """The strokes after a stage; ``on_step`` hears each step's number, from 0, and its loss."""
    journal = Journal(lambda told: on_step(told.step - 1, told.loss))
    return journal.improve(strokes, objective, stage)
