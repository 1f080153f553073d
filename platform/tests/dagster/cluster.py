"""Answers as the API of Kubernetes does for Jobs, and runs the command of each Job here, with only the variables of the
Job. Writes a configuration for its clients, and each Job, to the folder that is its argument."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])
processes = {}


class Cluster(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self) -> None:
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = job["metadata"]["name"]
        (container,) = job["spec"]["template"]["spec"]["containers"]
        command = [*(container.get("command") or []), *(container.get("args") or [])]
        env = {it["name"]: it["value"] for it in container["env"] if "value" in it}
        # The programs of the image are in its PATH.
        env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        env["DAGSTER_DISABLE_TELEMETRY"] = "1"
        (FOLDER / f"{name}.json").write_text(json.dumps(job))
        with (FOLDER / f"{name}.log").open("wb") as log:
            processes[name] = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        self.answer(201, job)

    def do_GET(self) -> None:
        name = self.path.split("?")[0].removesuffix("/status").rpartition("/")[2]
        process = processes.get(name)
        if process is None:
            return self.answer(404, {"kind": "Status", "code": 404, "reason": "NotFound"})
        code = process.poll()
        status = {"active": 1} if code is None else {"succeeded": 1} if code == 0 else {"failed": 1}
        self.answer(200, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "status": status})

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
url = f"http://127.0.0.1:{server.server_port}"
configuration = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "here", "cluster": {"server": url}}],
    "users": [{"name": "test", "user": {}}],
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "test"}}],
    "current-context": "here",
}
(FOLDER / "config").write_text(json.dumps(configuration))
print("ready", flush=True)
server.serve_forever()
