"""Every exception of ours, as a tree sorted by who does something next.

OdaiError
├── SetupError            the operator changes a setting or installs something
│   ├── SettingError        a value is missing or cannot be read
│   ├── PluginError         a plugin cannot be used (ODAI_STRICT=1 raises it, else it is a state)
│   └── AssetError          a model file is missing or damaged: `odai models fetch`
├── CallRefused           the caller tries again later
│   ├── Overloaded          every place is taken
│   ├── Draining            the server is about to stop
│   ├── SessionTaken        this session id is live already
│   ├── ForeignChat         this chat belongs to somebody else
│   └── QuotaReached        the user has had all that a day allows
├── ModelLost             nobody: the call reconnects, or says goodbye
├── ModelError            the user asks again; the operator looks at the key and the address
└── ToolError             the caller hears one sentence and asks for something else
    └── AccountNeeded       the caller links an account first
"""

from __future__ import annotations


class OdaiError(Exception):
    """The root of everything ODAI raises on purpose."""


class SetupError(OdaiError):
    """Something on this installation needs a change. `remedy` says what to type next."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class SettingError(SetupError):
    """A setting is missing or has a value that cannot be read."""


class PluginError(SetupError):
    """A plugin cannot be used."""


class AssetError(SetupError):
    """A file that a model needs is missing or damaged."""


class CallRefused(OdaiError):
    """No call was opened. `status` is for HTTP before accept, `close_code` for a socket after it."""

    status = 503
    close_code = 1013
    retry_after = 5
    """Seconds, for the Retry-After header."""


class Overloaded(CallRefused):
    """Every place is taken."""


class Draining(CallRefused):
    """The server is finishing its calls and takes no new one."""

    close_code = 1001


class SessionTaken(CallRefused):
    """A call with this session id is live; the first one keeps it."""

    status = 409
    close_code = 1008


class ForeignChat(CallRefused):
    """The chat belongs to another user; whether it exists is not told to anybody else either."""

    status = 403
    close_code = 1008


class QuotaReached(CallRefused):
    """The user has had all that a day allows. Its text is a sentence for the user."""

    status = 429
    close_code = 1008
    retry_after = 3600


class ModelLost(OdaiError):
    """The model's connection ended and could not be opened again."""


class ModelError(OdaiError):
    """A text model gave no answer, or not all of it. `message` is a sentence for the user, without the service's words.

    Codes: busy (too many requests), unavailable (it failed, could not be reached or took too long), too_long (more than
    it can read), model (it refused the key or the request, or its answer cannot be read). `retry_after` is in seconds.
    """

    def __init__(self, code: str, message: str, *, retryable: bool, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after


class ToolError(OdaiError):
    """A tool has no answer. `message` is one sentence of ours that a voice can say.

    Codes: bad_request, auth, plan, not_found, rate_limited, upstream, timeout, bad_shape, not_configured,
    unavailable (circuit open), internal. `retry_after` is in seconds.
    """

    def __init__(self, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after = retry_after


class AccountNeeded(ToolError):
    """A tool needs an account that the user has not linked, or not for this. Becomes an `account_needed` response."""

    def __init__(self, message: str, *, account_type: str, connect_url: str) -> None:
        super().__init__("account_needed", message)
        self.account_type = account_type
        self.connect_url = connect_url
