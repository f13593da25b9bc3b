#!/usr/bin/env python3
"""Writes expected.json: what Jinja2 itself, set up as Hugging Face's transformers does, makes of each template and conversation.

Needs Python's jinja2. Run it here after changing a template or a conversation."""
import datetime
import json
import pathlib

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2026, 3, 5, 14, 30, 9)


def refuse(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
env.filters["tojson"] = tojson
env.globals["raise_exception"] = refuse
env.globals["strftime_now"] = NOW.strftime

TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "The \"weather\" of a città <now>", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}}, "required": ["city"]}}}]
S, U, A = ({"role": r} for r in ("system", "user", "assistant"))
CALL = {"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Malmö", "days": 2}}}]}
CASES = {
    "one": dict(messages=[{**U, "content": "Hello there"}]),
    "system": dict(messages=[{**S, "content": " Be brief. "}, {**U, "content": "  Hi\n"}]),
    "turns": dict(messages=[{**U, "content": "Hi"}, {**A, "content": "<think>\nhm\n</think>\n\nHello!  "}, {**U, "content": "Bye <|im_end|>"}]),
    "closed": dict(messages=[{**U, "content": "Hi"}, {**A, "content": "Hello!"}], add_generation_prompt=False),
    "tools": dict(messages=[{**S, "content": "Use tools."}, {**U, "content": "Weather?"}], tools=TOOLS),
    "called": dict(messages=[{**U, "content": "Weather?"}, CALL, {"role": "tool", "tool_call_id": "call_1", "content": "{\"temp\": 3}"}], tools=TOOLS),
    "variables": dict(messages=[{**U, "content": "Hi"}], enable_thinking=False, date_string="1 Jan 2020"),
}
result = {}
for path in sorted(HERE.glob("*.jinja")):
    template = env.from_string(path.read_text())
    for name, case in CASES.items():
        try:
            text = template.render(**{"tools": None, "documents": None, "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>", **case})
        except jinja2.exceptions.TemplateError as error:
            result[f"{path.stem}/{name}"] = {"input": case, "error": str(error)}
            continue
        result[f"{path.stem}/{name}"] = {"input": case, "text": text}
(HERE / "expected.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
