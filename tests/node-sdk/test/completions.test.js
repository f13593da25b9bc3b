import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, chatModel as model, client } from '../support.js';

const complete = (body) => client.completions.create({ model, max_tokens: 8, ...body });

test('a prompt is completed', async () => {
  const answer = await complete({ prompt: 'Once upon a time' });
  assert.equal(answer.object, 'text_completion');
  assert.equal(typeof answer.choices[0].text, 'string');
  assert.ok(answer.usage.prompt_tokens > 0);
});

test('a stream adds up to the completion', async () => {
  const same = { prompt: 'Once upon a time', temperature: 0 };
  const whole = await complete(same);
  const chunks = await all(await complete({ ...same, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''), whole.choices[0].text);
});

test('each prompt has its own choices', async () => {
  const answer = await complete({ prompt: ['One', 'Two'], n: 2 });
  assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1, 2, 3]);
});
