"""Every configuration of Weir's that is published follows `envoy/weir.schema.json`."""
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "envoy/weir.schema.json").read_text())
ROUTE = {"$ref": "#/definitions/route", "definitions": SCHEMA["definitions"]}
FENCE = re.compile(r"^```ya?ml\n(.*?)^```", re.M | re.S)


def pages():
    """Every YAML of each file: the file itself, or the fenced blocks of a page."""
    files = sorted([*ROOT.glob("envoy/*.yaml"), *ROOT.glob("k8s/**/*.yaml"), ROOT / "README.md", *ROOT.glob("k8s/**/*.md")])
    for path in files:
        text = path.read_text()
        yield path.relative_to(ROOT).as_posix(), FENCE.findall(text) if path.suffix == ".md" else [text]


def blocks(node):
    """Weir's blocks below a node, with the schema of each; also in texts that hold YAML, as patches do."""
    if isinstance(node, str) and "\n" in node and ("stage:" in node or "weir:" in node):
        try:
            node = list(yaml.safe_load_all(node))
        except yaml.YAMLError:
            return
    if isinstance(node, dict):
        if node.get("stage") in ("edge", "attempt"):
            yield SCHEMA, node
            return
        metadata = node.get("filter_metadata")
        route = metadata.get("weir") if isinstance(metadata, dict) else None
        # Clusters and endpoints have texts of the operator's own there, for `match`.
        if isinstance(route, dict) and set(route) & set(SCHEMA["definitions"]["route"]["properties"]):
            yield ROUTE, route
        for below in node.values():
            yield from blocks(below)
    elif isinstance(node, list):
        for below in node:
            yield from blocks(below)


def found():
    for name, texts in pages():
        for text in texts:
            documents = list(yaml.safe_load_all(text))
            for place, (schema, block) in enumerate(blocks(documents)):
                yield pytest.param(schema, block, id=f"{name}-{place}")


FOUND = list(found())


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("schema, block", FOUND)
def test_published_configurations_follow_it(schema, block):
    jsonschema.Draft7Validator(schema).validate(block)


def test_every_file_that_has_a_stage_is_looked_at():
    seen = {each.id.rsplit("-", 1)[0] for each in FOUND}
    stage = re.compile(r"^[^#\n]*\bstage: (edge|attempt)\b", re.M)
    having = {name for name, texts in pages() if any(map(stage.search, texts))}
    assert having and having <= seen, having - seen
