"""The other clients: Node's openai package, and curl."""
import json
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SAID = "Say hello, naïve wörld ☃"


@pytest.mark.parametrize("model", ["gpt-4o", "azure-gpt-4o", "claude-sonnet-4-5"])
def test_node_client(gw, model):
    run = subprocess.run(["node", str(HERE / "node/chat.mjs"), gw.url, model], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    got = json.loads(run.stdout)
    assert (got["unary"], got["text"]) == (SAID, SAID)
    assert got["usage"]["prompt_tokens"] == 12
    assert got["calls"] == [["get_weather", 0], ["get_time", 1]]
    assert (got["failure"]["name"], got["failure"]["status"]) == ("RateLimitError", 429)


@pytest.mark.parametrize("flag", ["--http1.1", "--http2-prior-knowledge"])
def test_curl(gw, flag):
    body = json.dumps({"model": "claude-sonnet-4-5+reply=ok", "messages": [{"role": "user", "content": "Hi"}], "stream": True})
    command = ["curl", "-sSN", flag, f"{gw.url}/v1/chat/completions", "-H", "content-type: application/json", "-d", body]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert '"delta":{"content":"ok"}' in run.stdout and run.stdout.endswith("data: [DONE]\n\n")
