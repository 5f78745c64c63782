"""The server a benchmark starts: a port for it, when it listens, and what it has spent."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], port: int, *, folder: str, environment: Mapping[str, str], quiet: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A server pinned to the first core, from when it listens until the block ends."""
    output = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdout=output,
        stderr=output,
        preexec_fn=lambda: os.sched_setaffinity(0, {0}),
    )
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def spent(pid: int) -> tuple[float, float]:
    """Processor seconds and resident kB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    rss = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return (int(fields[11]) + int(fields[12])) / TICKS, float(rss[1]) if rss else 0.0
