"""The simulated providers: one process that answers to every provider's host name, on port 443 over TLS."""
import json
import os
import subprocess
import urllib.request

from machine import HOST_IP, PROVIDERS, STATE


class Providers:
    def __init__(self, authority):
        issued = authority.issue_cert(*PROVIDERS)
        certificate, key = STATE / "providers.pem", STATE / "providers.key"
        certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        command = [os.environ["WEIR_SIMULATOR"], "--listen", "127.0.0.1:0", "--tls", certificate, key, "--tls-listen", f"{HOST_IP}:443"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = [json.loads(self.process.stdout.readline()) for _ in range(2)]
        self.port = int(lines[0]["listen"].rsplit(":", 1)[1])

    def _fetch(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read().decode()

    def requests(self):
        """What the providers were asked since the last `clear`: method, path, headers, body."""
        return json.loads(self._fetch("/__sim/requests"))

    def totals(self):
        return json.loads(self._fetch("/__sim/totals"))

    def clear(self):
        self._fetch("/__sim/requests", "DELETE")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
