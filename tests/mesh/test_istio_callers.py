"""The component callers-istio on the gateway: tokens of an identity provider, and what callers without one get."""
import base64
import json
import time

import anthropic
import openai
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from asking import HI
from rendering import render

from cluster import wait_for

ISSUER = "https://login.example.com"


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Issuer:
    """Signs tokens as an identity provider would."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def keys(self):
        public = self.key.public_key().public_numbers()
        return json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "n": number(public.n), "e": number(public.e)}]})

    def token(self, subject):
        claims = {"iss": ISSUER, "sub": subject, "exp": int(time.time()) + 600}
        signed = ".".join(text(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "one"}, claims))
        return f"{signed}.{text(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.fixture(scope="module")
def issuer():
    return Issuer()


@pytest.fixture(scope="module")
def gateway(istio, istio_gateway, issuer):
    istio.apply(render("istio-gateway", ("callers-istio",)))
    # This machine's identity provider has no address: its keys are given here.
    rule = json.dumps([{"op": "remove", "path": "/spec/jwtRules/0/jwksUri"}, {"op": "add", "path": "/spec/jwtRules/0/jwks", "value": issuer.keys()}])
    istio.kubectl("-n", "weir", "patch", "requestauthentication", "llm-gateway", "--type=json", "-p", rule)
    wait_for(lambda: istio_gateway.chat("gpt-4o").status_code == 403, "a caller without a token is refused")
    yield istio_gateway
    istio.kubectl("-n", "weir", "delete", "requestauthentication/llm-gateway", "authorizationpolicy/llm-gateway")
    istio.kubectl("apply", "-k", "k8s/overlays/istio-gateway")
    istio_gateway.settled()


def metric(gateway, caller):
    return next((line for line in gateway.fetch("/stats").splitlines() if f"caller=.={caller};.;" in line and "weir_requests_total" in line), None)


def test_the_tokens_subject_is_the_caller(gateway, providers, issuer):
    token = issuer.token("team-a")
    wait_for(lambda: gateway.chat("gpt-4o", headers={"authorization": f"Bearer {token}"}).status_code == 200, "the token is believed")
    providers.clear()
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=token, max_retries=0, timeout=20)
    assert client.chat.completions.create(model="claude-sonnet-4-6", messages=HI).choices[0].message.content == "Hello from the simulator."
    client = anthropic.Anthropic(base_url=gateway.url, api_key=token, max_retries=0, timeout=20)
    assert client.messages.create(model="gpt-4o", max_tokens=50, messages=HI).content[0].text == "Hello from the simulator."
    assert metric(gateway, "team-a")
    # No provider learns of the token or the caller.
    assert token not in json.dumps(providers.requests()) and "team-a" not in json.dumps(providers.requests())


def test_no_caller_says_itself_who_it_is(gateway, issuer):
    answer = gateway.chat("gpt-4o", headers={"authorization": f"Bearer {issuer.token('team-b')}", "x-client-id": "forged"})
    assert answer.status_code == 200
    assert metric(gateway, "team-b") and not metric(gateway, "forged")
    assert gateway.chat("gpt-4o", headers={"x-client-id": "forged"}).status_code == 403


def test_another_issuers_token_is_refused(gateway, providers):
    providers.clear()
    assert gateway.chat("gpt-4o", headers={"authorization": f"Bearer {Issuer().token('team-a')}"}).status_code == 401
    assert gateway.chat("gpt-4o", headers={"authorization": "Bearer sk-something"}).status_code in (401, 403)
    # (istiod asks for the issuer's keys at the address of the manifest.)
    assert [asked["path"] for asked in providers.requests() if "jwks" not in asked["path"]] == []
