//! A chat request, as every wire can be read into it and written from it.

use crate::json::{Object, Text, Value};

/// One chat request.
///
/// Numbers keep their source's spelling (`&str`), because a wire that shares the field gets the very same number.
/// A field that is `None` or empty was not in the request.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// The model as the client named it.
    pub model: Text<'a>,
    /// The conversation, system and developer messages in their places.
    pub messages: Vec<Message<'a>>,
    /// Functions that the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Which of them it may or must call.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether several calls in one turn are allowed; providers default to yes.
    pub parallel_tool_calls: Option<bool>,
    /// Most tokens to generate, reasoning included.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<&'a str>,
    /// Nucleus sampling.
    pub top_p: Option<&'a str>,
    /// Sampling among the k likeliest tokens.
    pub top_k: Option<&'a str>,
    /// Frequency penalty, -2 to 2.
    pub frequency_penalty: Option<&'a str>,
    /// Presence penalty, -2 to 2.
    pub presence_penalty: Option<&'a str>,
    /// Seed for reproducible sampling.
    pub seed: Option<&'a str>,
    /// Number of answers wanted.
    pub n: Option<u64>,
    /// Sequences that end the answer.
    pub stop: Vec<Text<'a>>,
    /// How much to think before answering.
    pub reasoning: Option<Reasoning<'a>>,
    /// Text, JSON, or JSON of a schema.
    pub response_format: Option<ResponseFormat<'a>>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the client asked for usage in the stream (wires that always send it set it).
    pub include_usage: bool,
    /// An opaque name of the end user, for the provider's abuse detection.
    pub user: Option<Text<'a>>,
    /// The service tier asked for, in the client wire's own word.
    pub service_tier: Option<Text<'a>>,
    /// Whether log probabilities are wanted.
    pub logprobs: Option<bool>,
    /// How many alternatives to each token.
    pub top_logprobs: Option<u64>,
    /// What the answer may be made of: `text`, `image`, `audio`; empty where the request does not say.
    pub modalities: Vec<Text<'a>>,
    /// OpenAI's `audio` object (`{"voice","format"}`): how speech is to be made.
    pub audio: Option<Object<'a>>,
    /// Labels of the application's own: an object of strings.
    pub metadata: Option<Object<'a>>,
    /// Whether tools came, and calls go back, in OpenAI's legacy form (`functions`, `function_call`).
    pub legacy_functions: bool,
    /// Fields that the neutral language has in words of its own, as they stood: a provider of the client's wire gets
    /// them in place of those words; any other wire leaves them out, because it writes those words.
    pub own: Vec<(Text<'a>, Value<'a>)>,
    /// Top-level fields that the neutral language does not name, in source order, under the client wire's names.
    ///
    /// A wire that has the field by the same name and meaning may write it; any other must report it as unsupported.
    pub extra: Vec<(Text<'a>, Value<'a>)>,
    /// Pieces of the request as they stood, where the neutral language says less than they do but nothing that the
    /// answer depends on: by where they are, such as `tools[0]` or `messages[1].content[0]` (numbered as here). The same
    /// wire writes them instead of its own words; any other does not look at them.
    pub verbatim: Vec<(String, Value<'a>)>,
}

impl<'a> Request<'a> {
    /// A piece of the request as it stood, where it is kept.
    pub fn verbatim(&self, place: &str) -> Option<&Value<'a>> {
        let found = self.verbatim.iter().find(|(own, _)| own == place);
        found.map(|(_, value)| value)
    }
}

impl<'a> Request<'a> {
    /// What [`Request::own`] has under this name.
    pub fn owns(&self, name: &str) -> Option<&Value<'a>> {
        let found = self.own.iter().find(|(key, _)| key.is(name));
        found.map(|(_, value)| value)
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The operator of the application.
    System,
    /// OpenAI's newer name for the same.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool's result, where a wire has a role for it. Its parts are [`Part::ToolResult`].
    Tool,
}

/// One turn, or one tool's result.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name, where the wire has one.
    pub name: Option<Text<'a>>,
    /// What is said, in order.
    pub content: Vec<Part<'a>>,
    /// Members of the message that the neutral language does not name, under the client wire's names: written by the
    /// same wire, left out by any other.
    pub extra: Vec<(Text<'a>, Value<'a>)>,
}

/// A piece of a message.
#[derive(Debug, Clone)]
pub enum Part<'a> {
    /// Text.
    Text {
        /// The text.
        text: Text<'a>,
        /// Anthropic's prompt-cache marker, verbatim, where the client set one.
        cache_control: Option<Value<'a>>,
        /// Gemini's signature, replayed: see [`super::Event::TextSignature`].
        signature: Option<Text<'a>>,
    },
    /// An image.
    Image {
        /// Where it is.
        media: Media<'a>,
        /// OpenAI's `detail`: `auto`, `low` or `high`.
        detail: Option<Text<'a>>,
        /// As for text.
        cache_control: Option<Value<'a>>,
    },
    /// A document, such as a PDF or plain text.
    Document {
        /// Where it is.
        media: Media<'a>,
        /// Its file name or title.
        name: Option<Text<'a>>,
        /// As for text.
        cache_control: Option<Value<'a>>,
    },
    /// Audio that the person spoke.
    Audio {
        /// Where it is; its type is `audio/wav`, `audio/mp3`, …
        media: Media<'a>,
    },
    /// A film.
    Video {
        /// Where it is.
        media: Media<'a>,
        /// Gemini's `videoMetadata`, verbatim.
        metadata: Option<Object<'a>>,
    },
    /// A call that the model made. Only in assistant messages.
    ToolCall {
        /// The call's id, as the provider that made it issued it.
        id: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
        /// Its arguments.
        arguments: Arguments<'a>,
        /// As for text.
        cache_control: Option<Value<'a>>,
        /// Gemini's signature, replayed: see [`super::Event::ToolStart`].
        signature: Option<Text<'a>>,
    },
    /// What a tool answered. In user messages (Anthropic) or tool messages (OpenAI).
    ToolResult {
        /// The id of the call.
        id: Text<'a>,
        /// The tool's name, where the client's wire says it here; empty elsewhere (the call with this id has it).
        name: Text<'a>,
        /// What it answered: text, images, documents.
        content: Vec<Part<'a>>,
        /// Whether the tool failed.
        is_error: bool,
        /// As for text.
        cache_control: Option<Value<'a>>,
    },
    /// The model's thinking, replayed. Only in assistant messages.
    Reasoning {
        /// The text.
        text: Text<'a>,
        /// The provider's signature over it, opaque.
        signature: Option<Text<'a>>,
    },
    /// Thinking that the provider encrypted, replayed verbatim.
    RedactedReasoning {
        /// Opaque.
        data: Text<'a>,
    },
    /// The model's refusal, replayed.
    Refusal {
        /// Its words.
        text: Text<'a>,
    },
    /// A part that only the client's wire has. A dialect of that wire writes it verbatim; any other reports it as unsupported.
    Other {
        /// Its `type`.
        kind: Text<'a>,
        /// The whole part.
        value: Object<'a>,
    },
}

/// Media by reference or by value.
#[derive(Debug, Clone)]
pub struct Media<'a> {
    /// Where its bytes are.
    pub source: MediaSource<'a>,
    /// Such as `application/pdf`, of what is not here (an URL, a file), where the client's wire says it.
    pub media_type: Option<Text<'a>>,
}

impl<'a> From<MediaSource<'a>> for Media<'a> {
    fn from(source: MediaSource<'a>) -> Self {
        Media {
            source,
            media_type: None,
        }
    }
}

/// Where media's bytes are.
#[derive(Debug, Clone)]
pub enum MediaSource<'a> {
    /// At an URL that the provider fetches (`https:`, `http:`, `gs:`, `s3:`).
    Url(Text<'a>),
    /// Here.
    Base64 {
        /// Such as `image/png`.
        media_type: Text<'a>,
        /// The bytes, base64.
        data: Text<'a>,
    },
    /// Here, as plain text (documents).
    Text(Text<'a>),
    /// At the provider, uploaded before.
    File(Text<'a>),
}

/// A call's arguments, in the form in which the source had them.
#[derive(Debug, Clone)]
pub enum Arguments<'a> {
    /// A JSON object's source text.
    Json(&'a str),
    /// A string that holds JSON (OpenAI). It may be empty, or broken.
    Text(Text<'a>),
}

/// A function that the model may call.
#[derive(Debug, Clone)]
pub enum Tool<'a> {
    /// One that the client runs.
    Function {
        /// Its name.
        name: Text<'a>,
        /// What it does.
        description: Option<Text<'a>>,
        /// JSON Schema of its arguments: an object's source text.
        parameters: Option<&'a str>,
        /// Whether arguments must follow the schema exactly.
        strict: Option<bool>,
        /// Anthropic's prompt-cache marker, verbatim.
        cache_control: Option<Value<'a>>,
    },
    /// Search of the web, run by the provider.
    WebSearch(WebSearch<'a>),
    /// Code that the provider runs. The client wire's own words for it.
    CodeExecution {
        /// The whole tool, verbatim.
        own: Object<'a>,
    },
    /// One that only the client's wire has (other provider-side tools, custom tools), as it stood.
    Other {
        /// Its `type`.
        kind: Text<'a>,
        /// The whole tool.
        value: Object<'a>,
    },
}

/// What is asked of a search of the web.
#[derive(Debug, Clone, Default)]
pub struct WebSearch<'a> {
    /// Only these domains; empty for all.
    pub allowed_domains: Vec<Text<'a>>,
    /// Not these domains.
    pub blocked_domains: Vec<Text<'a>>,
    /// Most searches.
    pub max_uses: Option<u64>,
    /// How much of what is found is read: `low`, `medium` or `high` (OpenAI).
    pub context_size: Option<Text<'a>>,
    /// Where the user is: `{"city","country","region","timezone"}`, any of them.
    pub user_location: Option<Object<'a>>,
    /// The client wire's own words for it, verbatim; written by the same wire.
    pub own: Option<Object<'a>>,
}

/// Which tools the model may or must call.
#[derive(Debug, Clone)]
pub enum ToolChoice<'a> {
    /// As it sees fit.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(Text<'a>),
    /// Only some of them (OpenAI's `allowed_tools`, Gemini's `allowedFunctionNames`).
    Allowed {
        /// Whether one of them must be called.
        required: bool,
        /// Their names.
        names: Vec<Text<'a>>,
    },
    /// A form that only the client's wire has, as it stood.
    Other(Value<'a>),
}

/// How much to think before answering.
#[derive(Debug, Clone)]
pub enum Reasoning<'a> {
    /// Not at all.
    Off,
    /// As much as the provider deems fit (Anthropic's `adaptive`), at an effort where one is named.
    Adaptive {
        /// `low`, `medium`, `high`, …
        effort: Option<Text<'a>>,
    },
    /// By level: `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    Effort(Text<'a>),
    /// By tokens.
    Budget(u64),
}

/// What form the answer must have.
#[derive(Debug, Clone)]
pub enum ResponseFormat<'a> {
    /// Any text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<Text<'a>>,
        /// What it is for.
        description: Option<Text<'a>>,
        /// The schema's source text.
        schema: Option<&'a str>,
        /// Whether it must be followed exactly.
        strict: Option<bool>,
    },
}
