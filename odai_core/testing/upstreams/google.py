"""What Google's services have in common in the stand-in: users' tokens, and the shape of errors."""

from __future__ import annotations

from typing import Any

from odai_core.testing.upstreams.service import Ask, Reply

_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ALREADY_EXISTS", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
}  # fmt: skip
_SCOPE = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "domain": "googleapis.com",
}


def failure(status: int, reason: str, message: str, **more: Any) -> Reply:
    """An error as every API of Google's words it."""
    errors = [{"domain": "global", "reason": reason, "message": message}]
    error = {"code": status, "message": message, "errors": errors, "status": _STATUS.get(status, "UNKNOWN")}
    return Reply({"error": error | more}, status)


def authorize(ask: Ask) -> Reply | None:
    """The key is a user's access token, and so is one that `google_oauth` gave out; "narrow-" before the key makes one
    that lacks the scope.
    """
    token = ask.headers.get("authorization", "").removeprefix("Bearer ")
    if token == f"narrow-{ask.key}":
        message = "Request had insufficient authentication scopes."
        return failure(403, "insufficientPermissions", message, details=[_SCOPE])
    good = token.partition(".")[0] == ask.key
    return None if good else failure(401, "authError", "Invalid Credentials were given for this request.")


ERRORS = {
    status: failure(status, reason, message)
    for status, reason, message in (
        (400, "badRequest", "Bad request as Google words it."),
        (401, "authError", "Invalid Credentials were given for this request."),
        (403, "forbidden", "The caller does not have permission."),
        (404, "notFound", "The requested entity was not found."),
        (429, "rateLimitExceeded", "Rate limit was exceeded for this user."),
        (500, "backendError", "An internal error occurred at Google."),
        (503, "backendError", "The service is currently unavailable."),
    )
}
"""By status."""
