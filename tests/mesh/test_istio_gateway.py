import json
def test_try(istio, providers):
    istio.kubectl("create","namespace","weir")
    istio.kubectl("-n","weir","create","secret","generic","provider-keys",*[f"--from-literal={k}=key-{k}" for k in "OPENAI_API_KEY AZURE_OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY AWS_BEARER_TOKEN_BEDROCK COMPATIBLE_API_KEY".split()])
    open("/tmp/vertex.yaml","w").write(json.dumps({"resources":[{"@type":"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret","name":"vertex","generic_secret":{"secret":{"inline_string":"Bearer ya29.x"}}}]}))
    istio.kubectl("-n","weir","create","secret","generic","provider-key-files","--from-file=vertex.yaml=/tmp/vertex.yaml")
    print(istio.kubectl("apply","-k","k8s/overlays/istio-gateway"))
    pod=istio.pod("weir",app="llm-gateway")
    c=[x for x in pod.containers if x.name=="istio-proxy"][0]
    def sh(t):
        d=c.execute(["sh","-c",t]); return (d.stdout+d.stderr).decode()
    import time; time.sleep(1)
    open("/tmp/istio_dump.json","w").write(sh("curl -s localhost:15000/config_dump"))
    for m in "gpt-4o azure/gpt-4o claude-sonnet-4-5 gemini-2.5-flash vertex/gemini-2.5-flash bedrock/us.amazon.nova-lite-v1:0 compatible/x nope".split():
        print(m, sh("curl -s -i -m 10 http://127.0.0.1:80/v1/chat/completions -H 'content-type: application/json' -d '{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello!\"}]}'"%m))
    print(json.dumps(providers.requests(),indent=1)[:6000])
    print(sh("curl -s localhost:15090/stats/prometheus | grep weir_ | head -20"))
    print(sh("curl -s localhost:15000/stats | grep weir_ | head -5"))
    open("/tmp/istio_log.txt","w").write(c.log.read_text())
    assert 0
