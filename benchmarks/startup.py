"""How long `odai` takes to answer at a prompt, with hundreds of distributions installed.

    python benchmarks/startup.py [--distributions 300] [--plugins 20] [--runs 15]

Prints the median and the best time of each command, what is above a bare Python start, and the ratio to it. The
budget is 150 ms above `python -c pass` for `odai plugins` at 300 distributions, and 40 ms for `import odai_core`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PLUGIN = '''
from odai_core import ToolPlugin, hookimpl

async def tell_tide_{n}(harbour: str) -> str:
    """Say when the next high tide is in a harbour."""
    return harbour

@hookimpl
def odai_tools():
    return ToolPlugin(name="tides-{n}", api=1, title="Tides", summary="tell the tides", tools=[tell_tide_{n}])
'''


def install(folder: Path, distributions: int, plugins: int) -> None:
    """Fake installed distributions; the first `plugins` of them hold a small ODAI plugin."""
    for n in range(distributions):
        info = folder / f"fake_{n}-1.0.dist-info"
        info.mkdir()
        requires = "".join(f"Requires-Dist: thing-{other}>=1\n" for other in range(8))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fake-{n}\nVersion: 1.0\n{requires}\n")
        points = f"[console_scripts]\nfake-{n} = fake_{n}:main\n"
        if n < plugins:
            points += f"\n[odai.tools]\ntides-{n} = fake_{n}\n"
            (folder / f"fake_{n}.py").write_text(PLUGIN.format(n=n))
        (info / "entry_points.txt").write_text(points)


def run(command: list[str], environ: dict[str, str]) -> None:
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        # A wait with a time-out polls, in steps of up to 50 ms.
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        code = process.wait()
        watchdog.cancel()
    if code:
        raise SystemExit(f"{command} ended with {code}")


def measure(command: list[str], environ: dict[str, str], runs: int) -> tuple[list[float], float]:
    """Milliseconds of each run, and the mean of processor time, which a busy machine disturbs less.

    The first run, which writes byte code, is not counted.
    """
    times, spent = [], 0.0
    for _ in range(runs + 1):
        began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        run(command, environ)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((time.perf_counter() - began) * 1000)
        spent += (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime) * 1000 if len(times) > 1 else 0.0
    return times[1:], spent / runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--distributions", type=int, default=300)
    parser.add_argument("--plugins", type=int, default=20)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    odai = [sys.executable, "-c", "from odai_core.cli import main; main()"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import odai_core": [sys.executable, "-c", "import odai_core"],
        "odai --help": [*odai, "--help"],
        "odai plugins --json": [*odai, "plugins", "--json"],
        "odai plugins": [*odai, "plugins"],
        "odai tools --voice": [*odai, "tools", "--voice"],
    }
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder), options.distributions, options.plugins)
        environ = os.environ | {"PYTHONPATH": folder, "PYTHONPYCACHEPREFIX": str(Path(folder, "pycache"))}
        # Installed packages have their byte code; without it every run would compile the plugins of a checkout anew.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        print(f"{options.distributions} distributions, {options.plugins} of them plugins, {options.runs} runs\n")
        print(f"{'command':<22}{'median':>10}{'best':>10}{'above bare':>12}{'ratio':>8}{'cpu':>10}")
        bare = 0.0
        for name, command in commands.items():
            times, cpu = measure(command, environ, options.runs)
            middle = statistics.median(times)
            bare = bare or middle
            row = f"{name:<22}{middle:>7.0f} ms{min(times):>7.0f} ms{middle - bare:>9.0f} ms{middle / bare:>7.1f}x"
            print(f"{row}{cpu:>7.0f} ms")


if __name__ == "__main__":
    main()
