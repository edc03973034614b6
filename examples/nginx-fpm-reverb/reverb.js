// In the place of `php artisan reverb:start`, which wants Laravel 10: as much of the Pusher protocol
// as a client notices. Like Reverb it ends on TERM, and its clients connect again by themselves.
const { WebSocketServer } = require('ws');

const port = Number(process.env.REVERB_PORT);
const server = new WebSocketServer({ host: '127.0.0.1', port });
let connections = 0;

const answers = {
  'pusher:ping': () => ({ event: 'pusher:pong' }),
  'pusher:subscribe': (data) => ({
    event: 'pusher_internal:subscription_succeeded', channel: data.channel,
  }),
};

server.on('listening', () => console.log(`listening on ${port}`));
server.on('connection', (socket) => {
  const data = JSON.stringify({ socket_id: `${process.pid}.${++connections}`, activity_timeout: 30 });
  socket.send(JSON.stringify({ event: 'pusher:connection_established', data }));
  socket.on('error', (error) => console.error(error.message));
  socket.on('message', (text) => {
    let message = {};
    try {
      message = JSON.parse(text) ?? {};
    } catch {
      socket.close(4200, 'that is no JSON');
    }
    const answer = answers[message.event];
    if (answer) socket.send(JSON.stringify(answer(message.data ?? {})));
  });
});

process.on('SIGTERM', () => {
  console.log(`closing ${server.clients.size} connections`);
  for (const socket of server.clients) socket.close(1012, 'the server restarts');
  server.close(() => process.exit(0));
  // Who does not say goodbye holds up nobody.
  setTimeout(() => server.clients.forEach((socket) => socket.terminate()), 2000);
});
