"""Grants under lock and key: each is encrypted together with whose it is, so that no row can stand for another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from odai_core.contract import Secret
from odai_core.errors import SettingError
from odai_core.grants import Grant

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

MAX_GRANT = 65_536
"""Bytes of one grant; a real one has about 2,000."""
MAKE_A_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
REMEDY = f"Make a key and set ODAI_ACCOUNT_KEYS to it: {MAKE_A_KEY}"


class _Contents(msgspec.Struct):
    user: str
    service: str
    subject: str
    label: str
    access: str
    refresh: str | None
    expires: float | None
    scopes: list[str]
    data: dict[str, str]


class Vault:
    """Encrypts with the first key and decrypts with any. Raises SettingError for keys that are none."""

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet

        self._fernets: list[Fernet] = []
        for place, key in enumerate(keys, start=1):
            try:
                self._fernets.append(Fernet(key))
            except ValueError:
                which = "its only key" if len(keys) == 1 else f"key {place} of {len(keys)}"
                raise SettingError(f"ODAI_ACCOUNT_KEYS has a bad value: {which} is not one.", REMEDY) from None
        if not self._fernets:
            raise SettingError("ODAI_ACCOUNT_KEYS holds no key.", REMEDY)

    @classmethod
    def of(cls, core: Mapping[str, Any]) -> Vault | None:
        """The vault of the core settings: None without a key, except in demo mode, where this run makes its own."""
        from cryptography.fernet import Fernet

        given: Secret = core["ODAI_ACCOUNT_KEYS"]
        keys = given.reveal().replace(",", " ").split()
        if not keys and core["ODAI_DEMO"]:
            keys = [Fernet.generate_key().decode()]
        return cls(keys) if keys or given else None

    def seal(self, user_id: str, service: str, grant: Grant) -> bytes:
        """The grant as it may be kept. Raises ValueError for one that is too large or not made of texts."""
        contents = _Contents(
            user=user_id, service=service, subject=grant.subject, label=grant.label,
            access=grant.access_token.reveal(),
            refresh=None if grant.refresh_token is None else grant.refresh_token.reveal(),
            expires=grant.expires_at, scopes=sorted(grant.scopes), data=dict(grant.data),
        )  # fmt: skip
        plain = msgspec.msgpack.encode(contents)
        if len(plain) > MAX_GRANT:
            raise ValueError("the grant is too large")
        return self._fernets[0].encrypt(plain)

    def open(self, user_id: str, service: str, subject: str, sealed: bytes) -> tuple[Grant, bool] | None:
        """The grant, and whether an older key sealed it; None when no key fits, or when it belongs to somebody else."""
        from cryptography.fernet import InvalidToken

        for place, fernet in enumerate(self._fernets):
            try:
                contents = msgspec.msgpack.decode(fernet.decrypt(sealed), type=_Contents)
            except (InvalidToken, msgspec.MsgspecError):
                continue
            if (contents.user, contents.service, contents.subject) != (user_id, service, subject):
                return None
            return _grant(contents), place > 0
        return None


def _grant(contents: _Contents) -> Grant:
    return Grant(
        subject=contents.subject,
        label=contents.label,
        access_token=Secret(contents.access),
        refresh_token=None if contents.refresh is None else Secret(contents.refresh),
        expires_at=contents.expires,
        scopes=frozenset(contents.scopes),
        data=contents.data,
    )
