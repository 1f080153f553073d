"""Starts and ends the backends, one for each signal."""

from contextlib import ExitStack
from pathlib import Path

from elastic import Elastic
from phoenix import Phoenix
from processes import reserve_ports
from victoria import VictoriaMetrics


class Backends(ExitStack):
    """Runs Phoenix for traces, VictoriaMetrics for metrics, and Elastic's mock server for log records. Each has its own
    folder for data below `folder`."""

    def __init__(self, venv: Path, programs: Path, folder: Path, environment: dict[str, str]):
        super().__init__()
        ports = iter(reserve_ports(4))

        def place(name: str) -> Path:
            (folder / name).mkdir(parents=True)
            return folder / name

        self.phoenix = Phoenix(venv, place("phoenix"), next(ports), next(ports), environment)
        victoria = programs / "debian/usr/bin/victoria-metrics"
        self.victoria = VictoriaMetrics(str(victoria), place("victoria"), next(ports), environment)
        self.elastic = Elastic(programs, place("elastic"), next(ports), environment)

    def __enter__(self):
        super().__enter__()
        for server in (self.phoenix, self.victoria, self.elastic):
            self.enter_context(server)
        return self
