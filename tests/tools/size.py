#!/usr/bin/env python3
"""Says what takes the room in a Wasm module, by section and by the largest functions; fails above 1 MiB."""
import sys
from pathlib import Path

LIMIT = 1 << 20
NAMES = ["custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"]


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def main():
    path = Path(sys.argv[1])
    data = path.read_bytes()
    at = 8
    bodies = []
    rows = {}
    while at < len(data):
        kind = data[at]
        size, start = number(data, at + 1)
        rows[NAMES[kind]] = rows.get(NAMES[kind], 0) + size
        if NAMES[kind] == "code":
            count, place = number(data, start)
            for _ in range(count):
                length, place = number(data, place)
                bodies.append(length)
                place += length
        at = start + size
    print(f"{path}: {len(data)} bytes of at most {LIMIT}")
    for name, size in sorted(rows.items(), key=lambda row: -row[1])[:4]:
        print(f"  {name:<10} {size:>8}")
    top = sorted(bodies, reverse=True)
    print(f"  {len(top)} functions; the 20 largest have {sum(top[:20])} bytes")
    prices = path.resolve().parents[1] / "prices/prices.bin"
    if prices.exists():
        print(f"  of the data, {prices.stat().st_size} bytes are the price table")
    sys.exit(len(data) > LIMIT)


if __name__ == "__main__":
    main()
