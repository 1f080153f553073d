"""Starts servers, waits for them and stops them."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path


# The sockets stay open until the end of this process.
_reserved: list[socket.socket] = []


def reserve_ports(count: int) -> list[int]:
    """Reserves ports of the loopback interface for the servers of this process.

    Each has a socket that is bound and does not listen: Linux gives its port to no other program, and a server that
    sets SO_REUSEADDR, as most do, can still listen on it.
    """
    for _ in range(count):
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(("127.0.0.1", 0))
        _reserved.append(each)
    return [each.getsockname()[1] for each in _reserved[-count:]]


class Server:
    """A process that ends with its `with` block. Its output goes to a file."""

    def __init__(self, name: str, command: list[str], log: Path, environment: dict[str, str]):
        self.name, self.log = name, log
        self._command, self._environment = command, environment

    def __enter__(self):
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def kill(self):
        self._process.kill()
        self._process.wait()

    def ended(self) -> int:
        """Waits for the exit code of a process that ends by itself."""
        return self._process.wait(30)

    def terminate(self):
        self._process.terminate()

    def __exit__(self, *_):
        self.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_until(self, ready, patience: float):
        """Polls `ready` until it returns a true value, and returns that value. A failure shows the log."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} exited early with this output:\n{self.output()}")
            if result := ready():
                return result
            time.sleep(0.2)
        raise SystemExit(f"{self.name} was not ready after {patience} s, with this output:\n{self.output()}")

    def peak(self) -> int:
        return peak(self._process.pid)

    def processor_time(self) -> float:
        """The seconds that the process has run, in user and in system mode."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def output(self) -> str:
        return self.log.read_text(errors="replace")


def peak(process: int) -> int:
    """The largest memory that a process had, in MiB, or 0 if it has ended."""
    status = Path(f"/proc/{process}/status").read_text()
    return int((status.partition("VmHWM:")[2].split() or ["0"])[0]) // 1024


def finish(program: subprocess.Popen) -> tuple[str, float, int]:
    """The output of a program, its processor time in seconds, and its largest memory in MiB."""
    memory = 0
    while not (ended := os.wait4(program.pid, os.WNOHANG))[0]:
        memory = max(memory, peak(program.pid))
        time.sleep(0.05)
    return program.stdout.read(), ended[2].ru_utime + ended[2].ru_stime, memory


def answers(url: str) -> bool:
    """Whether an HTTP server at `url` responds with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False
