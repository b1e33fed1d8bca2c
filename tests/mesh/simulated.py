"""The simulated providers: one process that answers to every provider's host name, on port 443 over TLS."""
from gateway import Simulator

from machine import HOST_IP, PROVIDERS, STATE


def providers(authority):
    issued = authority.issue_cert(*PROVIDERS)
    certificate, key = STATE / "providers.pem", STATE / "providers.key"
    certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return Simulator((certificate, key), f"{HOST_IP}:443")
