"""Compares a profile by `spans.py` with the processor time of spans that the program measures itself. `cost` measures
the cost of sampling for the program."""

import json
import os
import statistics
import struct
import subprocess
import sys
import time

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(folder, "../../deploy/profile"))
import spans  # noqa: E402

SCRIPT = spans.__file__
SECONDS = 12
NAMES = {"small", "large", "around", "inner", "polled", "unsampled"}


def start(program, *arguments, **variables):
    environment = {**os.environ, "OTEL_LOG_LEVEL": "none", **variables}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([program, *arguments], env=environment, **pipes)


def ask(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def shares(begin, end):
    """Returns each span name's share of the processor time between two answers. None stands for no span."""
    total = end["process"] - begin["process"]
    found = {name: (taken - begin["spans"].get(name, 0)) / total for name, taken in end["spans"].items()}
    return {**found, None: 1 - sum(found.values())}


def deviations(counts, expected):
    """Returns the deviation of each count, in standard errors of a binomial distribution."""
    total = sum(counts.values())
    return {
        name: (counts.get(name, 0) - total * share) / (total * share * (1 - share)) ** 0.5
        for name, share in expected.items()
    }


def check_profile(program):
    with start(program) as running:
        ask(running)
        answers = []
        samples, lost = spans.sample(running.pid, SECONDS, lambda: answers.append(ask(running)))
        begin, end = *answers, ask(running)
        running.stdin.close()
        known = {tuple(of) for of in json.loads(running.stdout.read())}
    assert lost == 0, lost
    counts = {}
    for of in samples:
        counts[of.name] = counts.get(of.name, 0) + of.count
    expected = shares(begin, end)
    assert set(expected) == {*NAMES, None} == set(counts), (expected, counts)
    found = {(of.trace, of.span, of.name) for of in samples if of.name}
    assert found <= known, found - known
    found = deviations(counts, expected)
    for name, share in sorted(expected.items(), key=lambda of: -of[1]):
        total = sum(counts.values())
        print(f"{name or '(no span)':>10}: {share:6.1%} of the time, {counts[name] / total:6.1%} of {total} samples")
    assert max(map(abs, found.values())) < 5, found
    # The check would notice if two spans were mistaken for each other.
    swapped = {**expected, "small": expected["large"], "large": expected["small"]}
    assert max(map(abs, deviations(counts, swapped).values())) > 5, swapped
    for name in NAMES:
        lines = [line for line in spans.folded(samples).splitlines() if line.startswith(f"{name};")]
        assert any("profiled::work" in line for line in lines), (name, lines)
    traces = {of.trace for of in samples if of.trace}
    print(f"{len(traces)} traces; at most {max(map(abs, found.values())):.1f} standard errors")


def check_command(program):
    with start(program) as running:
        ask(running)
        ran = subprocess.run([SCRIPT, str(running.pid), "--seconds", "1"], capture_output=True, text=True, check=True)
        running.stdin.close()
        running.stdout.read()
    assert "large" in ran.stderr and "trace id" in ran.stderr, ran.stderr
    for line in ran.stdout.splitlines():
        stack, _, count = line.rpartition(" ")
        assert stack.split(";")[0] in {*NAMES, "(no span)"} and int(count) > 0, line


def refused(*arguments, **options):
    ran = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, **options)
    assert ran.returncode == 1 and ran.stdout == "" and ran.stderr.count("\n") == 1, ran
    return ran.stderr.removeprefix("spans.py: ").rstrip("\n")


def check_refusals(program):
    assert refused(2**31) == f"expected a process {2**31}, found none"
    own = os.getpid()
    assert refused(own) == f"expected `otel_thread_ctx_v1` among the dynamic symbols of process {own}, found none"
    assert "kernel" in refused(2), "a thread of the kernel"
    with start(program, "silent") as running:
        ask(running)
        assert refused(running.pid) == f"expected process {running.pid} to publish its context, found none"
        running.stdin.close()
        running.stdout.read()
    with start(program) as running:
        ask(running)
        missing = {"env": {**os.environ, "PATH": ""}}
        assert refused(running.pid, **missing) == "expected the command `bpftrace`, found none"
        running.stdin.close()
        running.stdout.read()
    # Another user may not be able to read Python's own files.
    code = "import os, sys, spans; os.setuid(65534); sys.argv[1:] = ['1']; spans.main()"
    ran = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, cwd=os.path.dirname(SCRIPT))
    assert ran.stderr == "spans.py: expected root, found user 65534\n", ran
    header = bytearray(open(program, "rb").read(20))
    spans.check_program(header)
    for at, value, expected in ((4, b"\1", "of 32"), (18, struct.pack("<H", 183), "machine 183")):
        other = bytearray(header)
        other[at : at + len(value)] = value
        try:
            spans.check_program(other)
        except ValueError as error:
            assert expected in str(error), error
        else:
            raise AssertionError(expected)


def check_names():
    for symbol, name in (
        ("burn+38", "burn"),
        ("0x55dcdd419a04", "(unknown)"),
        ("operator++12", "operator+"),
        ("shop::pay::h0123456789abcdef+7", "shop::pay"),
        ("shop::pay::_$u7b$$u7b$closure$u7d$$u7d$::h0123456789abcdef+7", "shop::pay::{{closure}}"),
        ("_$LT$u64$u20$as$u20$Step$GT$::f::h0123456789abcdef", "<u64 as Step>::f"),
        ("_$LT$alloc..vec..Vec$LT$T$C$A$GT$$u20$as$u20$X$GT$::f::h0123456789abcdef", "<alloc::vec::Vec<T,A> as X>::f"),
    ):
        assert spans.frame(symbol) == name, spans.frame(symbol)
    # A name cannot break a line.
    for name, written in ((" a;b ", "a,b"), ("", "(no name)"), ("page 2", "page_2"), ("a\n\x1b", "a\\u{a}\\u{1b}")):
        assert spans.escaped(name) == written, spans.escaped(name)
    found = spans.parsed("72623859790382856,18446744073709551615,-1,a,b\n,\n    inner+1\n    outer+2\n", 3, True)
    assert found == ("0807060504030201" + "ff" * 8, "ff" * 8, "a,b\n", ["outer", "inner"], 3), found
    assert spans.parsed("0,0,0,,\n", 1, True) == spans.parsed("\n", 1, False) == (None, None, None, [], 1)


def cost(program, pairs=30, seconds=1):
    """Compares the spans per second of processor time with and without sampling. The time includes interrupts, unless
    the kernel accounts for them separately (CONFIG_IRQ_TIME_ACCOUNTING)."""

    def rate():
        before = ask(running)
        time.sleep(seconds)
        after = ask(running)
        return (after["short"] - before["short"]) / (after["process"] - before["process"]) * 1e9

    # The spans are not sampled, so that no thread exports them meanwhile.
    with start(program, "short", OTEL_TRACES_SAMPLER="always_off") as running:
        found = []
        for _ in range(pairs):
            without, rates = rate(), []
            spans.sample(running.pid, seconds + 1, lambda: rates.append(rate()))
            found.append((without, rates[0]))
        running.stdin.close()
        running.stdout.read()
    without, sampled = (statistics.median(of) for of in zip(*found))
    changes = [after / before - 1 for before, after in found]
    error = statistics.stdev(changes) / len(changes) ** 0.5
    change = f"{statistics.mean(changes):+.2%} ± {error:.2%}"
    print(f"{without:,.0f} spans per second, {sampled:,.0f} while sampled: {change}")


def main(program, *arguments):
    if arguments == ("cost",):
        cost(program)
        return
    check_names()
    check_refusals(program)
    check_command(program)
    check_profile(program)


main(*sys.argv[1:])
