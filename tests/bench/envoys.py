"""The Envoys that are measured: `envoy/envoy.yaml` as users get it, and what is made of it by leaving out or exchanging."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLER = "caller: {header: x-caller}"


def block(text, first):
    """The start and end of the block of lines that begins with this line, wherever it is indented."""
    found = re.search(rf"^( *){re.escape(first)}.*\n", text, re.M)
    assert found, first
    indent, end = len(found[1]), found.end()
    for line in text[end:].splitlines(keepends=True):
        depth = len(line) - len(line.lstrip())
        # A key's list may stand as far left as the key.
        item = depth == indent and line.lstrip().startswith("- ") and not first.startswith("- ")
        if line.strip() and depth <= indent and not item:
            break
        end += len(line)
    return found.start(), end


def without(text, first):
    """The text without a block."""
    start, end = block(text, first)
    return text[:start] + text[end:]


def replaced(text, old, new):
    """`old` must be there: the file that users copy may change."""
    assert old in text, old
    return text.replace(old, new)


def published():
    """The file, with callers told by a header."""
    text = (ROOT / "envoy/envoy.yaml").read_text()
    return replaced(text, "stage: edge\n", f"stage: edge\n{' ' * 20}{CALLER}\n")


def unrouted(text):
    """All goes to the first cluster: nobody tells a target."""
    return replaced(text, "match: {prefix: /, filter_state: [{key: wasm.weir.target, string_match: {exact: openai}}]}", "match: {prefix: /}")


def bare():
    return without(without(unrouted(published()), "- name: weir.edge"), "- name: weir.attempt")


def bare_without_log():
    return without(bare(), "access_log:")


def noop(stages):
    """A filter that does nothing, in one stage or both."""
    text = unrouted(published())
    if stages == 1:
        text = without(text, "- name: weir.attempt")
    for _ in range(stages):
        text = without(text, "configuration:")
    return replaced(text, "/etc/weir/weir.wasm", "/etc/weir/noop.wasm")


def inline():
    """One stage: the attempt's part of the configuration moves into the edge's."""
    text = published()
    start, end = block(text, "providers:")
    providers = "".join("  " + line for line in text[start:end].splitlines(keepends=True))
    environment = re.search(r" *environment_variables: .*\n", text)[0]
    text = without(text, "- name: weir.attempt")
    code = f"{' ' * 18}code: {{local: {{filename: /etc/weir/weir.wasm}}}}\n"
    text = replaced(text, code, code + "  " + environment)
    keys = f"stage: edge\n{' ' * 20}translate: inline\n{' ' * 20}envoy_buffer_limit_bytes: 1048576\n"
    return replaced(text, "stage: edge\n", keys + providers)


def lean():
    """The least that serves: one stage, one model, no access log, no callers, no labels."""
    text = without(without(inline(), "access_log:"), "stats_config:")
    text = replaced(replaced(text, f"{' ' * 20}{CALLER}\n", ""), f"{' ' * 20}dry_run: true\n", "")
    only = "providers: [{provider: openai, match: {cluster: openai}, auth: {key: \"${OPENAI_API_KEY}\"}}]"
    for first, line in [("providers:", only), ("models:", "models: [{name: gpt-4o, target: openai}]")]:
        start, end = block(text, first)
        text = f"{text[:start]}{' ' * 20}{line}\n{text[end:]}"
    return text


TRANSCODER = """
          - name: transcode
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ai_protocol_manager.v3.AiProtocolManager
              request_handling: {}
              filters:
              - name: envoy.http.ai_filters.transcoder
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.http.ai_filters.transcoder.v3.Transcoder
                  request_handling: FROM_IR
                  response_handling: TO_IR
"""
# What the transcoder leaves to the route: the path, the key, and an answer that is not compressed.
TRANSCODED = """
                request_headers_to_remove: [authorization, accept-encoding]
                request_headers_to_add:
                - {header: {key: x-api-key, value: "%ENVIRONMENT(ANTHROPIC_API_KEY)%"}}
                - {header: {key: anthropic-version, value: "2023-06-01"}}
                typed_per_filter_config:
                  transcode:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.ai_protocol_manager.v3.AiProtocolManagerPerRoute
                    request: {llm_protocol: OPENAI_CHAT_COMPLETIONS}
                    response: {llm_protocol: ANTHROPIC_MESSAGES}
"""


def transcoder():
    """Envoy's own translation of OpenAI's wire to Anthropic's, in C++."""
    text = replaced(bare(), f"{' ' * 10}- name: envoy.filters.http.router\n", TRANSCODER[1:] + f"{' ' * 10}- name: envoy.filters.http.router\n")
    start, _ = block(text, "route:")
    text = text[:start] + TRANSCODED[1:] + text[start:]
    return replaced(text, "cluster: openai\n", f"cluster: anthropic\n{' ' * 18}regex_rewrite: {{pattern: {{regex: '.*'}}, substitution: /v1/messages}}\n")


CONFIGURATIONS = {
    "envoy": bare,
    "envoy_no_log": bare_without_log,
    "noop_edge": lambda: noop(1),
    "noop_both": lambda: noop(2),
    "weir": published,
    "weir_inline": inline,
    "weir_lean": lean,
    "envoy_ai": transcoder,
}
