"""The tones and colours that a drawing is to have, and the inks that make them."""
