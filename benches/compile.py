#!/usr/bin/env python3
"""What a library's attribute costs the compiler: `compile.py [--rounds N] [--passes | --futures] [KIND…]`.

Checks crates with 600 annotated functions of each kind, and of all kinds in turn, without an attribute and with that of
each library, and prints CPU milliseconds of rustc above the crate without an attribute, as Markdown. The dependencies and
the macros are compiled as in `cargo check -p benches`. The compilers take turns, and the least of N rounds (5) counts.
With `--passes`, prints the passes of the compiler in which ours takes most of the time instead; with `--futures`, the bytes
of futures and streams, which the compiler knows."""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT = 600

# The attributes of each library, with the one that records an argument.
LIBRARIES = {
    "bare": ("", ""),
    "floe-telemetry": ("#[floe_telemetry::traced]", "#[floe_telemetry::traced(attributes(table, rows = rows.len()))]"),
    "fastrace": ("#[fastrace::trace]", '#[fastrace::trace(properties = {"table": "{table}", "rows": "{rows:?}"})]'),
    "tracing": ("#[tracing::instrument(skip_all, err)]", "#[tracing::instrument(skip_all, fields(table, rows = rows.len()), err)]"),
}
# `err` of tracing needs a `Result`.
PLAIN = {"tracing": "#[tracing::instrument(skip_all)]"}

KINDS = {
    "sync, nothing": "ATTR pub fn f_N(table: &str) { drop(table.to_owned()); }",
    "sync, value": "ATTR pub fn f_N(rows: u64) -> u64 { rows + N }",
    "sync, struct": "ATTR pub fn f_N(table: &str) -> Row { Row { name: table.to_owned(), id: N } }",
    "sync, Result": "FALLIBLE pub fn f_N(text: &str) -> Result<u64, std::num::ParseIntError> { Ok(text.parse::<u64>()? + N) }",
    "sync, alias": "FALLIBLE pub fn f_N(text: &str) -> std::io::Result<String> { std::fs::read_to_string(text) }",
    "sync, attributes": "FIELDS pub fn f_N(table: &str, rows: &[u64]) -> Result<u64, String> { rows.first().copied().ok_or_else(|| table.to_owned()) }",
    "method": "pub struct S_N(u64); impl S_N { FALLIBLE pub fn f(&self, text: &str) -> Result<u64, std::num::ParseIntError> { Ok(text.parse::<u64>()? + self.0) } }",
    "async, nothing": "ATTR pub async fn f_N(table: String) { drop(table); }",
    "async, Result": "FALLIBLE pub async fn f_N(text: &str) -> Result<u64, std::num::ParseIntError> { std::future::ready(()).await; Ok(text.parse::<u64>()? + N) }",
    "async, attributes": "FIELDS pub async fn f_N(table: &str, rows: &[u64]) -> Result<u64, String> { std::future::ready(()).await; rows.first().copied().ok_or_else(|| table.to_owned()) }",
}
# Futures with an argument of 1 KiB, and a stream of the same size.
FUTURES = """#![allow(dead_code, unused_imports)]
use std::{future::{Future, ready}, pin::Pin, task::{Context, Poll}};
pub struct Big(pub [u8; 1024]);
ATTR pub async fn small() -> u8 { ready(1).await }
ATTR pub async fn moved(big: Big) -> u8 { ready(()).await; big.0[0] }
ATTR pub async fn caller(big: Big) -> u8 { moved(big).await }
ATTR pub async fn second(big: Big) -> u8 { caller(big).await }
ATTR pub async fn third(big: Big) -> u8 { second(big).await }
pub fn no_big() -> impl Future { small() }
pub fn by_big(n: u8) -> (impl Future, impl Future) { (moved(Big([n; 1024])), third(Big([n; 1024]))) }
const fn of<F>(_: fn() -> F) -> usize { size_of::<F>() }
const fn of_first<F, G>(_: fn(u8) -> (F, G)) -> usize { size_of::<F>() }
const fn of_second<F, G>(_: fn(u8) -> (F, G)) -> usize { size_of::<G>() }
const SIZES: [usize; 4] = [of(no_big), of_first(by_big), of_second(by_big), STREAM];
const _: [(); 0] = [(); SIZES[ROW]];
"""
STREAM = """pub struct Rows(Big);
impl futures_core::Stream for Rows {
    type Item = u8;
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> { Poll::Ready(None) }
}
"""
# The type of the stream in a span.
STREAMS = {"bare": "Rows", "floe-telemetry": "floe_telemetry::trace::StreamInSpan<Rows>"}
ROWS = ["no argument", "argument of 1 KiB", "argument of 1 KiB, three callers", "stream of 1 KiB, `in_span`"]
HEAD = "#![allow(dead_code)] pub struct Row { pub name: String, pub id: u64 }\n"


def source(kinds, library):
    attr, fields = LIBRARIES[library]
    lines = [HEAD]
    for number in range(COUNT):
        line = KINDS[kinds[number % len(kinds)]]
        line = line.replace("FIELDS", fields).replace("FALLIBLE", attr).replace("ATTR", PLAIN.get(library, attr))
        lines.append(re.sub(r"(?<=f_|S_)N\b|\bN\b", str(number), line) + "\n")
    return "".join(lines)


def dependencies():
    """The compiled libraries, as paths by crate."""
    command = ["cargo", "check", "--quiet", "-p", "benches", "--lib", "--message-format=json"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = {}
    for message in map(json.loads, output.splitlines()):
        name = message.get("target", {}).get("name", "").replace("-", "_")
        # Two versions of a crate may be compiled: a feature of `benches` selects the one that it uses itself.
        if message["reason"] == "compiler-artifact" and name in ("floe_telemetry", "fastrace", "futures_core", "tracing"):
            if name != "tracing" or "attributes" in message["features"]:
                found[name] = [file for file in message["filenames"] if file.endswith((".rmeta", ".rlib"))][0]
    return found


def rustc(folder, file, externs, *more, fails=False):
    command = ["rustc", "--edition=2024", "--crate-type=lib", "--emit=metadata", "--cap-lints=allow", f"--out-dir={folder}"]
    for name, path in externs.items():
        command += ["--extern", f"{name}={path}", "-L", f"dependency={pathlib.Path(path).parent}"]
    environment = os.environ | {"CARGO_PKG_NAME": "bench", "CARGO_PKG_VERSION": "0.1.0"}
    child = subprocess.Popen([*command, *more, str(file)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if bool(status) != fails:
        raise SystemExit(output)
    return 1000 * (usage.ru_utime + usage.ru_stime), output


def futures(folder, externs):
    """Prints the sizes, each from the error about an array of that length."""
    print("| bytes |", " | ".join(LIBRARIES), "|")
    print("|---" * (1 + len(LIBRARIES)) + "|")
    file = pathlib.Path(folder, "futures.rs")
    for row, name in enumerate(ROWS):
        cells = []
        for library, (attr, _) in LIBRARIES.items():
            if row == 3 and library not in STREAMS:
                cells.append("")
                continue
            stream = f"size_of::<{STREAMS[library]}>()" if library in STREAMS else "0"
            text = FUTURES.replace("ATTR", PLAIN.get(library, attr)).replace("STREAM", stream).replace("ROW", str(row))
            file.write_text(text + (STREAM if library in STREAMS else ""))
            output = rustc(folder, file, externs, fails=True)[1]
            cells.append(re.search(r"found one with a size of (\d+)", output)[1])
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


def passes(folder, file, externs):
    os.environ["RUSTC_BOOTSTRAP"] = "1"
    output = rustc(folder, file, externs, "-Ztime-passes", "-Ztime-passes-format=json")[1]
    found = collections.Counter()
    for line in output.splitlines():
        if line.startswith("time: {"):
            entry = json.loads(line.removeprefix("time: "))
            found[entry["pass"]] += 1000 * entry["time"]
    return found


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--passes", action="store_true")
    arguments.add_argument("--futures", action="store_true")
    arguments.add_argument("--ours", action="store_true", help="without the other libraries")
    arguments.add_argument("kinds", nargs="*")
    given = arguments.parse_args()
    rows = {name: [name] for name in KINDS} | {"all in turn": list(KINDS)}
    rows = {name: kinds for name, kinds in rows.items() if not given.kinds or any(word in name for word in given.kinds)}
    libraries = list(LIBRARIES)[:2] if given.ours else list(LIBRARIES)
    externs = dependencies()

    with tempfile.TemporaryDirectory() as folder:
        if given.futures:
            return futures(folder, externs)
        if not given.passes:
            print("| 600 functions |", " | ".join(libraries), "|")
            print("|---" * (1 + len(libraries)) + "|")
        for name, kinds in rows.items():
            files = {}
            for library in libraries:
                files[library] = pathlib.Path(folder, f"{library.replace('-', '_')}.rs")
                files[library].write_text(source(kinds, library))
            if given.passes:
                bare, ours = (passes(folder, files[library], externs) for library in ("bare", "floe-telemetry"))
                print(name)
                for entry, time in (ours - bare).most_common(14):
                    print(f"  {entry:45} {time:7.1f}")
                continue
            times = collections.defaultdict(list)
            for _ in range(given.rounds):
                for library in libraries:
                    times[library].append(rustc(folder, files[library], externs)[0])
            bare = min(times["bare"])
            cells = [f"{min(times[library]) - (bare if library != 'bare' else 0):.0f}" for library in libraries]
            print(f"| {name} |", " | ".join(cells), "|", flush=True)


main()
