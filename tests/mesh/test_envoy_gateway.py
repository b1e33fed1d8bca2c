"""k8s/overlays/envoy-gateway/README.md, command by command, on the real Envoy Gateway: applied, asked, with its limits."""
import base64
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

import asking
import build
import envoy_gateway as eg
import snapshot
from page import sections

# A model, the provider that serves it, the path and the header with its key.
TARGETS = [
    ("gpt-4o", "openai", "/v1/chat/completions", ("authorization", "Bearer sk-openai")),
    ("azure/gpt-4o", "azure", "/openai/v1/chat/completions", ("api-key", "azure-key")),
    ("claude-sonnet-4-6", "anthropic", "/v1/messages", ("x-api-key", "sk-ant")),
    ("gemini-2.5-flash", "gemini", "/v1beta/models/gemini-2.5-flash:generateContent", ("x-goog-api-key", "gemini-key")),
    ("vertex/gemini-2.5-flash", "vertex", "/v1/projects/my-project/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent", ("authorization", "Bearer ya29.first")),
    ("bedrock/us.amazon.nova-lite-v1:0", "bedrock", "/model/us.amazon.nova-lite-v1%3A0/converse", ("authorization", "Bearer bedrock-key")),
    ("compatible/llama-3", "compatible", "/v1/chat/completions", ("authorization", "Bearer compatible-key")),
]


@pytest.fixture(scope="module")
def page(llm_gateway):
    return llm_gateway.page


def test_no_command_of_the_page_is_left_out(cluster):
    """Each section is run: these by the tests of this name."""
    headings, run = sections(eg.README, Path(__file__).parent.glob("*envoy_gateway*.py"))
    assert headings == run and len(headings) == 9


def test_the_pages_request_is_answered(page):
    page.section("Ask")


def test_the_snapshot_is_taken(llm_gateway):
    envoy = next(each for each in llm_gateway.pod.containers if each.name == "envoy")
    snapshot.take("envoy-gateway", envoy.execute(["curl", "-sS", "http://127.0.0.1:19000/config_dump"]).stdout, "envoy-gateway")


@pytest.mark.parametrize(("model", "provider", "path", "key"), TARGETS)
def test_a_model_is_served_by_its_target(llm_gateway, providers, model, provider, path, key):
    providers.clear()
    answer = llm_gateway.chat(model)
    assert (answer.status_code, answer.headers["x-weir-provider"]) == (200, provider), answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "Hello from the simulator."
    (asked,) = providers.requests()
    assert asked["path"] == path and key in [tuple(each) for each in asked["headers"]]


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-6"])
@pytest.mark.parametrize("stream", [False, True])
def test_both_clients_wires(llm_gateway, model, stream):
    asking.answers_both_clients(llm_gateway.url, model, stream)


def test_a_body_may_be_longer_than_the_buffers(llm_gateway):
    asking.takes_bodies_longer_than_its_buffers(llm_gateway)


def test_a_translated_answer_of_the_buffers_size_is_delivered(llm_gateway):
    asking.delivers_translated_answers_of_its_buffers_size(llm_gateway)


def test_a_model_without_a_target_is_a_404_in_the_clients_wire(llm_gateway):
    asking.refuses_a_model_without_a_target(llm_gateway)


def test_no_client_chooses_its_target(llm_gateway, providers):
    asking.lets_no_client_choose_its_target(llm_gateway, providers)


def test_a_models_name_may_hold_a_slash(llm_gateway):
    asking.knows_models_with_a_slash(llm_gateway)


def test_a_provider_that_is_not_who_it_says_gets_nothing(cluster, llm_gateway, providers):
    """The certificate is for the name that was asked for: one for another name is refused, before anything is sent."""
    providers.clear()
    wrong = {"spec": {"tls": {"sni": "somewhere.else.test", "wellKnownCACertificates": "System"}}}
    cluster.kubectl("-n", "weir", "patch", "backend", "gemini", "--type=merge", "-p", json.dumps(wrong))
    eg.wait_for(lambda: llm_gateway.chat("gemini-2.5-flash").status_code == 502, "the provider is not believed")
    asked = len(providers.requests())
    assert llm_gateway.chat("gemini-2.5-flash").status_code == 502 and len(providers.requests()) == asked
    cluster.kubectl("apply", "-k", "k8s/overlays/envoy-gateway")
    eg.wait_for(lambda: llm_gateway.chat("gemini-2.5-flash").status_code == 200, "the provider is believed again")


def test_a_second_listener_is_one_more_patch_each(cluster, authority):
    """With TLS, whose filter chains stand elsewhere in a listener: the same paths reach them."""
    documents = [each for each in yaml.safe_load_all(cluster.kubectl("kustomize", "k8s/overlays/envoy-gateway")) if each]
    for each in documents:
        if each["kind"] == "Gateway":
            each["spec"]["listeners"].append({"name": "https", "protocol": "HTTPS", "port": 443, "tls": {"certificateRefs": [{"name": "certificate"}]}})
        elif each["kind"] == "EnvoyPatchPolicy":
            patches = each["spec"]["jsonPatches"]
            patches += [{**patch, "name": "weir/llm-gateway/https"} for patch in patches if patch["name"] == "weir/llm-gateway/http"]
    issued = authority.issue_cert("llm.example.com")
    files = {"tls.crt": issued.cert_chain_pems[0].bytes(), "tls.key": issued.private_key_pem.bytes()}
    for name, members in (("certificate", files), ("vertex-token", {"credential": b"Bearer ya29"})):
        data = {key: base64.b64encode(value).decode() for key, value in members.items()}
        kind = "kubernetes.io/tls" if name == "certificate" else "Opaque"
        documents.append({"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": {"name": name, "namespace": "weir"}, "data": data})
    command = [build.path("egctl"), "x", "translate", "--from", "gateway-api", "--to", "xds", "--type", "all", "--file", "-"]
    text = subprocess.run(command, input=yaml.safe_dump_all(documents), capture_output=True, text=True, timeout=60, check=True).stdout
    assert sorted(re.findall("vmId: (weir.*)", text)) == ["weir-attempt", "weir-attempt", "weir-attempt-vertex", "weir-edge", "weir-edge"]
    assert text.count("requestBodyBufferLimit") == 2 and text.count("clusterNotFoundResponseCode: NOT_FOUND") == 2
