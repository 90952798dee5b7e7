"""Lines read back from what machines are told, by as little of HPGL and G-code as plotopt writes."""

import re

import numpy as np


def read_hpgl(text, unit_mm):
    """Pen number and polyline (device's mm, y as the device has it) of each pen-down run, and all words."""
    pen, at, lines, down = 0, (0, 0), [], False
    words = [word for word in text.strip().split(";") if word]
    for word in words:
        name, numbers = word[:2], [float(value) for value in word[2:].split(",") if value]
        if name == "SP":
            pen = int(numbers[0])
        elif name in ("PU", "PD"):
            for x, y in zip(numbers[::2], numbers[1::2], strict=True):
                if name == "PD":
                    if not down:
                        lines.append((pen, [at]))
                    lines[-1][1].append((x, y))
                at, down = (x, y), name == "PD"
            down = down and name == "PD"
        else:
            assert name in ("IN", "DF", "VS", "PS")
    return [(pen, np.array(points) * unit_mm) for pen, points in lines], words


def read_gcode(text):
    """Layer (as many pauses as before it, plus one) and polyline in mm of each run of G1 moves."""
    layer, at, lines, drawing, scale = 1, (0.0, 0.0), [], False, 1.0
    for words in text.splitlines():
        code = re.sub(r"\(.*?\)", "", words).split()
        if not code:
            continue
        if code[0] in ("G20", "G21"):
            scale = 25.4 if code[0] == "G20" else 1.0
        layer += code[0] == "M0"
        values = {word[0]: float(word[1:]) * scale for word in code[1:] if word[0] in "XY"}
        if not values:
            continue
        to = (values["X"], values["Y"])
        if code[0] == "G01":
            if not drawing:
                lines.append((layer, [at]))
            lines[-1][1].append(to)
        drawing, at = code[0] == "G01", to
    return [(layer, np.array(points)) for layer, points in lines]


def length_mm(points):
    return np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
