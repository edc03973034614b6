// Every message ever published, in MySQL: for whoever was away for longer than Redis keeps them, and
// so that their numbers go on where they were when Redis has lost its memory.
'use strict';

const { promisify } = require('node:util');
const mysql = require('mysql');

const url = new URL(process.env.DATABASE_URL || 'mysql://realtime@127.0.0.1:3306/realtime');
// All of Unicode, not MySQL's three bytes of it.
url.searchParams.set('charset', 'utf8mb4');
const pool = mysql.createPool(url.href);
const query = promisify(pool.query).bind(pool);
const most = 10000;

const migrate = () => query(
  'CREATE TABLE IF NOT EXISTS messages (id BIGINT UNSIGNED PRIMARY KEY, data MEDIUMTEXT NOT NULL, '
  + 'published_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) CHARACTER SET utf8mb4',
);

// Published again under the same name it has the same number: that is the one mistake to pass over.
const keep = (id, data) => query(
  'INSERT INTO messages (id, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id', [id, data],
);

const last = async () => (await query('SELECT MAX(id) AS last FROM messages'))[0].last ?? 0;

// Those between the two numbers, as they were sent; of very many the newest.
async function between(after, before) {
  const rows = await query(
    'SELECT id, data FROM messages WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?', [after, before, most],
  );
  return rows.reverse().map(({ id, data }) => [id, `{"id":${id},"data":${data}}`]);
}

const close = promisify(pool.end).bind(pool);

module.exports = { migrate, keep, last, between, close };

// By hand or as a hook: node archive.js
if (require.main === module) {
  migrate().then(close).catch((error) => {
    console.error(`archive: ${error.message}`);
    process.exit(1);
  });
}
