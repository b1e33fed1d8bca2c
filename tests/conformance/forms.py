"""One form for what a wire can say in several: each function changes a request's body in place."""
import copy
import re

ABSENT = "∅"
# Values that say no more than their absence does.
NOTHING = {
    "stream": (False,),
    "system": ([], ""),
    "tools": ([],),
    "is_error": (False,),
    "disable_parallel_tool_use": (False,),
    "caller": ({"type": "direct"},),
    "type": ("custom",),
    "annotations": ([],),
    "tool_calls": ([],),
    "refusal": ("",),
    "thought": (False,),
    "response_format": ({"type": "text"},),
    "safetySettings": ([],),
    "candidateCount": (1,),
    "generationConfig": ({},),
    "thinkingConfig": ({},),
}
# Beneath these keys the values are the user's own: a `null` there is a `null`.
VERBATIM = ("input", "args", "arguments", "parameters", "input_schema", "schema", "response", "metadata", "parametersJsonSchema", "responseSchema",
            "responseJsonSchema", "logit_bias", "labels")  # fmt: skip


def copies(*bodies):
    return [copy.deepcopy(body) for body in bodies]


def _objects(value, key=None):
    """Every object of a body that is the wire's own."""
    if isinstance(value, dict):
        yield value
        for name, below in list(value.items()):
            if name not in VERBATIM:
                yield from _objects(below, name)
    elif isinstance(value, list):
        for below in value:
            yield from _objects(below, key)


def one_text(body):
    for holder in _objects(body):
        for key in ("content", "system"):
            parts = holder.get(key)
            if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict) and set(parts[0]) == {"type", "text"} and parts[0]["type"] == "text":
                holder[key] = parts[0]["text"]


def defaults(body):
    for holder in _objects(body):
        for key, value in list(holder.items()):
            if value is None or any(value == empty and type(value) is type(empty) for empty in NOTHING.get(key, ())):
                del holder[key]
    for tool in body.get("tools") or []:
        if isinstance(tool, dict) and "function" in tool:
            tool.setdefault("type", "function")
    if isinstance(body.get("tool_choice"), dict) and "function" in body["tool_choice"]:
        body["tool_choice"].setdefault("type", "function")
    for message in body.get("messages") or []:
        if isinstance(message, dict) and message.get("tool_calls") and message.get("content") == "":
            # Beside calls an empty content is none.
            del message["content"]


def turns(body):
    """Joins neighbours of one role, and their plain texts into lists of parts."""
    for key, content in (("messages", "content"), ("contents", "parts")):
        found = []
        for message in body.get(key) or []:
            if not isinstance(message, dict):
                return
            if key == "contents":
                message.setdefault("role", "user")
            if found and found[-1].get("role") == message.get("role"):
                found[-1][content] = _parts(found[-1].get(content)) + _parts(message.get(content))
            else:
                found.append(message)
        if found:
            body[key] = found
    one_text(body)


def _parts(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def image_url(body):
    for holder in _objects(body):
        if isinstance(holder.get("image_url"), str):
            holder["image_url"] = {"url": holder["image_url"]}


def stop(body):
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]


def functions(body):
    """Brings the calls of before tools into the form of tools; their ids are not compared."""
    if "functions" in body:
        body["tools"] = [{"type": "function", "function": function} for function in body.pop("functions")]
    choice = body.pop("function_call", None)
    if choice is not None:
        body["tool_choice"] = {"type": "function", "function": choice} if isinstance(choice, dict) else choice
    legacy = any(isinstance(message, dict) and ("function_call" in message or message.get("role") == "function") for message in body.get("messages") or [])
    for message in body.get("messages") or []:
        if not isinstance(message, dict):
            continue
        call = message.pop("function_call", None)
        if call:
            message["tool_calls"] = [{"type": "function", "function": call}]
        if message.get("role") == "function":
            message["role"] = "tool"
            message.pop("name", None)
        if legacy:
            message.pop("tool_call_id", None)
            for made in message.get("tool_calls") or []:
                made.pop("id", None)


def camel_case(body):
    """Renames the wire's own fields, and has each schema in one form."""

    def renamed(value):
        if isinstance(value, list):
            return [renamed(below) for below in value]
        if not isinstance(value, dict):
            return value
        return {_camel(key): below if _camel(key) in VERBATIM else renamed(below) for key, below in value.items()}

    changed = renamed(body)
    body.clear()
    body.update(changed)
    for holder in _objects(body):
        _one_schema(holder, "parameters", "parametersJsonSchema")
        _one_schema(holder, "responseSchema", "responseJsonSchema")
        if holder.get("responseModalities") == ["TEXT"]:
            del holder["responseModalities"]
        if isinstance(holder.get("thinkingLevel"), str):
            holder["thinkingLevel"] = holder["thinkingLevel"].upper()
        if isinstance(holder.get("data"), str) and "mimeType" in holder:
            holder["data"] = holder["data"].replace("-", "+").replace("_", "/").rstrip("=")
        if isinstance(holder.get("parts"), list) and len(holder["parts"]) > 1:
            holder["parts"] = _joined([part for part in holder["parts"] if part != {"text": ""}])
    if isinstance(body.get("tools"), list):
        body["tools"].sort(key=lambda tool: sorted(tool) if isinstance(tool, dict) else [])
    defaults(body)
    defaults(body)


def _joined(parts):
    """Plain texts in a row, as one."""
    found = []
    for part in parts:
        if found and isinstance(part, dict) and set(part) == set(found[-1]) == {"text"}:
            found[-1] = {"text": found[-1]["text"] + part["text"]}
        else:
            found.append(part)
    return found


def _one_schema(holder, older, newer):
    """Google has two fields for a schema: the older's dialect has its types in capitals, and `nullable`."""
    if isinstance(holder.get(older), dict) and newer not in holder and "functionDeclarations" not in holder:
        holder[newer] = holder.pop(older)
    if isinstance(holder.get(newer), dict):
        holder[newer] = _plain_schema(holder[newer])


def _plain_schema(schema):
    """A schema in JSON Schema's own words."""
    if isinstance(schema, list):
        return [_plain_schema(below) for below in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, below in schema.items():
        key = _camel(key)
        if key in ("properties", "$defs", "defs") and isinstance(below, dict):
            made[key] = {name: _plain_schema(inner) for name, inner in below.items()}
        elif key != "propertyOrdering":
            # The order of the properties themselves says the same.
            made[key] = below if key in ("enum", "default", "example", "const") else _plain_schema(below)
    if isinstance(made.get("type"), str):
        made["type"] = made["type"].lower()
    if made.pop("nullable", False) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _camel(name):
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
