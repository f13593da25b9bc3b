import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatModel as model, client, OpenAI, raw, until, user } from '../support.js';

const running = async () => {
  const answer = await raw(`/models/${model}`);
  return (await answer.json()).running;
};

test('aborting a call is an APIUserAbortError, and its slot is free again', async () => {
  const abort = new AbortController();
  const call = client.chat.completions.create({ model, messages: user('Tell me a long story.'), max_completion_tokens: 700, n: 4 }, { signal: abort.signal });
  setTimeout(() => abort.abort(), 30);
  await assert.rejects(call, OpenAI.APIUserAbortError);
  await until(running, (slots) => slots === 0, { seconds: 5 });
});

test('leaving a stream frees its slot', async () => {
  const stream = await client.chat.completions.create({ model, messages: user('Tell me a long story.'), max_completion_tokens: 700, stream: true });
  for await (const _ of stream) break;
  await until(running, (slots) => slots === 0, { seconds: 5 });
});

test('a deadline that passes is told', async () => {
  const answer = await raw('/chat/completions', {
    method: 'POST', body: { model, messages: user('Tell me a long story.'), max_completion_tokens: 900, n: 8 }, headers: { 'cancel-after': '20ms' },
  });
  assert.equal(answer.status, 504);
  assert.equal((await answer.json()).error.code, 'deadline_exceeded');
});
