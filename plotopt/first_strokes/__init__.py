"""The first strokes of a picture: how lines run, how many there are, how long, and laid one by one."""
