"""A Prometheus of a test's own, which looks at the shipped rules each second; it is shown a file as by node-exporter."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.desk import ROOT
from tests.redis_server import free_port

RULES = ROOT / "conf" / "prometheus" / "netwar.rules.yml"
SETTINGS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs: [{{job_name: node, honor_labels: true, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    port: int

    def firing(self, alert: str) -> list[dict[str, str]]:
        """The labels of what an alert is told of."""
        with suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/alerts", timeout=5) as answer:
                alerts: list[dict[str, Any]] = json.load(answer)["data"]["alerts"]
            return [one["labels"] for one in alerts if one["state"] == "firing" and one["labels"]["alertname"] == alert]
        return []


@contextmanager
def running(folder: Path, file: Path) -> Iterator[Prometheus]:
    """Start it, for the figures in a file."""

    class Exporter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(file.read_bytes() if file.exists() else b"")

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as exporter:
        threading.Thread(target=exporter.serve_forever, daemon=True).start()
        (config := folder / "prometheus.yml").write_text(SETTINGS.format(rules=RULES, port=exporter.server_port))
        port, program = free_port(), shutil.which("prometheus")
        assert program
        options = [f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}"]
        with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield Prometheus(port)
            finally:
                process.terminate()
                exporter.shutdown()
