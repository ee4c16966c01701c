/**
 * The peer: Fastify as it comes, and one statement of `pg` a request. It authenticates, validates and decides nothing.
 * Prints its port, and ends with its parent's signal.
 */
import Fastify from 'fastify';
import pg from 'pg';
import { v7 } from 'uuid';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
await pool.query(
  `create table if not exists bare_operation (id uuid primary key, of uuid not null, body jsonb not null, created_at timestamptz not null default now());
   create index if not exists bare_operation_of on bare_operation (of, id)`,
);

const app = Fastify();
const one = async (name: string, text: string, values: unknown[]) => (await pool.query({ name, text, values })).rows;

app.post<{ Body: { applicationInstanceId: string } }>('/v1/operations', async ({ body }, reply) => {
  const insert = 'insert into bare_operation (id, of, body) values ($1, $2, $3) returning *';
  const [row] = await one('insert', insert, [v7(), body.applicationInstanceId, body]);
  return reply.code(201).send(row);
});
app.get('/v1/operations', async () => ({
  items: await one('list', 'select to_jsonb(o) as item from operation o order by id desc limit 50', []),
}));
app.get<{ Params: { id: string } }>('/v1/operations/:id', async ({ params }) => {
  const [row] = await one('get', 'select to_jsonb(o) as item from operation o where id = $1', [params.id]);
  return row;
});
app.patch<{ Params: { id: string }; Body: { displayName: string } }>('/v1/schedules/:id', async ({ params, body }) => {
  const update = 'update schedule set display_name = $2, revision = revision + 1 where id = $1 returning *';
  const [row] = await one('patch', update, [params.id, body.displayName]);
  return row;
});

await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.(app.server.address());
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
