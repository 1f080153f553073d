"""Runs `floe run` on a product."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Run:
    code: int
    output: str
    trace_id: str


def run(program: Path, product: Path, environment: dict[str, str], folder: Path | None = None) -> Run:
    """Runs a product, and reads the trace id from the output of the program."""
    process = subprocess.run(
        [str(program), "run", "--trace", "full", str(product)],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = process.stdout + process.stderr
    found = re.findall(r"\btrace ([0-9a-f]{32})\b", output)
    if len(set(found)) != 1:
        raise SystemExit(f"`floe run` printed {len(set(found))} traces instead of one:\n{output}")
    return Run(process.returncode, output, found[0])
