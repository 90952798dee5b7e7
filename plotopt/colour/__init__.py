"""Light and colour: sRGB, OKLab, ink on paper and how it shows there."""
