// Keeps connections open and counts what happens to them: node load.js ws://127.0.0.1/ws 10000
// Says how it stands as a line of JSON, each quarter of a second; TERM ends it.
'use strict';

const { WebSocket } = require('ws');

const [url = 'ws://127.0.0.1/ws', wanted = '100'] = process.argv.slice(2);
const counts = {
  open: 0, peak: 0, opened: 0, refused: 0, without_close_frame: 0, lost: 0, twice: 0, received: 0,
  last: 0, behind: 0, slowest_reconnect_ms: 0,
};
const closes = {};
const clients = [];
const waiting = Array.from({ length: Number(wanted) }, () => ({ last: null, closedAt: 0 }));
let opening = 0;
let ending = false;

function next() {
  while (opening < 200 && waiting.length > 0 && !ending) connect(waiting.shift());
}

function connect(client) {
  opening += 1;
  const after = client.last === null ? '' : `?after=${client.last}`;
  const socket = new WebSocket(url + after, { perMessageDeflate: false, handshakeTimeout: 30000 });
  let isOpen = false;
  client.socket = socket;
  socket.on('open', () => {
    isOpen = true;
    opening -= 1;
    counts.opened += 1;
    counts.peak = Math.max(counts.peak, counts.open += 1);
    if (client.closedAt > 0) {
      counts.slowest_reconnect_ms = Math.max(counts.slowest_reconnect_ms, Date.now() - client.closedAt);
    }
    next();
  });
  socket.on('message', (text) => take(client, JSON.parse(text)));
  socket.on('error', () => {});
  socket.on('close', (code) => {
    if (isOpen) {
      counts.open -= 1;
      if (!ending) closes[client.server] = (closes[client.server] || 0) + 1;
      if (code === 1006 && !ending) counts.without_close_frame += 1;
      client.closedAt = Date.now();
    } else {
      opening -= 1;
      counts.refused += 1;
    }
    waiting.push(client);
    next();
  });
  if (!clients.includes(client) && client.last === null) clients.push(client);
}

function take(client, message) {
  if (message.server) {
    client.server = message.server;
    client.last ??= message.last;
    return;
  }
  counts.received += 1;
  if (message.id <= client.last) counts.twice += 1;
  else counts.lost += message.id - client.last - 1;
  client.last = Math.max(client.last, message.id);
  counts.last = Math.max(counts.last, message.id);
}

function say() {
  const by = {};
  for (const client of clients) {
    if (client.socket.readyState === WebSocket.OPEN) by[client.server] = (by[client.server] || 0) + 1;
  }
  counts.behind = clients.filter((client) => client.last < counts.last).length;
  process.stdout.write(`${JSON.stringify({ ...counts, closes, by })}\n`);
}

setInterval(say, 250);
process.once('SIGTERM', () => {
  ending = true;
  say();
  process.exit(0);
});
next();
