"""Grants under lock and key."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from odai_core import Grant, Secret
from odai_core.accounts.vault import MAX_GRANT, Vault
from odai_core.errors import SettingError
from odai_core.settings import Settings

from .conftest import KEYS

GRANT = Grant(
    subject="s", label="ada@example.com", access_token=Secret("access"), refresh_token=Secret("refresh"),
    expires_at=5.5, scopes=frozenset({"a", "b"}), data={"cursor": "7"},
)  # fmt: skip


def plain(grant: Grant) -> tuple[object, ...]:
    refresh = grant.refresh_token.reveal() if grant.refresh_token else None
    return grant.subject, grant.label, grant.access_token.reveal(), refresh, grant.expires_at, grant.scopes, grant.data


def test_what_is_sealed_can_be_opened_and_read_by_nobody():
    vault = Vault(KEYS[:1])
    sealed = vault.seal("ada", "bank", GRANT)
    assert not [word for word in (b"access", b"refresh", b"ada", b"example", b"bank") if word in sealed]
    grant, old = vault.open("ada", "bank", "s", sealed)
    assert (plain(grant), old) == (plain(GRANT), False)
    bare = Grant(subject="s", label="", access_token=Secret("x"))
    assert plain(vault.open("ada", "bank", "s", vault.seal("ada", "bank", bare))[0]) == plain(bare)


@pytest.mark.parametrize("whose", [("eve", "bank", "s"), ("ada", "mail", "s"), ("ada", "bank", "t"), ("", "", "")])
def test_a_row_cannot_stand_for_another(whose):
    vault = Vault(KEYS[:1])
    assert vault.open(*whose, vault.seal("ada", "bank", GRANT)) is None


def test_older_keys_still_open_and_the_first_one_seals():
    sealed = Vault(KEYS[1:]).seal("ada", "bank", GRANT)
    grant, old = Vault(KEYS).open("ada", "bank", "s", sealed)
    assert (plain(grant), old) == (plain(GRANT), True)
    assert Vault(KEYS[:1]).open("ada", "bank", "s", sealed) is None


@pytest.mark.parametrize(
    "sealed",
    [b"", b"x", b"gAAAA", bytes(300), Fernet(KEYS[0]).encrypt(b""), Fernet(KEYS[0]).encrypt(b'{"user": "ada"}')],
)
def test_what_we_did_not_seal_opens_as_nothing(sealed):
    assert Vault(KEYS[:1]).open("ada", "bank", "s", sealed) is None


def test_one_changed_byte_opens_as_nothing():
    vault = Vault(KEYS[:1])
    sealed = vault.seal("ada", "bank", GRANT)
    for place in range(0, len(sealed) - 2, 7):
        changed = sealed[:place] + (b"A" if sealed[place : place + 1] != b"A" else b"B") + sealed[place + 1 :]
        assert vault.open("ada", "bank", "s", changed) is None


def test_a_grant_has_a_size():
    with pytest.raises(ValueError, match="too large"):
        Vault(KEYS[:1]).seal("ada", "bank", Grant(subject="s", label="", access_token=Secret("x" * MAX_GRANT)))


@pytest.mark.parametrize(
    ("keys", "cause"), [("nonsense-of-mine", "its only key"), (f"{KEYS[0]},short", "key 2 of 2"), (",", "no key")]
)
def test_a_bad_key_is_told_with_the_command_that_makes_one(keys, cause):
    with pytest.raises(SettingError) as caught:
        Vault.of(Settings({"ODAI_ACCOUNT_KEYS": keys}).core)
    assert cause in caught.value.cause
    assert "Fernet.generate_key" in caught.value.remedy
    assert not [word for word in ("nonsense", "short", KEYS[0]) if word in str(caught.value)]


def test_the_command_makes_a_key():
    import subprocess
    import sys

    from odai_core.accounts.vault import MAKE_A_KEY

    code = MAKE_A_KEY.removeprefix('python -c "').removesuffix('"')
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert Vault([made.strip()])


def test_only_the_demo_makes_a_key_of_its_own():
    assert Vault.of(Settings({}).core) is None
    one, other = (Vault.of(Settings({"ODAI_DEMO": "1"}).core) for _ in range(2))
    sealed = one.seal("ada", "bank", GRANT)
    assert one.open("ada", "bank", "s", sealed)
    assert other.open("ada", "bank", "s", sealed) is None
