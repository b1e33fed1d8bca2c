"""The API server, as a program asks it."""
import ssl

import httpx


class Api:
    def __init__(self, host, port, token, authority):
        self.host, self.port = host, port
        context = ssl.create_default_context(cafile=str(authority))
        self.client = httpx.Client(base_url=f"https://{host}:{port}", headers={"authorization": f"Bearer {token}"}, verify=context, timeout=20)

    def get(self, path, missing=None):
        answer = self._ask("GET", path)
        if answer.status_code == 404:
            return missing
        return self._json(answer)

    def post(self, path, body):
        return self._json(self._ask("POST", path, json=body))

    def patch(self, path, body):
        return self._json(self._ask("PATCH", path, json=body, headers={"content-type": "application/merge-patch+json"}))

    def delete(self, path):
        return self._ask("DELETE", path, json={"gracePeriodSeconds": 0}).status_code

    def _ask(self, method, path, **options):
        try:
            return self.client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise LookupError(f"{method} {path}: {error}") from error

    @staticmethod
    def _json(answer):
        if answer.is_error:
            raise LookupError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()
