#!/usr/bin/env python3
"""Says what takes the room in a Wasm module: by section, by module of the code, and by function; fails above 1 MiB.

usage: size.py MODULE [THE_SAME_WITH_NAMES]
"""
import re
import sys
from collections import Counter
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


def string(data, at):
    length, at = number(data, at)
    return data[at : at + length].decode("utf-8", "replace"), at + length


def sections(data):
    at = 8
    while at < len(data):
        size, start = number(data, at + 1)
        yield NAMES[data[at]], start, size
        at = start + size


def functions(data):
    """Sizes of the functions' bodies by name: those that are not imported, in their order."""
    sizes, names, imported = [], {}, 0
    for kind, start, size in sections(data):
        if kind == "import":
            count, at = number(data, start)
            for _ in range(count):
                _, at = string(data, at)
                _, at = string(data, at)
                what = data[at]
                if what != 0:
                    raise ValueError("an import that is no function")
                imported += 1
                _, at = number(data, at + 1)
        elif kind == "code":
            count, at = number(data, start)
            for _ in range(count):
                length, at = number(data, at)
                sizes.append(length)
                at += length
        elif kind == "custom":
            title, at = string(data, start)
            while title == "name" and at < start + size:
                part, (length, place) = data[at], number(data, at + 1)
                at = place + length
                if part != 1:
                    continue
                count, place = number(data, place)
                for _ in range(count):
                    index, place = number(data, place)
                    names[index], place = string(data, place)
    return [(names.get(index + imported, "?"), size) for index, size in enumerate(sizes)]


def module(name):
    """The module of a function: `weir::dialect::openai` of a mangled name; a crate where it is another's."""
    found = re.findall(r"(\d+)([A-Za-z_].*)", name)
    parts, rest = [], found[0][0] + found[0][1] if found and name.startswith("_ZN") else ""
    while match := re.match(r"(\d+)", rest):
        length = int(match[1])
        parts.append(rest[len(match[1]) : len(match[1]) + length])
        rest = rest[len(match[1]) + length :]
    path = "::".join(parts).replace("$LT$", "<").replace("$GT$", ">").replace("..", "::")
    own = re.search(r"weir::((?:\w+::)*)", path)
    if own:
        return "::".join(["weir", *own[1].split("::")[:2]]).rstrip(":")
    return re.sub(r"[^A-Za-z0-9_].*", "", parts[0].lstrip("_")) or "core" if parts else "other"


def main():
    path = Path(sys.argv[1])
    data = path.read_bytes()
    print(f"{path}: {len(data)} bytes of at most {LIMIT}")
    rows = Counter()
    for kind, _, size in sections(data):
        rows[kind] += size
    for name, size in rows.most_common(4):
        print(f"  {name:<10} {size:>8}")
    prices = path.resolve().parents[1] / "prices/prices.bin"
    if prices.exists():
        print(f"  of the data, {prices.stat().st_size} bytes are the price table")
    if len(sys.argv) > 2:
        named = functions(Path(sys.argv[2]).read_bytes())
        by_module = Counter()
        for name, size in named:
            by_module[module(name)] += size
        print("code by module:")
        for name, size in by_module.most_common(24):
            print(f"  {size:>8}  {name}")
        print("largest functions:")
        for name, size in sorted(named, key=lambda row: -row[1])[:12]:
            print(f"  {size:>8}  {re.sub(r'17h[0-9a-f]{16}E$', '', name)[:110]}")
    sys.exit(len(data) > LIMIT)


if __name__ == "__main__":
    main()
