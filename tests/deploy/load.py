"""Exports from many programs at once through two tiers of Collectors, and measures the losses and the costs.

    cargo build --release -p benches --bin load
    .ci/services deploy    # once: builds the Collector in target/deploy/otelcol
    python3 tests/deploy/load.py [--tls] [PROGRAMS [SPANS [PER_SECOND]]]

With `--tls` as the first argument, the gateway has `deploy/collector/tls.yaml`, too, and a certificate of an authority
that the agent trusts. PROGRAMS processes record SPANS spans each, PER_SECOND in a second, and export them to an agent, which sends them to a
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
LOAD = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/load"
AGENT, GATEWAY, COUNTER = 14317, 14417, 14517

COUNT = f"""
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "127.0.0.1:{COUNTER}"}}}}}}}}
exporters: {{debug: {{verbosity: basic, sampling_initial: 1000000}}}}
service:
  # By default, most messages that are equal to others are left out.
  telemetry: {{metrics: {{level: none}}, logs: {{sampling: {{enabled: false}}}}}}
  pipelines:
    traces: &all {{receivers: [otlp], exporters: [debug]}}
    metrics: *all
    logs: *all
"""


class Collector:
    def __init__(self, name, *configs, **variables):
        self.name, self.spans, self.lines = name, 0, []
        self.process = subprocess.Popen(
            [OTELCOL, *(f"--config={config}" for config in configs)],
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


def certificate(folder):
    """Creates an authority, and a certificate from this authority for this machine."""
    commands = [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=ca -keyout ca.key -out ca.crt",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gateway -keyout tls.key -out tls.csr",
        "x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile names -out tls.crt",
    ]
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for command in commands:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


def main(tls, programs=50, spans=100_000, per_second=500):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        count = folder / "count.yaml"
        count.write_text(COUNT)
        one = ROOT / "deploy/collector/one.yaml"
        insecure = {"BACKEND_INSECURE": "true"}
        received, sent, secure = [one], [one], insecure
        if tls:
            certificate(folder)
            received.append(ROOT / "deploy/collector/tls.yaml")
            sent.append(f"yaml:exporters::otlp_grpc::tls::ca_file: {folder}/ca.crt")
            secure = {"BACKEND_INSECURE": "false"}
        counter = Collector("counter", count)
        gateway = Collector(
            "gateway",
            *received,
            GRPC_PORT=str(GATEWAY),
            HTTP_PORT="14418",
            BACKEND=f"127.0.0.1:{COUNTER}",
            TLS_CERTIFICATE=f"{folder}/tls.crt",
            TLS_KEY=f"{folder}/tls.key",
            **insecure,
        )
        agent = Collector(
            "agent",
            *sent,
            GRPC_PORT=str(AGENT),
            HTTP_PORT="14318",
            BACKEND=f"127.0.0.1:{GATEWAY}",
            **secure,
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
    words = sys.argv[1:]
    main(words[:1] == ["--tls"], *map(int, words[words[:1] == ["--tls"] :]))
