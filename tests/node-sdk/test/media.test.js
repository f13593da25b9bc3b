import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, apiKey, baseURL, client, OpenAI, raw, since, toFile, until } from '../support.js';

/** Where the feature for videos is on; unset where the gateway has no such subcloud. */
const videoURL = process.env.RESULTITY_VIDEO_BASE_URL;
const lab = videoURL && new OpenAI({ baseURL: videoURL, apiKey, maxRetries: 0, timeout: 60_000 });
const painter = 'resultity-mini-diffusion';
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

const draw = async (prompt = 'a red circle on a white background') => {
  const made = await client.images.generate({ model: painter, prompt, size: '128x128', steps: 4, response_format: 'b64_json' });
  return Buffer.from(made.data[0].b64_json, 'base64');
};

test('images are made, edited and varied', async () => {
  const image = await draw();
  assert.deepEqual(image.subarray(0, 4), png);
  const edited = await client.images.edit({ model: painter, image: await toFile(image, 'a.png', { type: 'image/png' }), prompt: 'a blue circle', size: '128x128' });
  assert.ok(edited.data[0].b64_json);
  const varied = await client.images.createVariation({ model: painter, image: await toFile(image, 'a.png', { type: 'image/png' }), n: 2 });
  assert.equal(varied.data.length, 2);
});

since(5, 'an image is streamed with a partial one before it', async () => {
  const events = await all(await client.images.generate({ model: painter, prompt: 'a blue square', stream: true, partial_images: 1 }));
  assert.deepEqual(events.map((event) => event.type), ['image_generation.partial_image', 'image_generation.completed']);
});

test('an image in a chat is described', async () => {
  const image = (await draw()).toString('base64');
  const answer = await client.chat.completions.create({
    model: 'resultity-mini-caption',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } }] }],
  });
  assert.match(answer.choices[0].message.content, /background/);
});

test('texts are judged', async () => {
  const judged = await client.moderations.create({ input: ['I will hurt you tonight', 'you are kind'] });
  assert.deepEqual(judged.results.map((result) => result.flagged), [true, false]);
});

test('speech comes whole and as events', async () => {
  const whole = await client.audio.speech.create({ model: 'resultity-espeak', voice: 'nova', input: 'A red circle.', response_format: 'wav' });
  assert.equal(Buffer.from(await whole.arrayBuffer()).subarray(0, 4).toString(), 'RIFF');
  const events = await raw('/audio/speech', { method: 'POST', body: { model: 'resultity-espeak', voice: 'nova', input: 'A red circle.', response_format: 'pcm', stream_format: 'sse' } });
  assert.match(await events.text(), /speech\.audio\.delta[\s\S]*speech\.audio\.done/);
});

test('what was spoken is written down, with times and as events', async () => {
  const spoken = await client.audio.speech.create({ model: 'resultity-espeak', voice: 'nova', input: 'A red circle in the center.', response_format: 'wav' });
  const sound = Buffer.from(await spoken.arrayBuffer());
  const file = () => toFile(sound, 'circle.wav', { type: 'audio/wav' });
  const model = 'resultity-mini-whisper';
  const verbose = await client.audio.transcriptions.create({ model, file: await file(), response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
  assert.match(verbose.text, /red circle/i);
  assert.ok(verbose.words.length >= 4 && verbose.segments[0].end <= verbose.duration + 0.05, JSON.stringify(verbose));
  const events = await all(await client.audio.transcriptions.create({ model, file: await file(), stream: true }));
  assert.match(events.at(-1).text, /red circle/i);
  assert.equal(events.at(-1).type, 'transcript.text.done');
  assert.match(await client.audio.transcriptions.create({ model, file: await file(), response_format: 'srt' }), /^1\n00:00:0/);
});

since(6, 'a video is made, waited for, listed, downloaded and deleted', async () => {
  assert.ok(lab, 'Set RESULTITY_VIDEO_BASE_URL.');
  const made = await lab.videos.create({ prompt: 'a red circle moving right', seconds: '1', size: '128x128', input_reference: await toFile(await draw(), 'a.png', { type: 'image/png' }) });
  assert.equal(made.object, 'video');
  const done = await until(() => lab.videos.retrieve(made.id), (video) => !['queued', 'in_progress'].includes(video.status));
  assert.equal(done.status, 'completed', JSON.stringify(done));
  assert.equal(done.progress, 100);
  const file = Buffer.from(await (await lab.videos.downloadContent(made.id)).arrayBuffer());
  assert.equal(file.subarray(4, 8).toString(), 'ftyp');
  const still = await lab.videos.downloadContent(made.id, { variant: 'thumbnail' });
  assert.equal(still.headers.get('content-type'), 'image/webp');
  assert.ok((await all(lab.videos.list())).some((video) => video.id === made.id));
  assert.ok((await lab.videos.delete(made.id)).deleted);
  await assert.rejects(() => lab.videos.retrieve(made.id), { status: 404 });
});

since(6, 'the main cloud says where videos are', async () => {
  assert.ok(baseURL);
  await assert.rejects(() => client.videos.create({ prompt: 'x' }), (error) => error.status === 403 && error.code === 'endpoint_not_available' && /subclouds\/lab/.test(error.message));
});
