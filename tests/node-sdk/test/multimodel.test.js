import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, chatModel, client, since, user } from '../support.js';

const twice = `${chatModel}+${chatModel}`;

test('several models are asked by their names and give a choice each', async () => {
  const answer = await client.chat.completions.create({ model: twice, messages: user('What colour is the sky?'), max_tokens: 8 });
  assert.deepEqual(answer.choices.map((choice) => [choice.index, choice.model]), [[0, chatModel], [1, chatModel]]);
  assert.deepEqual(answer.multimodel.members.map((member) => member.status), ['completed', 'completed']);
  assert.equal(answer.usage.total_tokens, answer.multimodel.members.reduce((sum, member) => sum + member.usage.total_tokens, 0));
});

test('their streams are told apart by the choice', async () => {
  const chunks = await all(await client.chat.completions.create({ model: twice, messages: user('What colour is the sky?'), max_tokens: 8, stream: true }));
  for (const index of [0, 1]) {
    const text = chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.index === index).map((choice) => choice.delta.content ?? '').join('');
    assert.ok(text.length > 0);
  }
  assert.equal(chunks.at(-1).multimodel.mode, 'all');
});

since(5, 'the helper of the SDK puts the choices of a stream together', async () => {
  const answer = await client.chat.completions.stream({ model: twice, messages: user('What colour is the sky?'), max_tokens: 8 }).finalChatCompletion();
  assert.equal(answer.choices.length, 2);
});

test('a fallback answers for a model that there is not', async () => {
  const answer = await client.chat.completions.create({ model: `no-such-model|${chatModel}`, messages: user('Hello'), max_tokens: 4 });
  assert.deepEqual(answer.failed_models.map((failed) => [failed.model, failed.reason]), [['no-such-model', 'model_not_found']]);
});

test('fields beside the model reach the gateway', async () => {
  const answer = await client.chat.completions.create({ model: chatModel, multimodel: { mode: 'vote', models: [chatModel, chatModel, chatModel] }, temperature: 0, messages: user('Hello'), max_tokens: 4 });
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.multimodel.decision.votes, 3);
});
