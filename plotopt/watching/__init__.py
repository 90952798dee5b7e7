"""Looking on while a drawing grows, on a page or in TensorBoard; the drawing stays the same."""
