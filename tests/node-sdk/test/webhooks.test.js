import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { chatModel as model, client, raw, since, user } from '../support.js';

const received = [];
let receiver;
let hook;

const next = async () => {
  while (received.length === 0) await once(receiver, 'event');
  return received.shift();
};

before(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
      response.writeHead(204).end();
      received.push({ headers: request.headers, body });
      receiver.emit('event');
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const answer = await raw('/webhooks', { method: 'POST', body: { url: `http://127.0.0.1:${receiver.address().port}/hooks` } });
  hook = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(hook));
});

after(async () => {
  await raw(`/webhooks/${hook.id}`, { method: 'DELETE' });
  receiver.close();
});

test('the standardwebhooks library accepts a signature, and refuses a body that was changed', async () => {
  await raw(`/webhooks/${hook.id}/test`, { method: 'POST' });
  const { headers, body } = await next();
  const verifier = new Webhook(hook.secret);
  assert.equal(verifier.verify(body, headers).type, 'webhook.test');
  assert.throws(() => verifier.verify(body.replace('webhook.test', 'webhook.best'), headers), WebhookVerificationError);
});

test('while a secret is rotated both verify', async () => {
  const rotated = await (await raw(`/webhooks/${hook.id}/rotate`, { method: 'POST', body: {} })).json();
  await raw(`/webhooks/${hook.id}/test`, { method: 'POST' });
  const { headers, body } = await next();
  for (const secret of [hook.secret, rotated.secret]) assert.equal(new Webhook(secret).verify(body, headers).type, 'webhook.test');
  hook.secret = rotated.secret;
});

since(5, 'the OpenAI SDK unwraps the event of a background response', async () => {
  const response = await client.responses.create({ model, input: user('Hello'), background: true });
  for (;;) {
    const { headers, body } = await next();
    const event = await client.webhooks.unwrap(body, headers, hook.secret);
    if (event.type.startsWith('response.')) {
      assert.equal(event.type, 'response.completed');
      assert.equal(event.data.id, response.id);
      break;
    }
  }
});
