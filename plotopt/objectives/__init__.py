"""What strokes are moved towards: one file an objective."""
