import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, ball, chatModel as model, checkBall, client, OpenAI, since, until, user, weather } from '../support.js';

const respond = (body, options) => client.responses.create({ model, max_output_tokens: 24, ...body }, options);
const tools = [{ type: 'function', strict: true, ...weather }];

test('text gives text', async () => {
  const response = await respond({ input: 'Hello! Who are you?', instructions: 'Be brief.', metadata: { k: 'v' } });
  assert.match(response.id, /^resp_/);
  assert.equal(response.object, 'response');
  assert.ok(['completed', 'incomplete'].includes(response.status));
  assert.equal(response.output[0].type, 'message');
  assert.equal(typeof response.output_text, 'string');
  assert.equal(response.instructions, 'Be brief.');
  assert.deepEqual(response.metadata, { k: 'v' });
  assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens);
  assert.equal(typeof response.usage.input_tokens_details.cached_tokens, 'number');
  assert.equal(typeof response.usage.output_tokens_details.reasoning_tokens, 'number');
});

test('the events come in order and tell the stored response', async () => {
  const events = await all(await respond({ input: 'Tell me a story.', stream: true }));
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
  const types = events.map((event) => event.type);
  assert.deepEqual(types.slice(0, 4), ['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added']);
  assert.deepEqual(types.slice(-4, -1), ['response.output_text.done', 'response.content_part.done', 'response.output_item.done']);
  assert.ok(types.slice(4, -4).every((type) => type === 'response.output_text.delta'));
  const { response } = events.at(-1);
  assert.equal(events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join(''), response.output[0].content[0].text);
  const { output_text: _, ...stored } = await client.responses.retrieve(response.id);
  assert.deepEqual(stored, response);
});

since(5, "the SDK's own stream helper understands the stream", async () => {
  const final = await client.responses.stream({ model, input: 'Hi', max_output_tokens: 8 }).finalResponse();
  assert.equal(typeof final.output[0].content[0].text, 'string');
});

test('a conversation goes on from what is stored', async () => {
  const first = await respond({ input: 'My name is Max.' });
  const second = await respond({ input: 'Who am I?', previous_response_id: first.id });
  assert.equal(second.previous_response_id, first.id);
  assert.ok(second.usage.input_tokens > first.usage.input_tokens);
  const items = await all(client.responses.inputItems.list(second.id, { order: 'asc', limit: 2 }));
  assert.deepEqual(items.map((item) => item.role), ['user', 'assistant', 'user']);
  assert.equal(items[2].content[0].text, 'Who am I?');
});

since(5, 'a stored response can be read and deleted', async () => {
  const made = await respond({ input: 'Hi' });
  const read = await client.responses.retrieve(made.id);
  assert.deepEqual(read.output, made.output);
  await client.responses.delete(made.id);
  await assert.rejects(client.responses.retrieve(made.id), OpenAI.NotFoundError);
  await assert.rejects(respond({ input: 'x', previous_response_id: made.id }), (error) => error instanceof OpenAI.NotFoundError && error.param === 'previous_response_id');
});

test('a response that is not to be stored is not', async () => {
  const made = await respond({ input: 'Hi', store: false });
  assert.equal(made.store, false);
  await assert.rejects(client.responses.retrieve(made.id), OpenAI.NotFoundError);
});

test('a schema is kept', async () => {
  const response = await respond({ input: 'What shape is a ball?', max_output_tokens: 64, text: { format: { type: 'json_schema', name: 'ball', strict: true, schema: ball } } });
  assert.equal(response.status, 'completed');
  checkBall(assert, response.output_text);
});

test('tools are called, and their outputs go back', async () => {
  const asked = await respond({ input: 'What is the weather in Bern?', tools, tool_choice: 'required', max_output_tokens: 64 });
  const calls = asked.output.filter((item) => item.type === 'function_call');
  assert.ok(calls.length >= 1);
  assert.ok(['Bern', 'Basel'].includes(JSON.parse(calls[0].arguments).city));
  const told = await respond({
    previous_response_id: asked.id, tools, tool_choice: 'none', input: calls.map((call) => ({ type: 'function_call_output', call_id: call.call_id, output: 'sunny' })),
  });
  assert.equal(told.output[0].type, 'message');
});

test('a call streams its arguments', async () => {
  const events = await all(await respond({ input: 'Weather in Basel?', tools, tool_choice: { type: 'function', name: 'get_weather' }, max_output_tokens: 64, stream: true }));
  const deltas = events.filter((event) => event.type === 'response.function_call_arguments.delta').map((event) => event.delta).join('');
  const done = events.find((event) => event.type === 'response.function_call_arguments.done');
  assert.equal(deltas, done.arguments);
  assert.ok(JSON.parse(done.arguments).city);
});

test('log probabilities come when they are asked for', async () => {
  const response = await respond({ input: 'Hi', include: ['message.output_text.logprobs'], top_logprobs: 2 });
  const { logprobs } = response.output[0].content[0];
  assert.ok(logprobs.length > 0 && logprobs.every((token) => token.top_logprobs.length === 2));
});

test('the token limit is told', async () => {
  const response = await respond({ input: 'Tell me a long story.', max_output_tokens: 3 });
  assert.equal(response.status, 'incomplete');
  assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' });
});

test('a background response completes while nobody waits', async () => {
  const queued = await respond({ input: 'Hi', background: true });
  assert.equal(queued.status, 'queued');
  const done = await until(() => client.responses.retrieve(queued.id), (response) => !['queued', 'in_progress'].includes(response.status));
  assert.ok(['completed', 'incomplete'].includes(done.status));
  assert.equal(done.output[0].type, 'message');
});

test('a background stream is resumed from the event after the last one seen', async () => {
  const stream = await respond({ input: 'Tell me a story.', background: true, stream: true });
  const seen = [];
  for await (const event of stream) {
    seen.push(event);
    if (seen.length === 4) break;
  }
  const id = seen[0].response.id;
  const rest = await all(await client.responses.retrieve(id, { stream: true, starting_after: seen.at(-1).sequence_number }));
  assert.deepEqual([...seen, ...rest].map((event) => event.sequence_number), [...seen, ...rest].map((_, i) => i));
  assert.match(rest.at(-1).type, /^response\.(completed|incomplete)$/);
});

test('a background response can be cancelled', async () => {
  const queued = await respond({ input: 'Tell me a long story.', background: true, max_output_tokens: 900 });
  const cancelled = await client.responses.cancel(queued.id);
  assert.ok(['cancelled', 'completed', 'incomplete'].includes(cancelled.status));
  assert.equal((await client.responses.retrieve(queued.id)).status, cancelled.status);
});

test('what is not supported is refused by name', async () => {
  for (const [body, param] of [
    [{ input: 'x', tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ input: 'x', conversation: 'conv_1' }, 'conversation'],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'input[0].role'],
    [{ input: user('x'), temperature: 5 }, 'temperature'],
  ]) {
    await assert.rejects(respond(body), (error) => error instanceof OpenAI.BadRequestError && error.param === param);
  }
});
