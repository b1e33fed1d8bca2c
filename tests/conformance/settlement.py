"""What a recorded answer costs, and where the access log says something else."""
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

from families import targets

TABLE = Path(__file__).resolve().parents[2] / "prices/prices.tsv"
COLUMNS = ("input", "output", "cached", "written", "written_1h", "reasoning")
# Where a provider's models stand in LiteLLM's table: under these prefixes, in this order.
PREFIXES = {
    "openai": ("", "openai/"),
    "anthropic": ("", "anthropic/"),
    "azure_openai": ("azure/", "azure_ai/", ""),
    "gemini": ("gemini/", ""),
    "gemini_openai": ("gemini/",),
    "azure_ai_foundry": ("azure_ai/", "azure/"),
    "bedrock_mantle": ("bedrock_mantle/", ""),
    "vertex_ai": ("vertex_ai/", ""),
    "vertex_anthropic": ("vertex_ai/", ""),
    "bedrock": ("", "bedrock/"),
    "bedrock_anthropic": ("", "bedrock/"),
}
DATED = re.compile(r"(.+?)(-latest|[-@]\d{8}|-\d{4}-\d\d-\d\d)\Z")


@lru_cache
def _table():
    rows = {}
    for line in TABLE.read_text().splitlines()[2:]:
        fields = line.split("\t")
        rows[fields[0]] = dict(zip(COLUMNS, fields[3:9]))
    return rows


def rates(target, model):
    """The prices of a model at a target, or None where the table has none."""
    provider = targets()[target]
    prefixes = PREFIXES.get(provider["provider"]) or ((provider.get("name") or provider["provider"]) + "/",)
    dated = DATED.match(model)
    for name in [model, *([dated[1]] if dated else [])]:
        for prefix in prefixes:
            if prefix + name in _table():
                return _table()[prefix + name]
    return None


def cost(prices, usage):
    """Nano-dollars: each token once, at its own rate or the one that it falls back to; rounded once, half up."""
    price = {name: Decimal(text) if text else None for name, text in prices.items()}
    fallback = lambda name, other: price[name] if price[name] is not None else other
    base_in, base_out = price["input"] or Decimal(0), price["output"] or Decimal(0)
    cached = min(usage.cached or 0, usage.input)
    written = min(usage.written or 0, usage.input - cached)
    hour = min(usage.written_1h or 0, written)
    reasoned = min(usage.reasoning or 0, usage.output)
    write_rate = fallback("written", base_in)
    total = (usage.input - cached - written) * base_in + cached * fallback("cached", base_in)
    total += (written - hour) * write_rate + hour * fallback("written_1h", write_rate)
    total += (usage.output - reasoned) * base_out + reasoned * fallback("reasoning", base_out)
    return int((total * 10**9).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def differences(want, entry):
    """Every `(check, why)` by which the settlement is not what the recording says; `want` is a pair's expectation."""
    if entry is None:
        return [("settlement", "the access log has no line of this request")]
    found = []
    usage, model, target = want["usage"], want["model"], want["target"]
    if usage is None:
        if entry.get("usage_source") == "provider":
            found.append(("settlement", f"usage_source is provider, and the recording says none ({_said(entry)})"))
        return found
    if entry.get("usage_source") != "provider":
        return [("settlement", f"usage_source is {entry.get('usage_source')}, and the recording says {usage}")]
    cached = {usage.cached or 0, min(usage.cached or 0, usage.input)}
    if _number(entry.get("cache_read_tokens")) not in cached:
        found.append(("settlement", f"cache_read_tokens: {usage.cached} became {entry.get('cache_read_tokens')}"))
    pairs = [
        ("input_tokens", usage.input), ("output_tokens", usage.output),
        ("cache_write_tokens", usage.written), ("reasoning_tokens", usage.reasoning),
    ]  # fmt: skip
    for name, count in pairs:
        if _number(entry.get(name)) != (count or 0):
            found.append(("settlement", f"{name}: {count} became {entry.get(name)}"))
    prices = rates(target, model)
    if not found and prices is None and _number(entry.get("cost_nanousd")):
        found.append(("cost", f"{model} has no price, and cost {entry.get('cost_nanousd')}"))
    if not found and prices is not None and str(entry.get("cost_nanousd")) != str(cost(prices, usage)):
        found.append(("cost", f"{model}: {cost(prices, usage)} became {entry.get('cost_nanousd')}"))
    return found


def _number(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0


def _said(entry):
    return {name: entry.get(name) for name in ("input_tokens", "output_tokens")}
