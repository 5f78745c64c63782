"""Exchange rates: what one currency is worth in another."""

from __future__ import annotations

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool
from odai_tool_exchange_rate import currencies, samples, shapes, spoken

KEEP = 3600
"""Seconds; the rates are made once a day, and a free plan has some fifteen hundred requests a month."""
MAIN = ("USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CHF", "CNY", "INR")
"""A model is told at most eight of them, the screen all."""


@tool(
    timeout=15,
    examples=[
        "what are the exchange rates for the {currency_ISO4217:euro}",
        "exchange rates of the {currency_ISO4217:US dollar}",
        "how is the {currency_ISO4217:yen} doing against other currencies",
        "show me all rates for {currency_ISO4217:GBP}",
        "what is a {currency_ISO4217:Swiss franc} worth",
        "list the currency rates for {currency_ISO4217:CAD}",
        "today's rates for the {currency_ISO4217:Mexican peso}",
        "what's the {currency_ISO4217:rupee} worth in other currencies",
    ],
    progress="Looking up exchange rates",
)
async def get_exchange_rates_for_currency(ctx: ToolContext, currency_ISO4217: str) -> ToolResponse:
    """Tell what one unit of a currency is worth in the others, by today's rates.

    Args:
        currency_ISO4217: The currency's three-letter ISO 4217 code, such as "USD".
    """
    base = currencies.code(currency_ISO4217)
    sampled = _sampled(ctx)
    rates = samples.rates(base) if sampled else (await _ask(ctx, base)).conversion_rates
    if not rates:
        raise ToolError("bad_shape", "The exchange rates came in a form I can't read. Please try again in a moment.")
    main = {iso: rates[iso] for iso in MAIN if iso in rates and iso != base} or dict(list(rates.items())[:8])
    return ToolResponse(
        response_type="exchange_rate_for_currency",
        response={"base": base, "rates": main | rates},
        spoken=spoken.table(base, main),
        voice={"base": base, "rates": {iso: _rounded(rate) for iso, rate in list(main.items())[:8]}},
        sample=sampled,
    )


@tool(
    timeout=15,
    examples=[
        "what is {amount:100} {from_currency_ISO4217:dollars} in {to_currency_ISO4217:euros}",
        "convert {amount:250} {from_currency_ISO4217:euros} to {to_currency_ISO4217:pounds}",
        "exchange rate from {from_currency_ISO4217:USD} to {to_currency_ISO4217:JPY}",
        "how much is {amount:20} {from_currency_ISO4217:British pounds} in {to_currency_ISO4217:US dollars}",
        "how many {to_currency_ISO4217:pesos} do I get for {amount:50} {from_currency_ISO4217:dollars}",
        "what's the {from_currency_ISO4217:dollar} to {to_currency_ISO4217:yen} rate",
        "change {amount:1000} {from_currency_ISO4217:yen} into {to_currency_ISO4217:dollars}",
        "what would {amount:75} {from_currency_ISO4217:Canadian dollars} be in {to_currency_ISO4217:euros}",
        "how much is a {from_currency_ISO4217:euro} in {to_currency_ISO4217:dollars}",
    ],
    progress="Looking up the exchange rate",
)
async def get_exchange_rate_for_currency_pair(
    ctx: ToolContext,
    from_currency_ISO4217: str,
    to_currency_ISO4217: str,
    amount: float | None = None,
) -> ToolResponse:
    """Tell what an amount of one currency is in another, by today's rate.

    Args:
        from_currency_ISO4217: The three-letter ISO 4217 code of the currency one has, such as "USD".
        to_currency_ISO4217: The three-letter code of the currency one wants, such as "EUR".
        amount: How much of it; 1 unless given.
    """
    base, target = currencies.code(from_currency_ISO4217), currencies.code(to_currency_ISO4217)
    many = 1.0 if amount is None else amount
    if not 0 < many < 1e12:
        raise ToolError("bad_request", "Tell me an amount above zero, and below a trillion.")
    sampled = _sampled(ctx)
    if sampled:
        rate = samples.rates(base).get(target)
        if rate is None:
            raise ToolError("not_found", "My sample data doesn't know that currency.")
        kept = None
    else:
        found = await _ask(ctx, base, target)
        rate, kept = found.conversion_rate, found.time_last_update_unix
    if rate is None:
        raise ToolError("bad_shape", "The exchange rate came in a form I can't read. Please try again in a moment.")
    result = _rounded(many * rate)
    answer = {"from": base, "to": target, "amount": many, "rate": rate, "result": result, "updated_at": kept}
    return ToolResponse(
        response_type="exchange_rate_for_currency_pair",
        response=to_builtins(answer),
        spoken=spoken.pair(many, base, target, result, sampled),
        voice={"from": base, "to": target, "amount": many, "result": result},
        sample=sampled,
    )


async def _ask(ctx: ToolContext, base: str, target: str | None = None) -> shapes.Answer:
    answer: shapes.Answer = await ctx.http.get_json(
        ctx.settings["EXCHANGERATE_BASE_URL"],
        *(("v6", "latest", base) if target is None else ("v6", "pair", base, target)),
        # The key may stand in the path as well; there every log on the way would keep it.
        auth=ctx.settings["EXCHANGERATE_API_KEY"],
        cache=KEEP,
        codes=shapes.code_of,
        service="The exchange rate service",
        type=shapes.Answer,
    )
    if answer.result != "success":
        code = shapes.CODES.get(answer.error or "", "upstream")
        raise ToolError(code, _SENTENCES.get(code, "The exchange rate service isn't answering right now."))
    return answer


_SENTENCES = {
    "auth": "The exchange rate service isn't available at the moment.",
    "bad_request": "The exchange rate service didn't understand that. Please say it another way.",
    "not_found": "I couldn't find a rate for that currency.",
    "plan": "The exchange rate service isn't available any more this month.",
}


def _rounded(amount: float) -> float:
    """To cents; small amounts to four digits that count."""
    return round(amount, 2) if amount >= 1 else float(f"{amount:.4g}")


def _sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["EXCHANGERATE_API_KEY"]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="exchange-rate",
        api=1,
        title="Exchange Rates",
        summary="convert currencies",
        tools=[get_exchange_rates_for_currency, get_exchange_rate_for_currency_pair],
        samples=True,
        instructions=(
            "Use the pair tool when two currencies are named. Round to cents, and say that rates are made once a day. "
            "Show several rates as a table."
        ),
        voice_instructions="Say the amount, the converted amount rounded to cents, and at today's rate.",
        settings=[
            Setting(
                name="EXCHANGERATE_API_KEY",
                help="A key of ExchangeRate-API.",
                required=True,
                secret=True,
                where="https://www.exchangerate-api.com",
            ),
            Setting(
                name="EXCHANGERATE_BASE_URL", help="The service's address.", default="https://v6.exchangerate-api.com"
            ),
        ],
    )
