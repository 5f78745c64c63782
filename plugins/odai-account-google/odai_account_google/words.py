"""What Google's scopes and errors mean, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from odai_account_google.flow import SCOPE_PREFIX

_SCOPES = {
    "calendar": "See and change your calendars",
    "calendar.events": "See and change the events of your calendars",
    "calendar.events.owned": "See and change the events of calendars you own",
    "calendar.events.readonly": "See the events of your calendars",
    "calendar.readonly": "See your calendars",
    "documents": "See and change your Google documents",
    "documents.readonly": "See your Google documents",
    "drive": "See and change all your files in Google Drive",
    "drive.file": "See and change files in Google Drive that you make with ODAI",
    "drive.metadata.readonly": "See the names of your files in Google Drive",
    "drive.readonly": "See all your files in Google Drive",
    "gmail.modify": "Read, write and move your mail",
    "gmail.readonly": "Read your mail",
    "gmail.send": "Send mail in your name",
    "presentations.readonly": "See your Google presentations",
    "spreadsheets.readonly": "See your Google spreadsheets",
}
_ERRORS = {
    "access_denied": "You did not allow it at Google, so nothing was linked.",
    "admin_policy_enforced": "Your organisation's rules at Google do not allow it.",
    "org_internal": "Only members of the organisation that runs this server can connect their accounts.",
    "temporarily_unavailable": "Google is busy. Please try again in a moment.",
    "server_error": "Google had a problem. Please try again in a moment.",
}
OPERATORS = frozenset({"invalid_client", "invalid_request", "invalid_scope", "redirect_uri_mismatch",
                       "unauthorized_client", "unsupported_response_type", "disallowed_useragent"})  # fmt: skip
"""Errors that a user can do nothing about."""


def scopes(wanted: Iterable[str]) -> list[str]:
    """As the owner of an account would say it; a scope that is not known by its own name."""
    short = [scope.removeprefix(SCOPE_PREFIX) for scope in wanted]
    return [_SCOPES.get(name, name) for name in short]


def error(code: str) -> str:
    """Google's error code in a sentence."""
    if code in OPERATORS:
        return "This server is not set up rightly at Google. Please tell the person who runs it."
    return _ERRORS.get(code, "Google did not go along with it. Please try again.")
