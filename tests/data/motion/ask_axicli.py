"""Prints, as JSON, the AxiDraw software's own estimates: ``python ask_axicli.py FILE... > axicli.json``.

Needs the AxiDraw Python API (pyaxidraw 3.9.7). Its options are the defaults, as in ``axicli FILE --preview
--report_time``, but for the model: one whose bed holds the page. Layers are asked for one by one.
"""

import json
import re
import sys
from pathlib import Path

from pyaxidraw import axidraw

V3, V3_A3 = 1, 2


def ask(text: str, layer: int, **options: object) -> dict[str, float]:
    driver = axidraw.AxiDraw()
    driver.plot_setup(text)
    chosen = {"preview": True, "rendering": 0, "mode": "layers", "layer": layer} | options
    for name, value in chosen.items():
        setattr(driver.options, name, value)
    driver.plot_run()
    return {
        "lifts": driver.pen_lifts,
        "pen_down_m": round(driver.distance_pendown, 4),
        "travel_m": round(driver.distance_total - driver.distance_pendown, 4),
        "total_s": round(driver.time_estimate, 3),
    }


def times(path: Path, **options: object) -> dict[str, float]:
    text = path.read_text()
    model = V3_A3 if 'width="420mm"' in text else V3
    layers = [int(number) for number in re.findall(r'inkscape:label="(\d+)-', text)]
    answers = [ask(text, layer, model=model, **options) for layer in layers]
    sums = {key: round(sum(answer[key] for answer in answers), 4) for key in answers[0]}
    return {"layers": len(layers)} | sums


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]]
    runs = {
        "default": {},
        "speed_pendown 50, speed_penup 100, accel 100": {
            "speed_pendown": 50,
            "speed_penup": 100,
            "accel": 100,
        },
    }
    answers = {run: {file.stem: times(file, **options) for file in files} for run, options in runs.items()}
    print(json.dumps(answers, indent=1))
