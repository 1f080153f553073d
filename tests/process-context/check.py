"""Compares what `reader.py` finds in a running program with what the program says of itself."""

import itertools
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile

import reader

CANARY = "hunter2canary"
KEYS = ["floe.span.name", "code.function.name", "code.line.number", "code.file.path"]


def check_command(process, command, expected):
    """`floe-trace ps` has the same spans, by another reader."""
    printed = subprocess.run([command, "ps", str(process), "--json"], stdout=subprocess.PIPE, check=True)
    found = json.loads(printed.stdout)
    assert found["process"]["resource"]["service.name"] == "orders", found["process"]
    assert CANARY.encode() not in printed.stdout
    spans = {span["thread"]["id"]: (span["trace_id"], span["span_id"]) for span in found["spans"]}
    for line in expected:
        wanted = line["found"] and (line["found"]["trace_id"], line["found"]["span_id"])
        assert spans.get(line["thread"]) == wanted, (line, spans)
    listed = subprocess.run([command, "ps", "--json"], stdout=subprocess.PIPE, check=True)
    assert process in [of["pid"] for of in json.loads(listed.stdout)["processes"]], listed.stdout


def start(program, *arguments, sampler="parentbased_always_on"):
    resource = f"service.name=orders,deployment.environment.name=test,db.password={CANARY},replicas=3"
    environment = {
        **os.environ,
        "OTEL_RESOURCE_ATTRIBUTES": resource,
        "OTEL_TRACES_SAMPLER": sampler,
        "OTEL_LOG_LEVEL": "none",
        "RUST_BACKTRACE": "0",
    }
    return subprocess.Popen(
        [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


def lines(process):
    """What the program says until its threads have begun."""
    expected, own = [], None
    while own is None or len(expected) < own["threads"]:
        line = process.stdout.readline()
        assert line, "the program has ended"
        line = json.loads(line)
        if "process" in line:
            own = line
            if not line["published"]:
                break
        else:
            expected.append(line)
    return expected, own


def check_process(process):
    _, resource, others = reader.process_context(process)
    assert resource["service.name"] == "orders", resource
    assert resource["deployment.environment.name"] == "test", resource
    assert resource["service.instance.id"] and resource["telemetry.sdk.language"] == "rust", resource
    assert CANARY not in repr(resource) and "db.password" in resource, resource
    assert others == {"threadlocal.schema_version": "tlsdesc_v1_dev", "threadlocal.attribute_key_map": KEYS}, others
    return others["threadlocal.attribute_key_map"]


def check_threads(process, program, expected):
    keys = check_process(process)
    offset = reader.thread_local_offset(program, b"otel_thread_ctx_v1")
    assert offset is not None, "no dynamic symbol"
    wrong = 0
    for line in expected:
        found = reader.thread_context(process, line["thread"], offset, keys)
        wanted = line["found"]
        if wanted is not None:
            span, function, file, number = wanted["code"]
            values = (span, function, number and str(number), file)
            code = {key: value for key, value in zip(KEYS, values) if value}
            wanted = (wanted["trace_id"], wanted["span_id"], wanted["flags"], code)
        if found != wanted:
            print(f"{line['name']}: expected {wanted}, found {found}", file=sys.stderr)
            wrong += 1
    assert wrong == 0, f"{wrong} of {len(expected)} threads"


def check_foreign(command, dialect):
    """A program of another language, whose variable is in a shared library."""
    source = os.path.join(os.path.dirname(__file__), "foreign.c")
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "foreign.so")
        flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", f"-mtls-dialect={dialect}"]
        subprocess.run(["cc", *flags, "-o", library, source], check=True)
        host = f"import ctypes, sys; assert ctypes.CDLL({library!r}).publish() == 0; sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running:
            thread = int(running.stdout.readline())
            printed = subprocess.run([command, "ps", str(running.pid), "--json"], stdout=subprocess.PIPE, check=True)
            found = json.loads(printed.stdout)
            running.stdin.close()
    assert found["process"]["resource"] == {"service.name": "foreign"}, found
    (span,) = found["spans"]
    assert span["thread"]["id"] == thread and span["attributes"] == {"http.route": "/cart"}, span
    assert (span["trace_id"], span["span_id"]) == ("ab" * 16, "cd" * 8), span
    print(f"Python with a library in C, -mtls-dialect={dialect}")


def main(program, command):
    for dialect in ("gnu2", "gnu"):
        check_foreign(command, dialect)
    if platform.machine() != "x86_64":
        print("the reader knows the registers of x86-64 only")
        return
    for mode, sampler in itertools.product(("every_span", "boundaries"), ("parentbased_always_on", "always_off")):
        with start(program, mode, sampler=sampler) as running:
            expected, own = lines(running)
            check_threads(own["process"], program, expected)
            check_command(own["process"], command, expected)
            # Also of a stopped one, as often as one likes.
            os.kill(own["process"], signal.SIGSTOP)
            check_threads(own["process"], program, expected)
            check_command(own["process"], command, expected)
            os.kill(own["process"], signal.SIGCONT)
            running.stdin.close()
            assert running.wait(30) == 0
        print(f"{mode}, {sampler}: {len(expected)} threads")
    with start(program, "every_span", "fork") as running:
        _, own = lines(running)
        assert reader.process_context(own["process"]) is None, "a fork has the context of its parent"
        running.stdin.write("\n")
        running.stdin.flush()
        expected, own = lines(running)
        check_threads(own["process"], program, expected)
        running.stdin.close()
        assert running.wait(30) == 0
    print(f"fork: {len(expected)} threads")


main(*sys.argv[1:])
