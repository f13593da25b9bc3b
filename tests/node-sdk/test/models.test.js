import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatModel, client, OpenAI } from '../support.js';

test('models are listed, and each can be read', async () => {
  const list = await client.models.list();
  assert.ok(list.data.some((model) => model.id === chatModel));
  const model = await client.models.retrieve(chatModel);
  assert.equal(model.object, 'model');
  assert.equal(model.id, chatModel);
  assert.equal(typeof model.created, 'number');
});

test('a model that is not there is a NotFoundError', async () => {
  await assert.rejects(client.models.retrieve('no-such-model'), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
});
