"""The cluster itself: what is applied runs, with the environment, volumes and names that it would have elsewhere."""
import pytest

from page import Page

WEB = """
apiVersion: v1
kind: Namespace
metadata: {name: probe}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: probe}
stringData: {KEY: five}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: probe}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - {name: before, image: any, args: ["-c", "echo made > /shared/before"], volumeMounts: [{name: shared, mountPath: /shared}]}
      containers:
      - name: web
        image: any
        command: [python3, -m, http.server, "8000", --directory, /etc/keys]
        env: [{name: KEY, valueFrom: {secretKeyRef: {name: keys, key: KEY}}}, {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
        ports: [{containerPort: 8000, name: http}]
        readinessProbe: {httpGet: {port: http, path: /KEY}}
        volumeMounts: [{name: keys, mountPath: /etc/keys}, {name: shared, mountPath: /shared}]
      volumes: [{name: keys, secret: {secretName: keys}}, {name: shared, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: probe}
spec: {selector: {app: web}, ports: [{port: 8000, targetPort: http}]}
"""


def test_a_deployment_runs_with_its_secrets_and_is_found_by_name(cluster):
    cluster.apply(WEB)
    pod = cluster.pod("probe", app="web")
    web = pod.containers[0]
    shown = web.execute(["sh", "-c", "cat /etc/keys/KEY /shared/before"])
    assert shown.stdout == b"fivemade\n", shown
    assert cluster.kubectl("-n", "probe", "rollout", "status", "deployment/web", "--timeout=20s")
    found = web.execute(["curl", "-sS", "-m", "5", "http://web.probe.svc.cluster.local:8000/KEY"])
    assert found.stdout == b"five", found


PAGE = """
# One
```sh
kubectl -n probe port-forward svc/web 18000:8000 &
```
## Two
```sh
answer=$(curl -sS http://127.0.0.1:18000/KEY)
```
```sh
echo "got $answer from a shell"; kubectl -n probe exec deploy/web -- sh -c 'echo $KEY'
```
```text
got five … shell
five
```
"""


def test_a_page_runs_as_it_stands(cluster, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    page = Page(path)
    try:
        page.section("One")
        page.section("Two")
        assert page.blocks == []
    finally:
        page.close()


@pytest.mark.parametrize("block", ["```sh\nfalse\n```", "```sh\necho this\n```\n```text\nthat\n```", "```sh\nfalse | true; (exit 3)\ntrue\n```"])
def test_a_page_that_is_wrong_fails(cluster, tmp_path, block):
    path = tmp_path / "page.md"
    path.write_text(block)
    page = Page(path)
    try:
        with pytest.raises(AssertionError):
            page.rest()
    finally:
        page.close()


def test_it_is_gone_when_it_is_deleted(cluster):
    cluster.kubectl("delete", "namespace", "probe", "--timeout=40s")
    assert cluster.node.find("probe", app="web") == []
