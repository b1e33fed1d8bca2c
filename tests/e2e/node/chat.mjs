// The openai package for Node against a gateway: prints what it got as JSON. Usage: node chat.mjs URL MODEL
import OpenAI from "openai";

const [url, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-caller", maxRetries: 0 });
const messages = [{ role: "user", content: "Say hello, naïve wörld ☃" }];
const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));

const unary = await client.chat.completions.create({ model: `${model}+echo`, messages });
let text = "";
let usage = null;
const stream = await client.chat.completions.create({
  model: `${model}+echo`,
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
const runner = client.chat.completions.stream({ model: `${model}+tools=2`, messages, tools });
const calls = (await runner.finalChatCompletion()).choices[0].message.tool_calls;
let failure = null;
try {
  await client.chat.completions.create({ model: `${model}+status=429`, messages });
} catch (error) {
  failure = { name: error.constructor.name, status: error.status, message: error.message };
}
console.log(
  JSON.stringify({
    unary: unary.choices[0].message.content,
    text,
    usage,
    calls: calls.map((call) => [call.function.name, JSON.parse(call.function.arguments).number]),
    failure,
  }),
);
