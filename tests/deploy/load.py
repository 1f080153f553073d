"""Many programs at once through two tiers of Collectors: what is lost, and what it costs.

    cargo build --release -p benches --bin load
    .ci/deploy    # once: builds the Collector's core in target/deploy/otelcol
    python3 tests/deploy/load.py [PROGRAMS [SPANS [PER_SECOND]]]

PROGRAMS processes record SPANS spans each, PER_SECOND in a second, and export them to an agent, which sends them to a
gateway, both with `deploy/collector/one.yaml`. A third Collector behind them counts what arrives.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).parents[2]
OTELCOL = ROOT / "target/deploy/otelcol"
LOAD = ROOT / "target/release/load"
AGENT, GATEWAY, COUNTER = 14317, 14417, 14517

COUNT = f"""
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "127.0.0.1:{COUNTER}"}}}}}}}}
exporters: {{debug: {{verbosity: basic, sampling_initial: 1000000}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}
"""


class Collector:
    def __init__(self, name, config, **variables):
        self.name, self.spans, self.lines = name, 0, []
        self.process = subprocess.Popen(
            [OTELCOL, "--config", config],
            env={**os.environ, **variables},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ready = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        if not self.ready.wait(30):
            raise SystemExit(f"{name} has not started:\n" + "".join(self.lines))

    def read(self):
        for line in self.process.stderr:
            if "Everything is ready" in line:
                self.ready.set()
            found = re.search(r'"spans": (\d+)', line)
            if found:
                self.spans += int(found[1])
            elif "error" in line or "warn" in line:
                self.lines.append(line)

    def end(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024
        self.process.terminate()
        _, _, usage = os.wait4(self.process.pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        print(f"{self.name:<10} {cpu:>8.1f} s of CPU {peak:>8} MiB at most, {len(self.lines)} warnings")
        for line in self.lines[:3]:
            print("  " + line.strip())


def main(programs=50, spans=100_000, per_second=500):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as count:
        count.write(COUNT)
        count.flush()
        one = ROOT / "deploy/collector/one.yaml"
        insecure = {"BACKEND_INSECURE": "true"}
        counter = Collector("counter", count.name)
        gateway = Collector(
            "gateway", one, GRPC_PORT=str(GATEWAY), HTTP_PORT="14418", BACKEND=f"127.0.0.1:{COUNTER}", **insecure
        )
        agent = Collector(
            "agent", one, GRPC_PORT=str(AGENT), HTTP_PORT="14318", BACKEND=f"127.0.0.1:{GATEWAY}", **insecure
        )
        begin = time.monotonic()
        variables = {
            "OTEL_SERVICE_NAME": "load",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{AGENT}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        }
        started = [
            subprocess.Popen(
                [LOAD, str(spans), str(per_second)],
                env={**os.environ, **variables},
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(programs)
        ]
        results, cpu, peak = [], 0.0, 0
        for process in started:
            results.append(json.loads(process.stdout.read()))
            _, _, usage = os.wait4(process.pid, 0)
            cpu += usage.ru_utime + usage.ru_stime
            peak = max(peak, usage.ru_maxrss // 1024)
        seconds = time.monotonic() - begin
        total = {key: sum(result[key] for result in results) for key in ("recorded", "exported", "failed", "dropped")}
        # The tiers deliver what is in their queues before the counter ends.
        for _ in range(600):
            if counter.spans >= total["exported"]:
                break
            time.sleep(0.1)
        print(f"{programs} programs, {seconds:.0f} s: " + ", ".join(f"{n:,} {key}" for key, n in total.items()))
        for error in {result["error"] for result in results} - {None}:
            print("  " + error)
        print(f"{'programs':<10} {cpu:>8.1f} s of CPU {peak:>8} MiB at most, each")
        agent.end()
        gateway.end()
        print(f"arrived: {counter.spans:,}, lost on the way: {total['recorded'] - counter.spans:,}")
        counter.end()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
