import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, raw, served } from '../support.js';

const model = await served('/v1/embeddings', 'RESULTITY_EMBED_MODEL');

const cosine = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0) / Math.sqrt(a.reduce((s, x) => s + x * x, 0) * b.reduce((s, x) => s + x * x, 0));

test('one text is one vector', async () => {
  // The SDK asks for base64 and decodes it.
  const answer = await client.embeddings.create({ model, input: 'a red ball' });
  assert.equal(answer.object, 'list');
  assert.equal(answer.data[0].object, 'embedding');
  assert.ok(answer.data[0].embedding.length > 8 && answer.data[0].embedding.every(Number.isFinite));
  assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.total_tokens === answer.usage.prompt_tokens);
});

test('several texts are several vectors in their order', async () => {
  const texts = ['a red ball', 'the weather is fine', 'a red ball'];
  const { data } = await client.embeddings.create({ model, input: texts });
  assert.deepEqual(data.map((item) => item.index), [0, 1, 2]);
  assert.ok(cosine(data[0].embedding, data[2].embedding) > 0.999);
  assert.ok(cosine(data[0].embedding, data[1].embedding) < 0.99);
});

test('floats and base64 are the same numbers', async () => {
  const post = async (encoding_format) => (await (await raw('/embeddings', { method: 'POST', body: { model, input: 'a red ball', encoding_format } })).json()).data[0].embedding;
  const [floats, text] = [await post('float'), await post('base64')];
  const bytes = Buffer.from(text, 'base64');
  const decoded = [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
  assert.equal(decoded.length, floats.length);
  decoded.forEach((value, i) => assert.ok(Math.abs(value - floats[i]) < 1e-5));
});
