"""Programs of Python, Node and Java that handle signals before a library in their process delivers telemetry at them.

Usage: signals.py LIBRARY NODE FOLDER, with the shared library of `tests/c-host`, and a folder for compiled classes. Each
program must end as it does without the library, after its span has arrived.
"""

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PYTHON = """
import ctypes, os, signal, sys, time
CASE
ctypes.CDLL(os.environ["LIBRARY"])
try:
    os.kill(os.getpid(), int(os.environ["SIGNAL"]))
    time.sleep(60)
except KeyboardInterrupt:
    print("cleaned", flush=True)
    sys.exit(6)
"""

NODE = """
CASE
process.dlopen({ exports: {} }, process.env.LIBRARY);
process.kill(process.pid, Number(process.env.SIGNAL));
setTimeout(() => {}, 60000);
"""
NODE_HANDLER = """
process.on("SIGNAL", () => setTimeout(() => { console.log("cleaned"); process.exit(5); }, 300));
"""

JAVA = """
class Ended {
    public static void main(String[] arguments) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("cleaned")));
        System.load(System.getenv("LIBRARY"));
        long process = ProcessHandle.current().pid();
        new ProcessBuilder("kill", "-" + System.getenv("SIGNAL"), "" + process).start().waitFor();
        Thread.sleep(60000);
    }
}
"""


class Receiver(http.server.ThreadingHTTPServer):
    """Answers late, so that a program that does not wait for the delivery has ended before."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.traces = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.3)
        if self.path == "/v1/traces" and b"copy" in body:
            self.server.traces += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    library, node, folder = sys.argv[1:]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Ended.java").write_text(JAVA)
    subprocess.run(["javac", "-d", folder, folder / "Ended.java"], check=True)
    java = ["java", "-cp", folder, "Ended"]

    def python(case):
        return [sys.executable, "-c", PYTHON.replace("CASE", case)]

    def of_node(name):
        handler = NODE_HANDLER.replace("SIGNAL", name) if name else ""
        return [node, "-e", NODE.replace("CASE", handler)]

    exits = "signal.signal(signal.SIGTERM, lambda *_: (print('cleaned', flush=True), sys.exit(5)))"
    # The program, the signal, the code of its end, which is negative for a signal, and what it prints.
    cases = [
        ("python, sys.exit", python(exits), signal.SIGTERM, 5, "cleaned"),
        ("python, KeyboardInterrupt", python(""), signal.SIGINT, 6, "cleaned"),
        ("python, no handler", python(""), signal.SIGTERM, -signal.SIGTERM, ""),
        ("node, a slow handler", of_node("SIGTERM"), signal.SIGTERM, 5, "cleaned"),
        ("node, a slow handler", of_node("SIGINT"), signal.SIGINT, 5, "cleaned"),
        ("node, no handler", of_node(""), signal.SIGTERM, -signal.SIGTERM, ""),
        ("java, a shutdown hook", java, signal.SIGTERM, 128 + signal.SIGTERM, "cleaned"),
        ("java, a shutdown hook", java, signal.SIGINT, 128 + signal.SIGINT, "cleaned"),
        ("java, a shutdown hook", java, signal.SIGHUP, 128 + signal.SIGHUP, "cleaned"),
    ]
    mistakes = []
    for name, command, number, code, printed in cases:
        receiver = Receiver()
        variables = {
            "FLOE_HOST_CONSTRUCTOR": "signals",
            "LIBRARY": library,
            "SIGNAL": str(int(number)),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.server_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
        }
        ended = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60)
        found = (ended.returncode, receiver.traces, ended.stdout.strip())
        if found != (code, 1, printed):
            mistakes.append(f"{name}, {number.name}: expected {(code, 1, printed)}, found {found}: {ended.stderr}")
        receiver.shutdown()
    if mistakes:
        sys.exit("\n".join(mistakes))
    print(f"{len(cases)} programs ended in their own way")


main()
