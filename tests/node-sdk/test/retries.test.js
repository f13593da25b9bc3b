import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKey, baseURL, chatModel as model, OpenAI, raw, until, user } from '../support.js';

const running = async () => (await (await raw(`/models/${model}`)).json()).running;

/** The SDK with its own retries, whose first connection breaks once the model is at work. */
const interrupted = async () => {
  await until(running, (count) => count === 0);
  const tries = [];
  const client = new OpenAI({
    apiKey, baseURL, maxRetries: 1, timeout: 60_000,
    fetch: async (url, init) => {
      tries.push(new Headers(init.headers).get('x-stainless-retry-count'));
      if (tries.length > 1) return fetch(url, init);
      const breaking = new AbortController();
      const first = fetch(url, { ...init, signal: breaking.signal });
      first.catch(() => {});
      await until(running, (count) => count > 0);
      breaking.abort();
      throw new TypeError('fetch failed');
    },
  });
  return { client, tries };
};

test('a retry of the SDK gets the answer of the attempt whose connection broke', async () => {
  const { client, tries } = await interrupted();
  const { data, response } = await client.chat.completions
    .create({ model, messages: user('Tell me a long story.'), max_completion_tokens: 700, n: 8 }).withResponse();
  assert.deepEqual(tries, ['0', '1']);
  assert.equal(response.headers.get('idempotent-replayed'), 'true');
  assert.equal(data.choices.length, 8);
});

test('a retried stream comes from its start', async () => {
  const { client, tries } = await interrupted();
  const stream = await client.chat.completions.create({ model, messages: user('Tell me a long story.'), max_completion_tokens: 700, n: 8, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
  assert.ok(text.length > 0);
  assert.deepEqual(tries, ['0', '1']);
});
