"""An OpenTelemetry Collector in the cluster, where the telemetry components send spans; it prints what it receives."""
import re

MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: otel-collector, namespace: monitoring}
data:
  config.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}}
    exporters: {debug: {verbosity: detailed}}
    service: {telemetry: {metrics: {level: none}}, pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: otel-collector, namespace: monitoring}
spec:
  selector: {matchLabels: {app: otel-collector}}
  template:
    metadata: {labels: {app: otel-collector}}
    spec:
      containers:
      - name: collector
        image: otel/opentelemetry-collector
        args: [--config, /etc/otel/config.yaml]
        ports: [{containerPort: 4317, name: otlp}]
        volumeMounts: [{name: config, mountPath: /etc/otel}]
      volumes: [{name: config, configMap: {name: otel-collector}}]
---
apiVersion: v1
kind: Service
metadata: {name: otel-collector, namespace: monitoring}
spec: {selector: {app: otel-collector}, ports: [{port: 4317, targetPort: 4317, name: grpc-otlp}]}
"""
ATTRIBUTE = re.compile(r"^ +-> ([^:]+): (?:Str|Int|Bool|Double)\((.*)\)$", re.M)


class Collector:
    """What was received: each span's attributes, in the order of arrival."""

    def __init__(self, cluster):
        cluster.apply(MANIFEST)
        self.log = cluster.pod("monitoring", app="otel-collector").containers[0].log

    def spans(self):
        return [dict(ATTRIBUTE.findall(text)) for text in re.split(r"^Span #\d+$", self.log.read_text(), flags=re.M)[1:]]
