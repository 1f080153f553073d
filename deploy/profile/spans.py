#!/usr/bin/env python3
"""Tells which spans of a running program take processor time: samples it by bpftrace, with the span that each thread
publishes. Prints a table to standard error, and folded stacks below the names of the spans to standard output.
docs/profiles.md describes it. For Linux on x86-64; needs root and bpftrace."""

import argparse
import collections
import json
import os
import platform
import re
import signal
import struct
import subprocess
import sys

HZ = 99
NAME = "floe.span.name"
VARIABLE = b"otel_thread_ctx_v1"
ESCAPED = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}


class Memory:
    """The memory of a process."""

    def __init__(self, process):
        self.file = os.open(f"/proc/{process}/mem", os.O_RDONLY)

    def read(self, address, size):
        found = os.pread(self.file, size, address)
        assert len(found) == size, f"{size} bytes at {address:#x}"
        return found

    def unpack(self, layout, address):
        return struct.unpack(layout, self.read(address, struct.calcsize(layout)))


def mappings(process):
    for line in open(f"/proc/{process}/maps"):
        fields = line.split(maxsplit=5)
        start, _ = fields[0].split("-")
        yield int(start, 16), fields[1], int(fields[2], 16), fields[5].strip() if len(fields) > 5 else ""


def fields(message):
    """The fields of a protobuf message: number, wire type, value."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value = varint()
        elif kind == 1:
            value, at = message[at : at + 8], at + 8
        elif kind == 2:
            size = varint()
            value, at = message[at : at + size], at + size
            assert len(value) == size, "a field that ends behind its message"
        else:
            raise ValueError(f"wire type {kind}")
        yield number, value


def any_value(message):
    for number, value in fields(message):
        if number == 1:
            return value.decode()
        if number == 2:
            return bool(value)
        if number == 3:
            return value
        if number == 4:
            return struct.unpack("<d", value)[0]
        if number == 5:
            return [any_value(item) for of, item in fields(value) if of == 1]
    return None


def attributes(messages):
    found = {}
    for message in messages:
        both = dict(fields(message))
        key = both[1].decode()
        assert key not in found, f"{key} twice"
        found[key] = any_value(both[2])
    return found


def process_context(process):
    """The header, the attributes of the resource and the others; None if there is no mapping."""
    memory = Memory(process)
    names = ("[anon_shmem:OTEL_CTX]", "[anon:OTEL_CTX]", "/memfd:OTEL_CTX")
    found = [start for start, _, _, name in mappings(process) if name.startswith(names)]
    assert len(found) < 2, "more than one process context"
    if not found:
        return None
    signature, version, size, published, payload = memory.unpack("<8sIIQQ", found[0])
    assert signature == b"OTEL_CTX" and version == 2 and published
    message = memory.read(payload, size)
    assert memory.unpack("<Q", found[0] + 16) == (published,), "it has changed meanwhile"
    context = list(fields(message))
    resource = [of for number, value in context if number == 1 for inner, of in fields(value) if inner == 1]
    return published, attributes(resource), attributes([value for number, value in context if number == 2])


def thread_local_offset(path, symbol):
    """Where the variable is, relative to the thread pointer, in the program at a path: the size of its thread-local
    storage, rounded up, before the pointer."""
    image = open(path, "rb").read()
    program_headers, section_headers = struct.unpack_from("<QQ", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    storage = None
    for at in range(program_headers, program_headers + size * count, size):
        kind, _, _, _, _, _, in_memory, align = struct.unpack_from("<IIQQQQQQ", image, at)
        if kind == 7:  # PT_TLS
            storage = -(-in_memory // align) * align
    size, count = struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, section_headers + size * index) for index in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in sections:
        if kind != 11:  # SHT_DYNSYM
            continue
        names = sections[link][4]
        for at in range(offset, offset + length, entry):
            name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", image, at)
            end = image.index(b"\0", names + name)
            if image[names + name : end] == symbol and section != 0:
                assert info & 0xF == 6, "not a thread-local variable"
                return value - storage
    return None


class Sample(collections.namedtuple("Sample", "trace span name stack count")):
    """Samples of one stack in one span; the first three are None outside of spans. The outermost frame comes first."""


def program_of(process):
    """Where the variable is and the index of the key of names, of a process that publishes both."""
    folder = f"/proc/{process}"
    if not os.path.isdir(folder):
        raise ValueError(f"expected a process {process}, found none")
    try:
        with open(f"{folder}/exe", "rb") as program:
            header = program.read(20)
    except FileNotFoundError:
        raise ValueError(f"expected a program, found that process {process} is the kernel's or has ended") from None
    except PermissionError:
        raise ValueError(f"expected a process that may be read, found that {process} may not") from None
    check_program(header)
    try:
        offset, context = thread_local_offset(f"{folder}/exe", VARIABLE), process_context(process)
    except (AssertionError, IndexError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"expected a process context and symbols of ELF, found others: {error}") from None
    if offset is None:
        raise ValueError(f"expected `{VARIABLE.decode()}` among the dynamic symbols of process {process}, found none")
    if context is None:
        raise ValueError(f"expected process {process} to publish its context, found none")
    keys = context[2].get("threadlocal.attribute_key_map") or []
    # Above all that a record may contain.
    return offset, keys.index(NAME) if NAME in keys else 256


def check_program(header):
    if header[4:5] != b"\2":
        raise ValueError("expected a program of 64 bits, found one of 32")
    (machine,) = struct.unpack_from("<H", header, 18)
    if machine != 62:
        raise ValueError(f"expected a program for x86-64, found one for machine {machine} of ELF")


def sample(process, seconds, begun=lambda: None):
    """Samples a process, and returns the samples and how many more there were."""
    offset, key = program_of(process)
    # Each sample may be in another span.
    keys = min(max(4096, HZ * seconds * os.cpu_count()), 100_000)
    # By their names in older and newer versions. Without the cache, each symbol takes as long as all.
    settings = {"MAP_KEYS_MAX": keys, "MAX_MAP_KEYS": keys, "STRLEN": 200, "MAX_STRLEN": 200, "CACHE_USER_SYMBOLS": 1}
    environment = {**os.environ, **{f"BPFTRACE_{name}": str(value) for name, value in settings.items()}}
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spans.bt")
    command = ["bpftrace", "-f", "json", "-p", process, script, process, -offset, key, seconds]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
    try:
        running = subprocess.Popen([str(of) for of in command], env=environment, **pipes)
    except FileNotFoundError:
        raise ValueError("expected the command `bpftrace`, found none") from None
    # An interrupt ends bpftrace, which then prints what it has.
    former = signal.signal(signal.SIGINT, lambda *_: None)
    total, samples = 0, []
    with running:
        for line in running.stdout:
            if not line.startswith("{"):
                continue
            # Pairs, because a map has one text more than once: for equal names of different functions.
            line = dict(json.loads(line, object_pairs_hook=list))
            if line["type"] == "printf":
                begun()
            if line["type"] == "map":
                ((name, found),) = line["data"]
                if name == "@samples":
                    total = found
                else:
                    samples += [parsed(text, count, name == "@spans") for text, count in found]
        said = running.stderr.read()
    signal.signal(signal.SIGINT, former)
    if running.returncode != 0:
        errors = [line for line in said.splitlines() if "ERROR: " in line] or [f"code {running.returncode}"]
        raise ValueError(f"expected bpftrace to sample, found: {errors[-1].rpartition('ERROR: ')[2]}")
    return samples, total - sum(of.count for of in samples)


def parsed(text, count, in_span):
    """Of a key of a map, which is numbers, a name and a stack, each behind a comma."""
    ids, name = (0, 0, 0), None
    if in_span:
        *ids, text = text.split(",", 3)
        name, _, text = text.partition(",\n")
    # Ids are bytes, which were read as numbers.
    high, low, span = (struct.pack("<Q", int(id) % 2**64).hex() for id in ids)
    frames = [frame(line.strip()) for line in text.splitlines() if line.strip()][::-1]
    if int(high + low, 16) == 0:
        return Sample(None, None, None, frames, count)
    return Sample(high + low, span, name, frames, count)


def frame(symbol):
    """The name of a function, as Rust has it if it is mangled in the legacy way."""
    if symbol.startswith("0x"):
        return "(unknown)"
    name = re.sub(r"\+\d+$", "", symbol)
    path = re.sub(r"::h[0-9a-f]{16}$", "", name)
    if path == name:
        return name
    path = re.sub(r"(^|::)_\$", r"\1$", path).replace("..", "::")
    escapes = r"\$(SP|BP|RF|LT|GT|LP|RP|C|u[0-9a-f]{2,5})\$"
    return re.sub(escapes, lambda of: ESCAPED.get(of[1]) or chr(int(of[1][1:], 16)), path)


def escaped(name):
    """A name without the separators of folded stacks."""
    name = name.strip() or "(no name)"
    name = "".join(of if of.isprintable() else f"\\u{{{ord(of):x}}}" for of in name).replace(";", ",")
    begin, space, end = name.rpartition(" ")
    # A number at the end would be read as the value.
    return f"{begin}_{end}" if space and all(of in "0123456789." for of in end) else name


def shown(of):
    return "(no span)" if of.trace is None else escaped(of.name)


def folded(samples):
    stacks = collections.Counter()
    for of in samples:
        stacks[";".join([shown(of), *map(escaped, of.stack)])] += of.count
    return "".join(f"{stack} {count}\n" for stack, count in sorted(stacks.items()))


def table(samples, lost):
    names, spans = collections.Counter(), collections.Counter()
    for of in samples:
        names[shown(of)] += of.count
        if of.trace is not None:
            spans[of.trace, of.span, shown(of)] += of.count
    total = sum(names.values())
    lines = [f"{'samples':>7} {'share':>7}  span"]
    lines += [f"{count:>7} {count / total:>7.1%}  {name}" for name, count in names.most_common()]
    if lost:
        lines += [f"{lost:>7}          lost, as there were too many spans: sample for a shorter time"]
    if spans:
        lines += ["", f"{'samples':>7}  {'trace id':<32}  {'span id':<16}  span"]
        lines += [f"{count:>7}  {'  '.join(of)}" for of, count in spans.most_common(5)]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Which spans of a running program take processor time, by samples.")
    parser.add_argument("process", type=int, help="the id of the process")
    parser.add_argument("--seconds", type=int, default=10, help="how long it is sampled (default: 10)")
    arguments = parser.parse_args()
    if arguments.process < 1 or arguments.seconds < 1:
        parser.error("expected numbers above 0")
    try:
        if platform.machine() != "x86_64":
            raise ValueError(f"expected a machine of x86-64, found {platform.machine()}")
        if os.geteuid() != 0:
            raise ValueError(f"expected root, found user {os.geteuid()}")
        samples, lost = sample(arguments.process, arguments.seconds)
    except (OSError, ValueError) as error:
        sys.exit(f"spans.py: {error}")
    if not samples:
        sys.exit(f"spans.py: process {arguments.process} took no processor time")
    print(table(samples, lost), file=sys.stderr)
    print(folded(samples), end="")


if __name__ == "__main__":
    main()
