"""A whole fit as a user runs it, wall time and memory: python benchmarks/fit.py [IMAGE]

Each fit runs in a process of its own, imports, preview and SVG included. Memory is the process's peak less
that of a process which only imports torch.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

RUNS = 3
FITS = [("normal", 2000), ("draft", 2000), ("normal", 10_000)]


def run(*command: str) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of one Python process."""
    probe = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    start = perf_counter()
    done = subprocess.run([sys.executable, "-c", probe, *command], check=True, capture_output=True, text=True)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return perf_counter() - start, int(done.stdout) / unit


def main() -> None:
    image = (
        sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "examples" / "chelsea.png")
    )
    command = Path(sys.executable).with_name("plotopt")
    _, torch_mb = run(sys.executable, "-c", "import torch")
    print(f"import torch: {torch_mb:.0f} MB; page size {resource.getpagesize()} B")
    for quality, strokes in FITS:
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["fit", image, "-q", "-f", "-o", f"{folder}/out.svg", "--quality", quality]
            runs = [run(str(command), *arguments, "--strokes", str(strokes)) for _ in range(RUNS)]
        seconds = sorted(wall for wall, _ in runs)
        peak = max(memory for _, memory in runs) - torch_mb
        print(
            f"{quality:8}{strokes:7,} strokes{median(seconds):8.1f} s   "
            f"({seconds[0]:.1f} to {seconds[-1]:.1f})   {peak:6.0f} MB beyond torch"
        )


if __name__ == "__main__":
    main()
