"""The ways the sample plugin with accounts is spoiled, each with the standard test that must notice."""

from __future__ import annotations

from tests.kit_mutants.mutants import Mutant


def _mutant(name: str, caught_by: str, old: str, new: str) -> Mutant:
    return Mutant(name, caught_by, old, new, sample="moorings")


_USING = "    return await ctx.account.using(call)\n"
_NO_SERVICE = """    if ctx.account is None:
        raise ToolError("not_configured", "I can't look into your moorings here.")
"""
_BOOKING = "hashlib.sha256((ctx.write_id or secrets.token_hex(16)).encode()).hexdigest()"
_BOOK = '    return await ask(ctx, link, "POST", "bookings", type=Mooring, json=booking, fine=gone)\n'

ACCOUNT_MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "an account that is not linked sounds broken", "test_account_not_linked_is_said", _USING,
        "    try:\n        await ctx.account.links()\n    except ToolError:\n"
        '        raise ctx.account.needed("That failed: no token.") from None\n' + _USING,
    ),
    _mutant(
        "an account that is not linked is not_found", "test_account_not_linked_is_said", _USING,
        "    try:\n        await ctx.account.links()\n    except ToolError:\n"
        '        raise ToolError("not_found", "You have no account.") from None\n' + _USING,
    ),
    _mutant(
        "a token that is never renewed", "test_expired_token_is_renewed_once", _USING,
        "    return await call((await ctx.account.links())[0])\n",
    ),
    _mutant(
        "a token that is renewed twice", "test_revoked_access_is_account_needed", _USING,
        "    try:\n        return await ctx.account.using(call)\n    except ToolError:\n        pass\n" + _USING,
    ),
    _mutant(
        "a revoked account is the operator's trouble", "test_revoked_access_is_account_needed", _USING,
        "    from odai_core import AccountNeeded\n    try:\n        return await ctx.account.using(call)\n"
        "    except AccountNeeded:\n"
        '        raise ToolError("auth", "The harbour is not available.") from None\n',
    ),
    _mutant("a missing scope is the plan's", "test_missing_scope_is_account_needed", "403 in refused", "not refused"),
    _mutant(
        "any account is good enough", "test_missing_scope_is_account_needed", _USING,
        "    return await ctx.account.using(call, (await ctx.account.links())[0])\n",
    ),
    _mutant(
        "no account service, and no word of it", "test_no_account_service_is_said", _NO_SERVICE,
        "    assert ctx.account is not None\n",
    ),
    _mutant(
        "no account service is the user's trouble", "test_no_account_service_is_said", '"not_configured"', '"auth"'
    ),
    _mutant(
        "samples although an account could be linked", "test_samples_only_in_demo",
        "sample = ctx.demo and ctx.account is None", "sample = ctx.demo",
    ),
    _mutant(
        "the token in a log record", "test_secrets_stay_secret", _BOOK,
        '    ctx.log.info("booking with %s", link.token.reveal())\n' + _BOOK,
    ),
    _mutant(
        "whose account it is in a log record", "test_secrets_stay_secret", _BOOK,
        '    ctx.log.info("booking for %s", link.label)\n' + _BOOK,
    ),
    _mutant(
        "the token on the screen", "test_secrets_stay_secret", 'response={"mooring": mooring}',
        'response={"mooring": mooring, "with": (await ctx.account.links())[0].token.reveal()}',
    ),
    _mutant("a change that does not ask", "test_a_change_asks_first", "    confirm=True,\n", ""),
    _mutant(
        "a question nobody would put so", "test_a_change_asks_first", "Book a mooring in a harbour.",
        "calls the bookings API",
    ),
    _mutant(
        "a question about somebody else", "test_a_change_asks_first", "Book a mooring in a harbour.",
        "Book a mooring in the user's harbour.",
    ),
    _mutant(
        "a question of its own that is none", "test_a_change_asks_first", 'return "Shall I give it back?"',
        'return "It is given back."',
    ),
    _mutant(
        "a question of its own that fails", "test_a_change_asks_first", 'return "Shall I give it back?"',
        'raise ToolError("upstream", "I do not know.")',
    ),
    _mutant(
        "a question of its own that does it", "test_a_change_asks_first", 'return "Shall I give it back?"',
        'await cancel_mooring(ctx, mooring)\n    return "Shall I give it back?"',
    ),
    _mutant(
        "a change in a call", "test_a_change_asks_first", "    confirm=True,\n", "    confirm=True, voice=True,\n",
    ),
    _mutant("an id for every try", "test_a_confirmed_action_is_done_once", _BOOKING, "secrets.token_hex(16)"),
    _mutant(
        "one id for everything", "test_a_confirmed_action_is_done_once", _BOOKING,
        "hashlib.sha256(harbour.encode()).hexdigest()",
    ),
    _mutant(
        "one id for whoever has none", "test_a_confirmed_action_is_done_once",
        "(ctx.write_id or secrets.token_hex(16))", "ctx.write_id",
    ),
    _mutant(
        "done already is a failure", "test_a_confirmed_action_is_done_once", "    return status in (409, 410)\n",
        "    return status == 410\n",
    ),
    _mutant(
        "sent again when it is not known", "test_a_confirmed_action_is_done_once", _BOOK,
        '    try:\n    ' + _BOOK + '    except ToolError:\n        booking = {**booking, "id": secrets.token_hex(8)}\n'
        + _BOOK,
    ),
)  # fmt: skip
