#!/usr/bin/env python3
"""Writes tests/golden/prices/litellm.tsv: costs as LiteLLM itself computes them. Needs `pip install litellm`.

Only rows whose cost is by token alone are asked: tiers and other units are not built yet.
"""
import os
import random

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import litellm
from litellm.types.utils import CompletionTokensDetailsWrapper, PromptTokensDetailsWrapper, Usage

ROOT = Path(__file__).resolve().parent.parent


def main():
    random.seed(7)
    names = []
    rows = (ROOT / "prices/prices.tsv").read_text().splitlines()[2:]
    listed = {line.split("\t")[0] for line in rows}
    for name, row in litellm.model_cost.items():
        if name not in listed:
            # LiteLLM makes up aliases while it loads.
            continue
        plain = not any("above" in key and "1hr" not in key or "tiered" in key or "off_peak" in key for key in row)
        known = row.get("litellm_provider") in ("openai", "anthropic", "azure", "groq", "mistral", "deepseek", "xai", "together_ai", "fireworks_ai")
        odd = any(key.startswith(("input_cost_per_c", "input_cost_per_s", "input_cost_per_q", "input_cost_per_r", "provider_specific", "regional")) for key in row)
        if row.get("mode") == "chat" and plain and known and not odd and row.get("input_cost_per_token") and row.get("output_cost_per_token"):
            names.append(name)
    lines = ["model\tinput\toutput\tcache_read\tcache_write\treasoning\tnanousd"]
    for name in sorted(random.sample(sorted(names), min(400, len(names)))):
        row = litellm.model_cost[name]
        read = random.choice([0, 100, 777]) if "cache_read_input_token_cost" in row else 0
        write = random.choice([0, 50, 333]) if "cache_creation_input_token_cost" in row else 0
        prompt = read + write + random.choice([1, 17, 1234, 20011])
        reasoning = random.choice([0, 9]) if "output_cost_per_reasoning_token" in row else 0
        completion = reasoning + random.choice([1, 13, 999])
        usage = Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion,
            cache_read_input_tokens=read,
            cache_creation_input_tokens=write,
            prompt_tokens_details=PromptTokensDetailsWrapper(cached_tokens=read, cache_creation_tokens=write),
            completion_tokens_details=CompletionTokensDetailsWrapper(reasoning_tokens=reasoning),
        )
        try:
            cost = litellm.cost_per_token(model=name, custom_llm_provider=row["litellm_provider"], usage_object=usage)
        except Exception as error:
            print(f"left out {name}: {error}")
            continue
        total = Decimal(repr(cost[0])) + Decimal(repr(cost[1]))
        nano = (total * 10**9).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        lines.append(f"{name}\t{prompt}\t{completion}\t{read}\t{write}\t{reasoning}\t{nano}")
    out = ROOT / "tests/golden/prices/litellm.tsv"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(lines) + "\n")
    print(f"{len(lines) - 1} cases from litellm {litellm.__version__ if hasattr(litellm, '__version__') else ''}")


if __name__ == "__main__":
    main()
