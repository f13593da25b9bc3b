import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, ball, chatModel as model, checkBall, client, since, user, weather } from '../support.js';

const chat = (body, options) => client.chat.completions.create({ model, max_completion_tokens: 24, ...body }, options);

test('a completion has text, a finish reason and usage', async () => {
  const answer = await chat({ messages: user('Hello! Who are you?') });
  assert.equal(answer.object, 'chat.completion');
  assert.ok(answer.id && answer.created > 1_600_000_000 && answer.model);
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.equal(typeof answer.choices[0].message.content, 'string');
  assert.ok(['stop', 'length'].includes(answer.choices[0].finish_reason));
  assert.ok(answer.usage.prompt_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test('the answer says who served it', async () => {
  const { response } = await chat({ messages: user('Hi') }).withResponse();
  assert.match(response.headers.get('x-request-id'), /^req_/);
  assert.ok(response.headers.get('x-resultity-node'));
  assert.ok(Number(response.headers.get('openai-processing-ms')) >= 0);
});

test('a stream adds up to the answer without a stream', async () => {
  const same = { messages: user('Tell me a story.'), temperature: 0, seed: 7 };
  const whole = await chat(same);
  const chunks = await all(await chat({ ...same, stream: true, stream_options: { include_usage: true } }));
  assert.ok(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && chunk.id === chunks[0].id));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''), whole.choices[0].message.content);
  const last = chunks.at(-1);
  assert.deepEqual(last.choices, []);
  assert.equal(last.usage.completion_tokens, whole.usage.completion_tokens);
  assert.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason).length, 1);
});

since(5, "the SDK's own stream helper understands the stream", async () => {
  const runner = client.chat.completions.stream({ model, messages: user('Hi'), max_completion_tokens: 8 });
  const final = await runner.finalChatCompletion();
  assert.equal(typeof final.choices[0].message.content, 'string');
});

test('max_completion_tokens is kept and told', async () => {
  const answer = await chat({ messages: user('Tell me a long story.'), max_completion_tokens: 3 });
  assert.equal(answer.choices[0].finish_reason, 'length');
  assert.equal(answer.usage.completion_tokens, 3);
});

test('n answers are n choices', async () => {
  const answer = await chat({ messages: user('Tell me a story.'), n: 3, temperature: 1.2 });
  assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1, 2]);
  const chunks = await all(await chat({ messages: user('Tell me a story.'), n: 2, stream: true }));
  assert.deepEqual([...new Set(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.index)))].sort(), [0, 1]);
});

test('log probabilities spell the answer', async () => {
  const answer = await chat({ messages: user('Hi'), logprobs: true, top_logprobs: 3, max_completion_tokens: 6 });
  const { content } = answer.choices[0].logprobs;
  assert.equal(Buffer.from(content.flatMap((token) => token.bytes)).toString().startsWith(answer.choices[0].message.content), true);
  for (const token of content) {
    assert.ok(token.logprob <= 0);
    assert.equal(token.top_logprobs.length, 3);
    assert.ok(token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob);
  }
});

test('a schema is kept, also in a stream', async () => {
  const response_format = { type: 'json_schema', json_schema: { name: 'ball', strict: true, schema: ball } };
  const answer = await chat({ messages: user('What shape is a ball?'), response_format, max_completion_tokens: 64 });
  assert.equal(answer.choices[0].finish_reason, 'stop');
  checkBall(assert, answer.choices[0].message.content);
  const chunks = await all(await chat({ messages: user('What shape is a ball?'), response_format, max_completion_tokens: 64, stream: true }));
  checkBall(assert, chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''));
});

test('a tool that is required is called with arguments that fit', async () => {
  const tools = [{ type: 'function', function: { ...weather, strict: true } }];
  const answer = await chat({ messages: user('What is the weather in Bern?'), tools, tool_choice: 'required', max_completion_tokens: 64 });
  assert.equal(answer.choices[0].finish_reason, 'tool_calls');
  const [call] = answer.choices[0].message.tool_calls;
  assert.equal(call.type, 'function');
  assert.equal(call.function.name, 'get_weather');
  assert.ok(['Bern', 'Basel'].includes(JSON.parse(call.function.arguments).city));

  const told = await chat({
    messages: [...user('What is the weather in Bern?'), answer.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }],
    tools,
  });
  assert.equal(told.choices[0].message.role, 'assistant');
});

test('a named tool streams its call in pieces that add up', async () => {
  const tools = [{ type: 'function', function: weather }];
  const chunks = await all(await chat({
    messages: user('Weather in Basel?'), tools, tool_choice: { type: 'function', function: { name: 'get_weather' } }, max_completion_tokens: 64, stream: true,
  }));
  const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta?.tool_calls ?? []);
  assert.ok(pieces[0].id);
  assert.equal(pieces[0].function.name, 'get_weather');
  assert.ok(JSON.parse(pieces.map((piece) => piece.function?.arguments ?? '').join('')).city);
});

test("tool_choice 'none' gives text", async () => {
  const answer = await chat({ messages: user('Weather in Bern?'), tools: [{ type: 'function', function: weather }], tool_choice: 'none' });
  assert.equal(answer.choices[0].message.tool_calls, undefined);
});

test('a stop sequence is not in the answer', async () => {
  const free = await chat({ messages: user('Tell me a story.'), temperature: 0, max_completion_tokens: 20 });
  const words = free.choices[0].message.content.trim().split(/\s+/);
  const stop = words[Math.min(3, words.length - 1)];
  const answer = await chat({ messages: user('Tell me a story.'), temperature: 0, max_completion_tokens: 20, stop: [stop] });
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.choices[0].message.content.includes(stop), false);
});

test('the same seed gives the same answer', async () => {
  const same = { messages: user('Tell me a story.'), temperature: 1, seed: 42 };
  const [first, second] = [await chat(same), await chat(same)];
  assert.equal(first.choices[0].message.content, second.choices[0].message.content);
});
