/** What the story waits for, each with a bound: a run goes on when what it is for is in the database. */
import type { Answer, Client } from '../../test/support/client.ts';
import { until } from '../../test/support/until.ts';
import { idOf, type Stage } from './stage.ts';

/** What the service answers; undefined while it starts, or is too busy to answer. */
async function read(api: Client, path: string): Promise<Answer['body']> {
  const { status, body } = await api.get(path);
  return status === 200 ? body : undefined;
}

/** Waits until an Operation has a phase. */
export async function reaches(stage: Stage, api: Client, name: string, phase: string): Promise<void> {
  let last: unknown;
  await until(`${name} to be ${phase}`, 60, async () => {
    last = (await read(api, `/v1/operations/${idOf(stage, name)}`))?.phase;
    return last === phase;
  }).catch((error) => {
    throw new Error(`${error.message}; it is ${String(last)}`);
  });
}

/** Waits until the ledger of a schedule has a row of this outcome. */
export async function comesOut(stage: Stage, api: Client, schedule: string, outcome: string): Promise<void> {
  await until(`${schedule} to be ${outcome}`, 60, async () => {
    const body = await read(api, `/v1/schedules/${idOf(stage, schedule)}/fires?outcome=${outcome}`);
    return body?.items.length > 0;
  });
}

/** Waits until no Operation of the key's organization is in flight but these. */
export async function settles(stage: Stage, api: Client, except: readonly string[] = []): Promise<void> {
  const known = except.map((name) => idOf(stage, name));
  await until('the Operations to end', 90, async () => {
    for (const phase of ['Pending', 'Running']) {
      const body = await read(api, `/v1/operations?phase=${phase}&limit=200`);
      if (body === undefined || body.items.some(({ id }: { id: string }) => !known.includes(id))) return false;
    }
    return true;
  });
}

/** Waits until a condition of a cluster is True. */
export async function clusterIs(stage: Stage, cluster: string, condition: string): Promise<void> {
  await until(`${condition} of ${cluster}`, 60, async () => {
    const body = await read(stage.admin, `/v1/clusters/${idOf(stage, cluster)}`);
    return body?.conditions.some(
      ({ type, status }: { type: string; status: string }) => type === condition && status === 'True',
    );
  });
}

/** Waits until an Operation that somebody else made is recorded in one of these phases. */
export async function seen(stage: Stage, name: string, ...phases: readonly string[]): Promise<void> {
  await until(`the record of ${name}`, 60, async () => {
    const body = await read(stage.admin, '/v1/operations?origin=cluster&limit=200');
    const found = body?.items.find((each: { name: string; phase: string }) => each.name === name);
    if (found === undefined || !phases.includes(found.phase)) return false;
    stage.ids.set(name, found.id);
    return true;
  });
}

/** Waits until an application's history has an event for this reason. */
export async function hears(stage: Stage, api: Client, application: string, reason: string): Promise<void> {
  await until(`${application} to have the event ${reason}`, 60, async () => {
    const body = await read(api, `/v1/application-instances/${idOf(stage, application)}/events?limit=200`);
    return body?.items.some((event: { reason: string }) => event.reason === reason);
  });
}
