import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKey, baseURL, chatModel as model, client, OpenAI, raw, user } from '../support.js';

const rejects = (promise, type, check) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
  for (const [name, value] of Object.entries(check)) assert.equal(error[name], value, name);
  assert.ok(error.message.length > 10);
  assert.match(error.requestID ?? error.request_id, /^req_/);
  return true;
});

test('a wrong key is an AuthenticationError', () =>
  rejects(new OpenAI({ baseURL, apiKey: 'rk_wrong', maxRetries: 0 }).models.list(), OpenAI.AuthenticationError, { status: 401, type: 'authentication_error' }));

test('a model that is not there is a NotFoundError', () =>
  rejects(client.chat.completions.create({ model: 'no-such-model', messages: user('x') }), OpenAI.NotFoundError, { status: 404, code: 'model_not_found', param: 'model' }));

test('a value out of range is a BadRequestError that names it', () =>
  rejects(client.chat.completions.create({ model, messages: user('x'), temperature: 3 }), OpenAI.BadRequestError, { status: 400, param: 'temperature', type: 'invalid_request_error' }));

test('a missing field is a BadRequestError that names it', () =>
  rejects(client.chat.completions.create({ model }), OpenAI.BadRequestError, { status: 400, param: 'messages' }));

test('a wrong role is a BadRequestError with its path', () =>
  rejects(client.chat.completions.create({ model, messages: [{ role: 'robot', content: 'x' }] }), OpenAI.BadRequestError, { status: 400, param: 'messages[0].role' }));

test('a mistake in a streamed request keeps its status', () =>
  rejects(client.chat.completions.create({ model: 'no-such-model', messages: user('x'), stream: true }), OpenAI.NotFoundError, { status: 404 }));

test('every error has all four fields, also where no route is', async () => {
  for (const [path, init, status] of [
    ['/nowhere', {}, 404],
    ['/chat/completions', {}, 405],
    ['/chat/completions', { method: 'POST', body: [] }, 400],
    ['/responses/resp_nothing', {}, 404],
  ]) {
    const answer = await raw(path, init);
    assert.equal(answer.status, status, path);
    const { error } = await answer.json();
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  }
  const broken = await fetch(`${baseURL}/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }, body: '{"model":' });
  assert.equal(broken.status, 400);
});
