#!/usr/bin/env python3
"""Runs docs/first-hour.md, whose sections create crates beside the checkout, and docs/troubleshooting.md, whose sections
share a program: executes their commands, writes their files, and compares the output of the last command with the
text, in which `…` stands for anything. Called by .ci/readme."""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^ *```(\w+)( fails)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|\(B)|\x0f|\r")


def run(command: str, folder: Path, fails: bool) -> str:
    """Returns the output of a command on a terminal."""
    script = ["script", "--quiet", "--return", "--command", f"stty cols 110; {command}", "/dev/null"]
    variables = {**os.environ, "checkout": str(ROOT)}
    done = subprocess.run(
        script, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    screen = ESCAPES.sub("", done.stdout)
    if (done.returncode != 0) != fails:
        sys.exit(f"`{command}` ended with {done.returncode}:\n{screen}")
    return screen


def compare(expected: str, screen: str) -> None:
    """Checks that each line of the text is on the screen, in this order. The line beside a span is ignored, because the
    duration of the parent determines whether the span is the last one below it."""
    rows = str.maketrans("└│", "├ ")
    expected, screen = expected.translate(rows), screen.translate(rows)
    rest = screen.splitlines()
    for line in expected.splitlines():
        pattern = ".*".join(re.escape(part) for part in line.strip().split("…"))
        found = next((n for n, row in enumerate(rest) if re.fullmatch(pattern, row.strip())), None)
        if found is None:
            sys.exit(f"expected the line\n{line}\nfound\n{screen}")
        rest = rest[found + 1 :]


def section(text: str, folder: Path) -> None:
    screen = ""
    for kind, fails, body in BLOCK.findall(text):
        if kind == "rust":
            name, code = body.split("\n", 1)
            file = folder / name.removeprefix("// ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(code)
        elif kind == "text":
            compare(body, screen)
        for command in textwrap.dedent(body).splitlines() if kind == "sh" else []:
            if command.startswith("cd "):
                folder = folder / command.removeprefix("cd ")
                # With the lock file of this repository, Cargo does not resolve versions anew.
                (folder / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
                continue
            screen = run(command, folder, bool(fails))


def main() -> None:
    sections = (ROOT / "docs/first-hour.md").read_text().split("\n## ")[1:]
    for text in [*sections, (ROOT / "docs/troubleshooting.md").read_text().removeprefix("# ")]:
        title = text.split("\n", 1)[0]
        with tempfile.TemporaryDirectory() as folder:
            beside = Path(folder, "checkout")
            beside.mkdir()
            section(text, beside)
        print(f"{title}: works in a new crate", flush=True)


main()
