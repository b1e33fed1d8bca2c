"""What fuzzing begins with: the golden cases, as each target wants them, and the product's own words."""
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden"
# Which clients' and providers' folders are of a wire: CLIENT_to_PROVIDER.
PROVIDERS = {"anthropic": r"_to_.*anthropic$", "gemini": r"_to_(gemini|vertex_ai)$", "bedrock": r"_to_bedrock$"}
# Cuts of a stream: whole, byte by byte, odd.
CUTS = [b"\xff\xff\xff", b"\x01\x01\x01", b"\x07\x29\x03"]


def files(folders, names):
    return [path.read_bytes() for folder in sorted(GOLDEN.iterdir()) if re.search(folders, folder.name) for path in sorted(folder.glob(f"*/{names}"))]


def provider(wire):
    others = "|".join(pattern for name, pattern in PROVIDERS.items() if name != wire)
    return PROVIDERS.get(wire, rf"^(?!.*({others}))")


def streams(wire):
    names = "upstream_body.events" if wire == "bedrock" else "upstream_body.sse"
    found = files(provider(wire if wire != "completions" else "openai"), names)
    if wire == "gemini":
        datas = [re.findall(rb"data: ?(.*)", body) for body in found]
        found += [b"[" + b"\n,\n".join(data) + b"]" for data in datas]
    return found


def requests(wire):
    found = files(rf"^{wire}_to_", "request.json")
    compact = [json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode() for body in found]
    return found + compact


def of(name):
    """The seeds of a target."""
    kind, _, wire = name.partition("_")
    if name == "scan_answers" or name == "errors" or kind == "answer":
        bodies = files(provider(wire) if kind == "answer" else "_to_", "upstream_body.json")
        head = {"scan": [b""], "errors": [b"\0\0", b"\4\1"], "answer": [b"\0", b"\x0f"]}[kind]
        return [first + body for body in bodies for first in head]
    if kind == "scan":
        return streams(wire)
    if kind == "stream":
        heads = [bytes([flags, 0, client]) + cut for client in range(4) for flags, cut in zip((0, 0x33, 0x49), CUTS)]
        return [head + body for number, body in enumerate(streams(wire)) for head in heads[number % 3 :: 3]]
    if kind == "request":
        bodies = requests(wire)
        return [bytes([number % 64, (7 * number) % 256, number % 12]) + body for number, body in enumerate(bodies * 4)]
    if name in ("json", "splice", "schemas"):
        head = b"\0\x55\x55" if name == "splice" else b""
        whole = [body for body in files("openai_to_", "request.json") if len(body) < 1500]
        parts = [found for body in whole for found in re.findall(rb'"(?:parameters|schema)": (\{(?:.|\n)*?\n  +\})', body)]
        return [head + body for body in whole + parts]
    if name in ("sse", "json_array", "aws_raw"):
        bodies = {"sse": streams("openai"), "json_array": streams("gemini"), "aws_raw": files("_to_bedrock", "upstream_body.bin")}[name]
        return [b"\0" + cut + body for body in bodies for cut in CUTS]
    if name in ("config_json", "config_struct"):
        return configurations()
    if name == "prices":
        table = (ROOT / "prices/prices.tsv").read_text().splitlines()[2::40]
        return [bytes([number % 256, 3, 9, 2, 7, 1, 1, 0, 0, 0, 0, 1, 2]) + line.split("\t")[0].encode() for number, line in enumerate(table)]
    if name == "paths":
        source = (ROOT / "src/exchange/operation.rs").read_text()
        return [path.encode() for path in re.findall(r'"/(v1[^"]*|openai[^"]*)"', source)]
    return [b""]


def configurations():
    """The plugin configurations of the product's own tests, and one that says everything."""
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.rs")))
    texts = re.findall(r'r#"(\{"stage".*?)"#', sources, re.S)
    provider = {
        "provider": "azure_openai", "name": "own", "match": {"cluster": "a*", "cluster_metadata": {"namespace": "n", "key": "k", "value": "v"}},
        "host": "h.example", "path_prefix": "/p", "api_version": "2024-10-21", "auth": {"key": "${KEY}", "header": "x-own"},
        "headers": {"x-a": "${KEY}"}, "models": {"a*": "b-*", "c": "d"}, "prices": {"b-*": {"input_cost_per_token": 1e-6, "output_cost_per_token": "2.5e-06"}},
        "unsupported_params": "drop", "default_max_tokens": 77, "forward_caller_auth": True,
    }
    attempt = {"stage": "attempt", "providers": [provider, {"provider": "openai"}], "fallback": {"on": ["context_length"], "first_event_timeout": "250ms", "first_event_bytes": 9}, "max_event_bytes": 2048}
    edge = {
        "stage": "edge", "hosts": ["*.example"], "path_prefix": "/ai", "unknown_paths": "pass", "models": [{"name": "gpt-*", "target": "t", "created": 7}],
        "unknown_models": "reject", "caller": {"header": "x-user"}, "team": {"metadata": {"namespace": "n", "path": ["a", "b"]}}, "max_caller_labels": 5, "dry_run": True,
        "max_request_bytes": 16777216, "translate": "inline", "providers": [{"provider": "bedrock", "region": "us-east-1"}, {"provider": "vertex_ai", "project": "p", "location": "l"}],
    }
    return [text.encode() for text in texts] + [json.dumps(config).encode() for config in (attempt, edge)]


def words(path):
    """A dictionary: what the product itself compares with."""
    found = set()
    for source in (ROOT / "src").rglob("*.rs"):
        found |= set(re.findall(r'"([A-Za-z0-9_.:/$ -]{2,32})"', source.read_text()))
    lines = [f'"\\"{word}\\""' for word in sorted(found)]
    path.write_text("\n".join([*lines, '"\\x0a\\x0a"', '"data: "', '"\\\\u0075"', '"[DONE]"', ""]))
