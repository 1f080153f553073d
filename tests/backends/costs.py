"""Measures what a span costs in a program, an agent, a gateway with tail sampling, and Jaeger.

Usage: costs.py PROGRAMS TARGET FOLDER, as tiers.py. The processor time is that of the processes, so other programs on this
machine make it longer by little.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from collectors import NODES, Collector, Tiers, exporting
from processes import Server, finish

SECONDS = 20
SENT, QUEUED, ACCEPTED = (f"otelcol_{name}" for name in ("exporter_sent_spans", "exporter_queue_size", "receiver_accepted_spans"))
# More than gateway.yaml has, so that no trace is evicted before its decision.
MANY = "processors::tail_sampling::num_traces: 2000000"
MEMORY_QUEUES = tuple(f"exporters::{it}::sending_queue::storage: null" for it in ("load_balancing", "otlp_grpc"))


def programs(tiers: Tiers, spans_per_second: int) -> tuple[dict[str, int], float, int]:
    """Programs of 1,000 spans a second each: the sum of their results, their processor time, and the largest memory."""
    environment = exporting(NODES[0]) | {"OTEL_SERVICE_NAME": "load", "OTEL_METRICS_EXPORTER": "none"}
    command = [tiers.programs / "load", str(1000 * SECONDS), "1000"]
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(spans_per_second // 1000)
    ]
    ended = [finish(process) for process in started]
    results = [json.loads(output) for output, *_ in ended]
    total = {key: sum(it[key] for it in results) for key in ("recorded", "exported", "failed", "dropped")}
    return total, sum(used for _, used, _ in ended), max(peak for *_, peak in ended)


def delivered(tiers: Tiers, agent: Collector, gateway: Collector, exported: int) -> bool:
    """Whether all spans came to the gateway, all their traces are decided, and Jaeger has those that were sampled."""
    decided = gateway.metric("otelcol_processor_tail_sampling_global_count_traces_sampled")
    traces = gateway.metric("otelcol_processor_tail_sampling_new_trace_id_received")
    queued = sum(it.metric(QUEUED, data_type="traces") for it in (agent, gateway))
    return gateway.metric(ACCEPTED) >= exported and decided == traces and not queued


def measure(tiers: Tiers, spans_per_second: int, decision_wait: int, *options: str) -> dict:
    own = [it for it in options if not it.startswith("exporters::load_balancing")]
    gateway = tiers.gateway("127.0.2.1", MANY, f"processors::tail_sampling::decision_wait: {decision_wait}s", *own)
    tiers.resolve([gateway.address])
    agent = tiers.agent(NODES[0], *(it for it in options if it not in own))
    jaeger = tiers.jaeger = tiers.start(tiers.new_jaeger())
    servers: list[Server] = [agent, gateway, jaeger]
    before = [it.processor_time() for it in servers]
    total, used, peak = programs(tiers, spans_per_second)
    gateway.wait_until(lambda: delivered(tiers, agent, gateway, total["exported"]), 300)
    time.sleep(3)
    spans = total["recorded"]
    costs = [used / spans] + [(it.processor_time() - start) / spans for it, start in zip(servers, before)]
    kept = gateway.metric(SENT)
    row = {
        "spans/s": spans_per_second,
        "decision_wait": decision_wait,
        "µs of program, agent, gateway, Jaeger": [round(1e6 * it, 2) for it in costs],
        "µs of Jaeger for each span that it keeps": round(1e6 * costs[3] * spans / kept, 1),
        "MiB at most": [peak] + [it.peak() for it in servers],
        "kept": kept,
        "lost": spans - gateway.metric(ACCEPTED),
        "evicted": gateway.metric("otelcol_processor_tail_sampling_sampling_trace_dropped_too_early"),
        "load of the machine": os.getloadavg()[0],
    } | total
    for server in servers:
        server.__exit__()
    for storage in tiers.folder.glob("storage-*"):
        shutil.rmtree(storage)
    return row


def main(programs: Path, target: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Tiers(programs, target, folder, idle=True) as tiers:
        for arguments in (
            (1_000, 10), (10_000, 10), (50_000, 10),
            (10_000, 2), (10_000, 18),
            (10_000, 10, *MEMORY_QUEUES),
        ):  # fmt: skip
            print(arguments[2:] or "", json.dumps(measure(tiers, *arguments), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
