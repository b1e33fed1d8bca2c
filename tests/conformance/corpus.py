"""The recorded cases: where they lie, what each says, and the bytes that its provider put on the wire."""
import base64
import csv
import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import frames

ROOT = Path(__file__).resolve().parents[2]
MODEL_IN_PATH = re.compile(r"/(?:models?|deployments)/([^/?]+?)(?::[A-Za-z]+|/converse|/invoke|/chat|/completions|/embeddings|/count-tokens|\?|$)")


def folder():
    """Where the corpus is: `WEIR_CORPUS`, or beside the repository."""
    return Path(os.environ.get("WEIR_CORPUS") or ROOT / "../shared/corpus").resolve()


@dataclass(frozen=True)
class Entry:
    """One line of INDEX.tsv."""

    file: str
    provider: str
    operation: str
    streaming: bool


def index(root):
    """Every case that INDEX.tsv lists."""
    with (root / "INDEX.tsv").open(newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Entry(row["file"], row["provider"], row["op"], row["streaming"] in ("stream", "true", "True", "1")) for row in rows]


def digest(root):
    """Which corpus this is: a baseline counts for one corpus only."""
    return hashlib.sha256((root / "INDEX.tsv").read_bytes()).hexdigest()[:16]


class Case:
    """One recorded exchange."""

    def __init__(self, root, entry, wire):
        self.entry = entry
        self.wire = wire
        self.record = json.loads((root / entry.file).read_text())

    @property
    def streaming(self):
        return self.entry.streaming

    @cached_property
    def status(self):
        return int(self.record["response"].get("status") or 200)

    @cached_property
    def headers(self):
        """The response's headers, lower-case; what the recorder masked is left out."""
        headers = self.record["response"].get("headers") or {}
        return {name.lower(): str(value) for name, value in headers.items() if "REDACTED" not in str(value)}

    @cached_property
    def body(self):
        """The response as it stood on the wire; framing that the fixture's author dropped is put back."""
        response = self.record["response"]
        if response.get("body_base64") is not None:
            return base64.b64decode(response["body_base64"])
        text = response.get("body")
        if not isinstance(text, str):
            return b"" if text is None else json.dumps(text).encode()
        if self.streaming and self.status < 400 and frames.is_unframed(text):
            return frames.reframe(text, self.wire)
        return text.encode()

    @cached_property
    def content_type(self):
        """The response's media type; what was lost is what this wire always has."""
        if self.wire in frames.EVENT_STREAMS and self.streaming and self.status < 400:
            return "application/vnd.amazon.eventstream"
        recorded = self.headers.get("content-type")
        if recorded and not (self.status >= 400 and "event-stream" in recorded and self.body.lstrip()[:1] == b"{"):
            return recorded
        return "text/event-stream" if self.streaming and self.status < 400 else "application/json"

    @cached_property
    def request(self):
        """The recorded request's JSON body, or None where it was lost."""
        request = self.record.get("request") or {}
        body = request.get("body")
        return body if isinstance(body, dict) and body else None

    @cached_property
    def speaks_completion(self):
        """Whether the answer is one of Anthropic's wire before Messages."""
        decoded = self.record["response"].get("eventstream_decoded")
        text = json.dumps(decoded) if decoded else self.body.decode("utf-8", "replace")
        return '"completion"' in text.replace('\\"', '"') and '"message_start"' not in text.replace('\\"', '"') and '"role"' not in text

    @property
    def has_request(self):
        """Whether the recording is of an exchange, and not of a response only."""
        return bool(self.record.get("request"))

    @cached_property
    def request_headers(self):
        return {name.lower(): str(value) for name, value in ((self.record.get("request") or {}).get("headers") or {}).items()}

    @cached_property
    def url(self):
        return str((self.record.get("request") or {}).get("url") or "")

    @cached_property
    def model(self):
        """The model that was asked for."""
        asked = (self.request or {}).get("model")
        found = MODEL_IN_PATH.search(self.url)
        return str(asked or (unquote(found[1]) if found else "") or self.record.get("model") or "model")
