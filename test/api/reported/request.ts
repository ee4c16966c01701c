/** A request that was reported from outside, and the answer that it must get. */

/** What there is when the requests are sent, by id. */
export interface Ids {
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly applicationInstanceId: string;
  readonly scheduleId: string;
  readonly suspendedScheduleId: string;
  readonly operationId: string;
  readonly organizationId: string;
  /** Of the only key with `platform:admin`. */
  readonly apiKeyId: string;
}

export interface Reported {
  readonly title: string;
  readonly method?: 'GET' | 'PATCH' | 'DELETE';
  readonly path: string | ((ids: Ids) => string);
  readonly body?: object | ((ids: Ids) => object);
  readonly headers?: Readonly<Record<string, string>>;
  /** Without it the admin's. `null`: none. */
  readonly key?: null;
  readonly status: number;
  /** Of the whole answer: its headers, a line each in small letters, an empty line, and the body. */
  readonly says?: RegExp | readonly RegExp[];
  readonly saysNot?: RegExp;
}

/** The requests of one kind of fault. */
export interface ReportedKind {
  readonly title: string;
  readonly requests: readonly Reported[];
}

let nameCount = 0;
/** The body of a schedule with a name of its own. `undefined` for a field leaves it out. */
export function scheduleOf(schedule: string | undefined, more: object = {}): (ids: Ids) => object {
  return ({ applicationInstanceId }) => {
    nameCount += 1;
    return { applicationInstanceId, name: `reported-${nameCount}`, schedule, ...more };
  };
}

type Asked = Pick<Reported, 'path' | 'body'>;

export const created = (schedule: string | undefined, more: object = {}): Asked => ({
  path: '/v1/schedules',
  body: scheduleOf(schedule, more),
});

export const previewed = (schedule: string | undefined, more: object = {}, count = 10): Asked => ({
  path: `/v1/schedules/preview?count=${count}`,
  body: scheduleOf(schedule, more),
});

export const forecast = (...schedules: readonly (readonly [schedule: string, ttl: string])[]): Asked => ({
  path: '/v1/retention/forecast',
  body: { schedules: schedules.map(([schedule, ttl]) => ({ schedule, ttl })) },
});
