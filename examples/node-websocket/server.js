// A realtime server beside Laravel: whoever is connected gets every message that is published, by
// whichever process took it. Redis carries messages between the processes and keeps the last ones,
// MySQL keeps all, so that a client which had to reconnect gets what it has missed: /ws?after=ID.
'use strict';

const { randomUUID } = require('node:crypto');
const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');
const { createClient } = require('redis');
const { WebSocket, WebSocketServer } = require('ws');
const archive = require('./archive');

const port = Number(process.env.PORT || 8000);
const heartbeat = Number(process.env.HEARTBEAT || 25) * 1000;
const redisURL = process.env.REDIS_URL || 'redis://127.0.0.1:6379';
const kept = 1000;
// In a rolling restart the process before us has only just come back. Whom it refused meanwhile is
// in our queue, and has nowhere else to go: they are let in before we close it.
const lastCall = 1000;

const redis = createClient({ url: redisURL });
const subscriber = redis.duplicate();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 65536 });
const counts = { messages: 0, requests: 0, errors: 0, timeouts: 0 };
const recent = [];
let last = 0;
let isDraining = false;

// --- messages ---------------------------------------------------------------------------------

// Number, keep and publish in one step: no reader sees them in another order. nginx may send a
// request again, to the next process, under the same name: it is published once. A Redis that begins
// anew would number from 1: it is told what we have seen.
const PUBLISH = `
local known = redis.call('GET', KEYS[4])
if known then return known end
local id = math.max(redis.call('INCR', KEYS[1]), ARGV[2] + 1)
redis.call('SET', KEYS[1], id)
redis.call('SET', KEYS[4], id, 'EX', 60)
local message = '{"id":' .. id .. ',"data":' .. ARGV[1] .. '}'
redis.call('RPUSH', KEYS[2], message)
redis.call('LTRIM', KEYS[2], -${kept}, -1)
redis.call('PUBLISH', KEYS[3], message)
return id`;

async function publish(body, name) {
  const data = JSON.stringify(body);
  const id = Number(await redis.eval(PUBLISH, {
    keys: ['realtime:last', 'realtime:kept', 'realtime', `realtime:request:${name}`],
    arguments: [data, String(last)],
  }));
  await archive.keep(id, data);
  return id;
}

function accept(id, text) {
  if (id <= last) return;
  last = id;
  recent.push([id, text]);
  if (recent.length > kept) recent.shift();
  for (const client of sockets.clients) {
    // One that came from another process may have heard it there, before it reached us.
    if (client.readyState === WebSocket.OPEN && id > client.after) client.send(text);
  }
  counts.messages += sockets.clients.size;
}

// What was published before the start, or while Redis was out of reach.
async function catchUp() {
  for (const text of await redis.lRange('realtime:kept', 0, -1)) accept(JSON.parse(text).id, text);
}

// What came after that message: of the archive only what is not at hand. It is to be called once the
// client is there, with what has come while the archive was asked.
async function missed(after) {
  const atHand = recent.filter(([id]) => id > after);
  const until = last;
  const first = recent.length > 0 ? recent[0][0] : last + 1;
  const old = after < first - 1 ? await archive.between(after, first) : [];
  return () => [...old, ...atHand, ...recent.filter(([id]) => id > Math.max(after, until))];
}

// Where a client stands: it may be a little ahead of us, if it comes from another process.
function position(url) {
  const after = Number(new URL(url, 'http://localhost').searchParams.get('after') ?? NaN);
  return Number.isFinite(after) && after <= last + kept ? after : last;
}

function receive(text) {
  const { id } = JSON.parse(text);
  if (id > last + 1) return catchUp().catch(complain);
  accept(id, text);
}

// --- HTTP -------------------------------------------------------------------------------------

const metrics = () => [
  ['gauge', 'websocket_connections', sockets.clients.size],
  ['gauge', 'process_resident_memory_bytes', process.memoryUsage.rss()],
  ['counter', 'websocket_messages_total', counts.messages],
  ['counter', 'websocket_heartbeat_timeouts_total', counts.timeouts],
  ['counter', 'http_requests_total', counts.requests],
  ['counter', 'errors_total', counts.errors],
].map(([kind, name, value]) => `# TYPE ${name} ${kind}\n${name} ${value}\n`).join('');

async function answer(request) {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/health') return redis.isReady ? [200, 'ok\n'] : [503, 'not ready\n'];
  if (pathname === '/metrics') return [200, metrics()];
  if (pathname !== '/publish' || request.method !== 'POST') return [404, 'not found\n'];
  let body = '';
  for await (const piece of request) {
    body += piece;
    if (body.length > 65536) return [413, 'too large\n'];
  }
  const name = request.headers['x-request-id'] ?? randomUUID();
  return [200, `${await publish(body, name)}\n`];
}

const server = http.createServer(async (request, response) => {
  counts.requests += 1;
  const [status, text] = await answer(request).catch((error) => {
    complain(error);
    return [500, 'failed\n'];
  });
  response.writeHead(status, { 'Content-Type': 'text/plain; version=0.0.4' }).end(text);
});

// --- WebSockets -------------------------------------------------------------------------------

server.on('upgrade', async (request, socket, head) => {
  // A client may go while we look.
  socket.on('error', () => {});
  const after = position(request.url);
  const messages = await missed(after).catch(complain);
  if (!messages) return socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.isAlive = true;
    client.after = after;
    client.on('pong', () => { client.isAlive = true; });
    client.on('error', complain);
    client.send(JSON.stringify({ server: port, last: after }));
    for (const [, text] of messages()) client.send(text);
    // One that was let in just before; it is told like the others.
    if (isDraining) client.close(1012, 'restart');
  });
});

const beat = setInterval(() => {
  for (const client of sockets.clients) {
    if (!client.isAlive) {
      counts.timeouts += 1;
      client.terminate();
    }
    client.isAlive = false;
    client.ping();
  }
}, heartbeat);

// --- beginning and end ------------------------------------------------------------------------

function complain(error) {
  counts.errors += 1;
  console.error(`${port}: ${error.message}`);
}

// Nobody new is taken: nginx goes to the next process. Then clients are told to go elsewhere (1012,
// service restart), a few at a time, since the other processes get them all. Ends once everybody has
// answered and every request is done.
async function drain() {
  isDraining = true;
  clearInterval(beat);
  const closed = new Promise((done) => server.close(done));
  const clients = [...sockets.clients];
  console.log(`${port}: ${clients.length} clients go elsewhere`);
  for (let index = 0; index < clients.length; index += 250) {
    for (const client of clients.slice(index, index + 250)) client.close(1012, 'restart');
    await pause(20);
  }
  const late = setTimeout(() => sockets.clients.forEach((client) => client.terminate()), 12000);
  await closed;
  clearTimeout(late);
  await Promise.all([subscriber.quit(), redis.quit(), archive.close()]);
  console.log(`${port}: done`);
  process.exit(0);
}

async function main() {
  redis.on('error', complain);
  subscriber.on('error', complain);
  redis.on('ready', () => catchUp().catch(complain));
  await Promise.all([redis.connect(), subscriber.connect()]);
  await subscriber.subscribe('realtime', receive);
  await catchUp();
  // Redis has forgotten some, or all: what it has kept is not the end.
  const archived = await archive.last();
  if (archived > last) {
    recent.length = 0;
    last = archived;
  }
  process.once('SIGTERM', () => setTimeout(() => setImmediate(drain), lastCall));
  server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => console.log(`${port}: listening`));
}

main();
