import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatModel as model, raw, until, user } from '../support.js';

const submit = async (body, headers = {}) => {
  const answer = await raw('/chat/completions', { method: 'POST', body: { model, messages: user('Hi'), max_completion_tokens: 8, ...body }, headers: { prefer: 'respond-async', ...headers } });
  return { answer, request: await answer.json() };
};

const read = async (path) => (await raw(path)).json();

test('a request is accepted, finishes, and its answer is the one of a synchronous call', async () => {
  const { answer, request } = await submit({});
  assert.equal(answer.status, 202);
  assert.equal(answer.headers.get('preference-applied'), 'respond-async');
  assert.equal(new URL(answer.headers.get('location'), 'http://x').pathname, `/v1/requests/${request.id}`);
  assert.equal(request.object, 'inference.request');
  assert.equal(request.id, request.request_id);
  assert.equal(request.endpoint, '/v1/chat/completions');

  const waited = await raw(`/requests/${request.id}?wait=30`);
  assert.equal(waited.status, 200);
  assert.equal((await waited.json()).status, 'completed');
  const response = await raw(`/requests/${request.id}/response`);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).object, 'chat.completion');
});

test('a client that waits gets the answer inline', async () => {
  const { answer, request } = await submit({}, { prefer: 'respond-async, wait=30' });
  assert.equal(answer.status, 200);
  assert.equal(request.object, 'chat.completion');
});

test('the events of a streamed request can be read afterwards', async () => {
  const { request } = await submit({ stream: true });
  await until(() => read(`/requests/${request.id}`), (r) => r.status === 'completed');
  const events = await (await raw(`/requests/${request.id}/events`)).text();
  assert.match(events, /chat\.completion\.chunk/);
});

test('a request can be cancelled, listed and deleted', async () => {
  const { request } = await submit({ max_completion_tokens: 900, n: 8 });
  await raw(`/requests/${request.id}/cancel`, { method: 'POST' });
  const ended = await until(() => read(`/requests/${request.id}`), (r) => !['queued', 'in_progress', 'cancelling'].includes(r.status));
  assert.ok(['cancelled', 'aborted', 'completed'].includes(ended.status));
  const list = await read('/requests?limit=100');
  assert.ok(list.data.some((r) => r.id === request.id));
  assert.ok((await raw(`/requests/${request.id}`, { method: 'DELETE' })).ok);
  assert.equal((await raw(`/requests/${request.id}`)).status, 404);
});

test('a mistake is refused before anything is queued', async () => {
  const { answer, request } = await submit({ temperature: 9 });
  assert.equal(answer.status, 400);
  assert.equal(request.error.param, 'temperature');
});
