"""k8s/overlays/istio-gateway/README.md, command by command, on the real istiod: applied, asked, with its limits."""
import json

import pytest

import asking
import snapshot
from cluster import wait_for

# A model, the provider that serves it, its host, the path and the header with its key.
TARGETS = [
    ("gpt-4o", "openai", "api.openai.com", "/v1/chat/completions", ("authorization", "Bearer sk-openai")),
    ("azure/gpt-4o", "azure", "example.openai.azure.com", "/openai/v1/chat/completions", ("api-key", "azure-key")),
    ("claude-sonnet-4-6", "anthropic", "api.anthropic.com", "/v1/messages", ("x-api-key", "sk-ant")),
    ("gemini-2.5-flash", "gemini", "generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:generateContent", ("x-goog-api-key", "gemini-key")),
    ("vertex/gemini-2.5-flash", "vertex", "us-central1-aiplatform.googleapis.com", "/v1/projects/my-project/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent", ("authorization", "Bearer ya29.first")),
    ("bedrock/us.amazon.nova-lite-v1:0", "bedrock", "bedrock-runtime.us-east-1.amazonaws.com", "/model/us.amazon.nova-lite-v1%3A0/converse", ("authorization", "Bearer bedrock-key")),
    ("compatible/llama-3", "compatible", "llm.example.com", "/v1/chat/completions", ("authorization", "Bearer compatible-key")),
]


@pytest.fixture(scope="module")
def gateway(istio_gateway):
    return istio_gateway


def test_the_pages_request_is_answered(gateway):
    gateway.page.section("Ask")


def test_the_snapshot_is_taken(gateway):
    snapshot.take("istio-gateway", gateway.fetch("/config_dump"), "istio-gateway")


@pytest.mark.parametrize(("model", "provider", "host", "path", "key"), TARGETS)
def test_a_model_is_served_by_its_target(gateway, providers, model, provider, host, path, key):
    providers.clear()
    answer = gateway.chat(model)
    assert (answer.status_code, answer.headers["x-weir-provider"]) == (200, provider), answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "Hello from the simulator."
    (asked,) = providers.requests()
    headers = [tuple(each) for each in asked["headers"]]
    assert asked["path"] == path and key in headers and ("host", host) in headers
    # Nor does the provider learn what is called what in the mesh.
    assert "weir.internal" not in json.dumps(headers) and "key-files" not in json.dumps(headers)


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-6"])
@pytest.mark.parametrize("stream", [False, True])
def test_both_clients_wires(gateway, model, stream):
    asking.answers_both_clients(gateway.url, model, stream)


def test_a_body_may_be_longer_than_the_buffers(gateway):
    asking.takes_bodies_longer_than_its_buffers(gateway)


def test_a_translated_answer_of_the_buffers_size_is_delivered(gateway):
    asking.delivers_translated_answers_of_its_buffers_size(gateway)


def test_a_model_without_a_target_is_a_404_in_the_clients_wire(gateway):
    asking.refuses_a_model_without_a_target(gateway)


def test_no_client_chooses_its_target(gateway, providers):
    asking.lets_no_client_choose_its_target(gateway, providers)


def test_a_models_name_may_hold_a_slash(gateway):
    asking.knows_models_with_a_slash(gateway)


def test_a_provider_that_is_not_who_it_says_gets_nothing(istio, gateway, providers):
    """The certificate must be of an authority that the gateway's image knows, and for the name of DestinationRule."""
    providers.clear()
    wrong = {"spec": {"trafficPolicy": {"tls": {"subjectAltNames": ["somewhere.else.test"]}}}}
    istio.kubectl("-n", "weir", "patch", "destinationrule", "gemini", "--type=merge", "-p", json.dumps(wrong))
    wait_for(lambda: gateway.chat("gemini-2.5-flash").status_code == 502, "the provider is not believed")
    asked = len(providers.requests())
    assert gateway.chat("gemini-2.5-flash").status_code == 502 and len(providers.requests()) == asked
    istio.kubectl("apply", "-k", "k8s/overlays/istio-gateway")
    wait_for(lambda: gateway.chat("gemini-2.5-flash").status_code == 200, "the provider is believed again")


def test_limits_are_what_the_page_says(gateway):
    dump = json.loads(gateway.fetch("/config_dump"))
    listeners, routes, clusters = snapshot.resources(dump)
    (listener,) = [each for each in listeners.values() if "weir.edge" in json.dumps(each)]
    assert listener["per_connection_buffer_limit_bytes"] == 1048576
    ours = [each for name, each in clusters.items() if name.startswith("outbound|443||") and name.endswith(".weir.internal")]
    assert len(ours) == 7
    for cluster in ours:
        assert cluster["per_connection_buffer_limit_bytes"] == 1048576
        assert cluster["circuit_breakers"]["thresholds"][0]["max_retries"] > 1_000_000
    (host,) = routes["http.80"]["virtual_hosts"]
    assert host["request_body_buffer_limit"] == "17825792"
    for route in host["routes"]:
        action = route["route"]
        assert (action["timeout"], action["idle_timeout"], action["retry_policy"]["per_try_idle_timeout"]) == ("0s", "300s", "120s")
