"""Keys that can be told apart wherever they turn up, and the places to look for them."""
import re

from gateway import KEYS, fetch

# Every secret of a test has this in it.
MARK = "5ecret"
PROVIDER_KEYS = KEYS
HOSTS = {"api.openai.com": "OPENAI_API_KEY", "example.openai.azure.com": "AZURE_OPENAI_API_KEY", "api.anthropic.com": "ANTHROPIC_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY", "bedrock-runtime.us-east-1.amazonaws.com": "AWS_BEARER_TOKEN_BEDROCK"}
# What a client may send a key by.
CALLERS_HEADERS = [
    b"authorization: Bearer caller-bearer-5ecret", b"x-api-key: caller-x-api-5ecret", b"x-goog-api-key: caller-goog-5ecret", b"api-key: caller-api-5ecret",
    b"cookie: session=caller-cookie-5ecret", b"proxy-authorization: Basic caller-proxy-5ecret", b"ocp-apim-subscription-key: caller-apim-5ecret",
    b"x-amz-security-token: caller-amz-5ecret", b"x-litellm-api-key: caller-litellm-5ecret", b"x-weir-target: caller-weir-5ecret",
]
CALLERS_QUERY = "key=caller-query-5ecret&access_token=caller-token-5ecret&k%65y=caller-odd-5ecret&api-key=caller-dash-5ecret&subscription-key=caller-sub-5ecret"
PLACES = ["/stats", "/stats?usedonly", "/stats/prometheus", "/config_dump", "/config_dump?include_eds", "/clusters", "/clusters?format=json", "/listeners", "/server_info", "/runtime", "/certs", "/memory", "/init_dump"]
# How Envoy begins a line of its log; what a message has more lines follow it.
LINE = re.compile(r"^\[[^\]]+\]\[\d+\]\[(\w+)\]\[(\w+)\] (.*)")


def logged(text):
    """A log's messages: (level, logger, text), with the lines that follow one."""
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            found.append([match[1], match[2], match[3]])
        elif found:
            found[-1][2] += "\n" + line
    return [tuple(each) for each in found]


def leaks(text):
    """The secrets in a text, each with what stands around it."""
    return [text[max(0, found.start() - 60) : found.end() + 20] for found in re.finditer(MARK, text)]


def level(gateway, name):
    fetch(f"http://127.0.0.1:{gateway.admin}/logging?level={name}", "POST")


def check_admin(gateway, allowed=()):
    for place in PLACES:
        text = fetch(f"http://127.0.0.1:{gateway.admin}{place}")
        for secret in allowed:
            text = text.replace(secret, "")
        assert not leaks(text), place


def check_log(text, quiet):
    """Nothing of the module's has a secret; and where the log is `quiet`, nothing at all has. The loggers that had one."""
    assert not quiet or not leaks(text), leaks(text)
    loggers = set()
    for level_, logger, message in logged(text):
        if leaks(message):
            loggers.add(logger)
            assert "wasm" not in logger and "wasm log" not in message, message
    return loggers


def check_sent(request):
    """A request as a provider has it: that provider's own key, once, and no other secret."""
    host = next(value for name, value in request.headers if name == "host")
    own = PROVIDER_KEYS[HOSTS[host]]
    head = request.head.decode("latin-1")
    assert head.count(own) == 1, head
    assert not leaks(head.replace(own, "")) and not leaks(request.body.decode("utf-8", "replace")), head
