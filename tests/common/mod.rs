//! Streams of both wires, and the whole way of a stream through the gateway, for tests that run natively and in Node.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use weir::dialect::{AnswerContext, Wire};
use weir::exchange::stream::{Route, Stream};
use weir::framing::Framing;
use weir::meter::{Tally, Usage, UsageSource};

#[path = "../simulator/src/aws.rs"]
pub mod aws;

/// A stream in OpenAI's wire with text, reasoning, interleaved tool calls, usage and odd but legal framing.
pub const OPENAI: &str = concat!(
    ": OPENROUTER PROCESSING\n\n",
    "data: {\"choices\":[],\"id\":\"\",\"prompt_filter_results\":[]}\r\n\r\n",
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"h\\u006dm\"},\"finish_reason\":null}],\"usage\":null}\n\n",
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"naïve \\\"☃\\\" \\ud83d\\ude00\"},\"finish_reason\":null}],\"usage\":null}\n\n",
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},{\"index\":1,\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}}]},\"finish_reason\":null}],\"usage\":null}\n\n",
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}},{\"index\":1,\"function\":{\"arguments\":\"}\"}}]},\"finish_reason\":null}],\"usage\":null}\n\n",
    "data:{\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"usage\":null}\n\n",
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,\"total_tokens\":16,\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\n\n",
    "data: [DONE]\n\n",
);

/// A stream in Anthropic's wire with thinking, text that cites, a provider's own tool, a call and a ping.
pub const ANTHROPIC: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude\",\"content\":[],\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":4,\"cache_creation_input_tokens\":5,\"output_tokens\":1}}}\n\n",
    "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"citations_delta\",\"citation\":{\"type\":\"web_search_result_location\",\"url\":\"https://a\",\"title\":\"A\",\"cited_text\":\"c\",\"encrypted_index\":\"e\"}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"naïve ☃\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":9,\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":9,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":9}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":2}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

/// A stream in Bedrock's wire with thinking, text that cites, a provider's own tool and a call: a line for a message.
const BEDROCK: &str = concat!(
    "messageStart {\"p\":\"ab\",\"role\":\"assistant\"}\n",
    "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":\"hm\"}}}\n",
    "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"signature\":\"c2ln\"}}}\n",
    "contentBlockStop {\"contentBlockIndex\":0}\n",
    "contentBlockStart {\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"s\",\"name\":\"nova_grounding\",\"type\":\"server_tool_use\"}}}\n",
    "contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}\n",
    "contentBlockStop {\"contentBlockIndex\":1}\n",
    "contentBlockDelta {\"contentBlockIndex\":2,\"delta\":{\"citation\":{\"location\":{\"web\":{\"url\":\"https://a\"}}}}}\n",
    "contentBlockDelta {\"contentBlockIndex\":2,\"delta\":{\"text\":\"naïve ☃\"},\"p\":\"abcdefgh\"}\n",
    "contentBlockStop {\"contentBlockIndex\":2}\n",
    "contentBlockStart {\"contentBlockIndex\":3,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"f\"}}}\n",
    "contentBlockDelta {\"contentBlockIndex\":3,\"delta\":{\"toolUse\":{\"input\":\"{\\\"a\\\":\"}}}\n",
    "contentBlockDelta {\"contentBlockIndex\":3,\"delta\":{\"toolUse\":{\"input\":\"1}\"}}}\n",
    "contentBlockStop {\"contentBlockIndex\":3}\n",
    "messageStop {\"stopReason\":\"tool_use\"}\n",
    "metadata {\"usage\":{\"inputTokens\":3,\"outputTokens\":9,\"totalTokens\":12,\"cacheReadInputTokens\":4},\"metrics\":{\"latencyMs\":1}}\n",
);

/// A stream in Google's wire with a thought, text, calls whole and in pieces, sources, and a reason in every chunk: what
/// its events hold.
const GEMINI: [&str; 7] = [
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"h\\u006dm\",\"thought\":true}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":3,\"totalTokenCount\":3},\"modelVersion\":\"gemini-3\",\"responseId\":\"r\"}",
    "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"naïve \\\"☃]}\\\\\\\" \\ud83d\\ude00\"}],\"role\": \"model\"},\"finishReason\": \"STOP\",\"index\": 0}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"id\":\"a\",\"name\":\"f\",\"args\":{\"a\": [1, {}]}},\"thoughtSignature\":\"c2ln\"},{\"functionCall\":{\"name\":\"g\",\"willContinue\":true}}]}}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"$.x\",\"stringValue\":\"é\",\"willContinue\":true}],\"willContinue\":true}}]}}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}}]}}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"totalTokenCount\":5}}",
    "{\"candidates\":[{\"content\":{},\"groundingMetadata\":{\"webSearchQueries\":[\"q\"],\"groundingChunks\":[{\"web\":{\"uri\":\"https://a\"}}],\"groundingSupports\":[{\"segment\":{\"endIndex\":6,\"text\":\"naïve\"},\"groundingChunkIndices\":[0]}]}}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":5,\"thoughtsTokenCount\":4,\"toolUsePromptTokenCount\":9,\"totalTokenCount\":21}}",
];

/// A way that a stream can take: the provider's wire, the client's, whether usage is taken out or asked for (of a
/// Gemini client: whether it takes one JSON array), and how the provider frames it.
pub type Way = (Wire, Wire, bool, Framing);

/// Every way that a stream can take.
pub const WAYS: [Way; 23] = [
    (Wire::OpenAi, Wire::OpenAi, false, Framing::Sse),
    (Wire::OpenAi, Wire::OpenAi, true, Framing::Sse),
    (Wire::OpenAi, Wire::Anthropic, false, Framing::Sse),
    (Wire::Anthropic, Wire::Anthropic, false, Framing::Sse),
    (Wire::Anthropic, Wire::OpenAi, false, Framing::Sse),
    (Wire::Anthropic, Wire::OpenAi, true, Framing::Sse),
    (Wire::Gemini, Wire::Gemini, false, Framing::Sse),
    (Wire::Gemini, Wire::Gemini, false, Framing::JsonArray),
    (Wire::Gemini, Wire::OpenAi, true, Framing::Sse),
    (Wire::Gemini, Wire::OpenAi, false, Framing::JsonArray),
    (Wire::Gemini, Wire::Anthropic, false, Framing::Sse),
    (Wire::Gemini, Wire::Anthropic, false, Framing::JsonArray),
    (Wire::OpenAi, Wire::Gemini, false, Framing::Sse),
    (Wire::OpenAi, Wire::Gemini, true, Framing::Sse),
    (Wire::Anthropic, Wire::Gemini, false, Framing::Sse),
    (Wire::Anthropic, Wire::Gemini, true, Framing::Sse),
    (Wire::Anthropic, Wire::Anthropic, false, Framing::AwsChunks),
    (Wire::Anthropic, Wire::OpenAi, true, Framing::AwsChunks),
    (Wire::Anthropic, Wire::Gemini, false, Framing::AwsChunks),
    (Wire::Bedrock, Wire::OpenAi, false, Framing::AwsEvents),
    (Wire::Bedrock, Wire::OpenAi, true, Framing::AwsEvents),
    (Wire::Bedrock, Wire::Anthropic, false, Framing::AwsEvents),
    (Wire::Bedrock, Wire::Gemini, true, Framing::AwsEvents),
];

/// What a client sees and the meter counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub out: String,
    pub usage: (Usage, UsageSource),
    pub error: Option<String>,
    pub finish: Option<&'static str>,
}

/// A stream's way through the gateway, in these pieces.
pub fn through(way: Way, pieces: &[&[u8]], limit: usize) -> Seen {
    let (provider, client, strip, framing) = way;
    let context = AnswerContext {
        id: "id".to_owned(),
        model: "m".to_owned(),
        include_usage: strip,
        array: strip && client == Wire::Gemini,
        ..AnswerContext::default()
    };
    let route = Route {
        framing,
        strip_usage: strip && provider == client,
        max_event_bytes: limit,
        ..Route::new(provider, client)
    };
    let mut stream = Stream::new(route, context);
    let mut tally = Tally::default();
    let mut out = Vec::new();
    for piece in pieces {
        let passed = stream.chunk(piece, &mut tally, 1, &mut out);
        if passed.untouched {
            out.extend_from_slice(piece);
        }
        if passed.broken {
            break;
        }
    }
    stream.end(&mut tally, 1, &mut out);
    Seen {
        out: String::from_utf8_lossy(&out).into_owned(),
        usage: tally.usage(0),
        error: tally.error().map(ToString::to_string),
        finish: tally.finish().map(|reason| reason.as_str()),
    }
}

/// The stream of a provider's wire, as it frames it.
pub fn stream_of(way: Way) -> Vec<u8> {
    framed(way, source_of(way))
}

/// The stream before it is framed.
pub fn source_of(way: Way) -> Vec<u8> {
    let source = match (way.0, way.3) {
        (Wire::OpenAi, _) => OPENAI.to_owned(),
        (Wire::Anthropic, _) => ANTHROPIC.to_owned(),
        (Wire::Bedrock, _) => BEDROCK.to_owned(),
        (Wire::Gemini, Framing::JsonArray) => format!("[{}\n]\n", GEMINI.join("\n,\r\n")),
        (Wire::Gemini, _) => {
            let event = |data: &&str| format!("data: {data}\r\n\r\n");
            GEMINI.iter().map(event).collect()
        }
        (other, _) => panic!("no stream of {other:?}"),
    };
    source.into_bytes()
}

/// A stream as its wire frames it, checksums and all.
pub fn framed(way: Way, source: Vec<u8>) -> Vec<u8> {
    match way.3 {
        Framing::AwsEvents => aws::stream(&source),
        Framing::AwsChunks => enveloped(&source),
        _ => source,
    }
}

/// Server-sent events in Bedrock's envelope.
fn enveloped(source: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in source.split(|byte| *byte == b'\n') {
        if let Some(data) = line.strip_prefix(b"data: ") {
            let bytes = STANDARD.encode(data);
            let payload = format!("{{\"bytes\":\"{bytes}\",\"p\":\"abc\"}}");
            out.extend(aws::event("chunk", payload.as_bytes()));
        }
    }
    out
}
