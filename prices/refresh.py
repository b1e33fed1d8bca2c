#!/usr/bin/env python3
"""Rebuilds the price table from the published `litellm` package.

    python3 prices/refresh.py WHEEL      reads the wheel, writes prices/prices.tsv and prices/prices.bin
    python3 prices/refresh.py --pack     writes prices/prices.bin from prices/prices.tsv alone

`prices.tsv` is the source that is kept: one row a model, one column a rate, US dollars per token, spelled exactly as
the package spells them. New units and tiers are new columns. `prices.bin` is what the module carries; its layout is
described in src/meter/price/table.rs.
"""
import datetime
import json
import re
import struct
import zlib
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = "litellm/model_prices_and_context_window_backup.json"
COLUMNS = [
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "cache_creation_input_token_cost_above_1hr",
    "output_cost_per_reasoning_token",
]
BLOCK = 16


def read_wheel(path):
    """Rows of the wheel's price map, and a line that tells where they are from."""
    version = re.match(r"litellm-([^-]+)-", Path(path).name).group(1)
    with zipfile.ZipFile(path) as wheel:
        # Decimal keeps each number as it is spelled; a float would round it.
        table = json.loads(wheel.read(SOURCE), parse_float=Decimal, parse_int=Decimal)
        stamp = wheel.getinfo(SOURCE).date_time[:3]
    day = datetime.date(*stamp) if stamp[0] > 1980 else datetime.date.today()
    rows = []
    for name, model in table.items():
        if name in ("sample_spec", "fallback_generalizations") or not isinstance(model, dict):
            continue
        rates = [model.get(column) for column in COLUMNS]
        rates = [rate if isinstance(rate, Decimal) and rate >= 0 else None for rate in rates]
        if rates[0] is None and rates[1] is None:
            continue
        provider = model.get("litellm_provider", "")
        rows.append((name, provider, model.get("mode", ""), rates))
    rows.sort(key=lambda row: row[0].encode())
    return f"litellm {version}, {day.isoformat()}", rows


def spell(rate):
    return "" if rate is None else format(rate.normalize(), "f") if rate == 0 else str(rate.normalize())


def write_tsv(origin, rows):
    lines = [f"# {origin}. US dollars per token. MIT, see LICENSE.litellm. Made by prices/refresh.py."]
    lines.append("\t".join(["model", "provider", "mode", *COLUMNS]))
    for name, provider, mode, rates in rows:
        lines.append("\t".join([name, provider, mode, *map(spell, rates)]))
    (HERE / "prices.tsv").write_text("\n".join(lines) + "\n")


def read_tsv():
    lines = (HERE / "prices.tsv").read_text().splitlines()
    origin = lines[0][2:].split(". US dollars")[0]
    rows = []
    for line in lines[2:]:
        name, provider, mode, *rates = line.split("\t")
        rows.append((name, provider, mode, [Decimal(rate) if rate else None for rate in rates]))
    return origin, rows


def value(rate):
    """Mantissa and how often to divide it by ten."""
    sign, digits, exponent = rate.normalize().as_tuple()
    mantissa = int("".join(map(str, digits)))
    if exponent > 0:
        mantissa, exponent = mantissa * 10**exponent, 0
    assert not sign and mantissa < 2**64 and -24 <= exponent <= 0, rate
    return mantissa, -exponent


def pack(origin, rows):
    values = sorted({value(rate) for *_, rates in rows for rate in rates if rate is not None})
    place = {pair: index + 1 for index, pair in enumerate(values)}
    cards, names, restarts, card_place = [], bytearray(), [], {}
    before = b""
    for index, (name, _, _, rates) in enumerate(rows):
        card = tuple(0 if rate is None else place[value(rate)] for rate in rates)
        if card not in card_place:
            card_place[card] = len(cards)
            cards.append(card)
        name = name.encode()
        assert len(name) < 256, name
        shared = 0
        if index % BLOCK == 0:
            restarts.append(len(names))
        else:
            while shared < min(len(before), len(name)) and before[shared] == name[shared]:
                shared += 1
        names += bytes([shared, len(name) - shared]) + name[shared:] + struct.pack("<H", card_place[card])
        before = name
    head = origin.encode()
    out = bytearray(b"WEIRPRC1")
    out += struct.pack("<5I", len(head), len(values), len(cards), len(restarts), len(names))
    out += head
    for mantissa, scale in values:
        out += struct.pack("<QB", mantissa, scale)
    for card in cards:
        out += struct.pack(f"<{len(COLUMNS)}H", *card)
    for restart in restarts:
        out += struct.pack("<I", restart)
    out += names
    packed = struct.pack("<I", len(out)) + zlib.compress(bytes(out), 9)
    (HERE / "prices.bin").write_bytes(packed)
    print(f"{origin}: {len(rows)} models, {len(cards)} rate cards, {len(values)} rates, {len(out)} bytes, {len(packed)} packed")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] != "--pack":
        write_tsv(*read_wheel(sys.argv[1]))
    pack(*read_tsv())


if __name__ == "__main__":
    main()
