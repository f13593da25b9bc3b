import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Which major version of the SDK is tested: a dependency of package.json. */
const dependency = process.env.RESULTITY_OPENAI_SDK ?? 'openai';
const sdk = await import(dependency);

export const major = Number(JSON.parse(readFileSync(new URL(`./node_modules/${dependency}/package.json`, import.meta.url))).version.split('.')[0]);

export const OpenAI = sdk.default;
export const { toFile } = sdk;

/** A test of a call that the SDK has from a major version on. */
export const since = (version, name, run) => (major < version ? undefined : test(name, run));

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}.`);
  return value;
};

/** Ends in /v1. */
export const baseURL = need('RESULTITY_BASE_URL').replace(/\/$/, '');
export const apiKey = need('RESULTITY_API_KEY');

/** The SDK as a user has it, but without its retries: a test wants to see the first answer. */
export const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });

/** The model that serves an endpoint, unless a variable names another. */
export const served = async (endpoint, name) => {
  if (process.env[name]) return process.env[name];
  const models = await client.models.list();
  // A model that describes images answers chats as well, but only about images.
  const model = models.data.find((candidate) => candidate.endpoints?.includes(endpoint) && !candidate.endpoints.includes('/v1/images/description'));
  if (!model) throw new Error(`No model serves ${endpoint}; there are: ${models.data.map((m) => m.id).join(', ') || 'none'}.`);
  return model.id;
};

export const chatModel = await served('/v1/chat/completions', 'RESULTITY_CHAT_MODEL');

/** Calls the API without the SDK. The path begins behind /v1. */
export const raw = (path, { method = 'GET', body, headers = {}, ...rest } = {}) =>
  fetch(baseURL + path, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    ...rest,
  });

/** Everything that an async iterable gives. */
export const all = async (iterable) => {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
};

/** Asks until the answer is what is waited for. */
export const until = async (ask, done, { seconds = 30 } = {}) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s; the last answer was ${JSON.stringify(answer)}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

export const user = (content) => [{ role: 'user', content }];

export const weather = {
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Bern', 'Basel'] } }, required: ['city'], additionalProperties: false },
};

export const ball = {
  type: 'object',
  properties: { shape: { type: 'string', enum: ['round', 'square'] }, count: { type: 'integer', minimum: 0, maximum: 9 } },
  required: ['shape', 'count'],
  additionalProperties: false,
};

export const checkBall = (assert, text) => {
  const value = JSON.parse(text);
  assert.deepEqual(Object.keys(value).sort(), ['count', 'shape']);
  assert.ok(['round', 'square'].includes(value.shape));
  assert.ok(Number.isInteger(value.count) && value.count >= 0 && value.count <= 9);
};
