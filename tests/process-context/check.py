"""Compares the findings of `reader.py` in a running program with the expected findings that the program prints."""

import itertools
import json
import os
import platform
import signal
import subprocess
import sys
import time

import reader

CANARY = "hunter2canary"
KEYS = ["floe.span.name", "code.function.name", "code.line.number", "code.file.path"]


def check_command(process, command, expected):
    """Checks that `floe-trace ps`, another reader, finds the same spans."""
    printed = subprocess.run([command, "ps", str(process), "--json"], stdout=subprocess.PIPE, check=True)
    found = json.loads(printed.stdout)
    assert found["process"]["resource"]["service.name"] == "orders", found["process"]
    assert CANARY.encode() not in printed.stdout
    threads = {}
    for span in found["spans"]:
        if span["thread"]:
            threads.setdefault(span["thread"]["id"], []).append((span["trace_id"], span["span_id"]))
    for line in expected:
        spans = threads.get(line["thread"], [])
        if line["found"]:
            assert (line["found"]["trace_id"], line["found"]["span_id"]) in spans, (line, spans)
        else:
            # The threads of these lines are in spans that are listed, but not published.
            assert line["name"] in ("deep", "a context with one id") or not spans, (line, spans)
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
    """Returns the lines that the program prints until its threads have begun."""
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
    assert all(others.pop(f"floe.{table}") for table in ("open_spans", "stacks")), others
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


def main(program, command):
    if platform.machine() != "x86_64":
        print("the reader knows the registers of x86-64 only")
        return
    for mode, sampler in itertools.product(("every_span", "boundaries"), ("parentbased_always_on", "always_off")):
        with start(program, mode, sampler=sampler) as running:
            expected, own = lines(running)
            check_threads(own["process"], program, expected)
            check_command(own["process"], command, expected)
            # A stopped process can be read, too, and more than once.
            os.kill(own["process"], signal.SIGSTOP)
            check_threads(own["process"], program, expected)
            check_command(own["process"], command, expected)
            os.kill(own["process"], signal.SIGCONT)
            running.stdin.close()
            assert running.wait(30) == 0
        print(f"{mode}, {sampler}: {len(expected)} threads")
    with start(program, "every_span", "many") as running:
        _, own = lines(running)
        begin = time.monotonic()
        printed = subprocess.run([command, "ps", str(own["process"]), "--json"], stdout=subprocess.PIPE, check=True)
        took = time.monotonic() - begin
        waiting = [span for span in json.loads(printed.stdout)["spans"] if span.get("thread") is None]
        assert len(waiting) > 100_000, len(waiting)
        running.stdin.close()
        assert running.wait(30) == 0
    print(f"many: {len(waiting)} spans of tasks in {took:.2f} s")
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
