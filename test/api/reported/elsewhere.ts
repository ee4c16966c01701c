/** What was reported and needs more than one request: the test that sends it, in words and by its title. */

interface Elsewhere {
  readonly what: string;
  readonly file: string;
  readonly test: string;
}

export const elsewhere: readonly Elsewhere[] = [
  {
    what: "`time_zone = 'Europe/Atlantis'` in a row: the other schedules fire",
    file: 'test/failure/poisoned-schedules.test.ts',
    test: 'a zone that is not known here',
  },
  {
    what: 'GET of the list and of that row',
    file: 'test/api/broken-rows.test.ts',
    test: 'is listed beside the others and shown as it is stored',
  },
  {
    what: 'PATCH of that row',
    file: 'test/api/broken-rows.test.ts',
    test: 'is repaired by a change, and its slots are then accounted for by missedFires',
  },
  {
    what: 'DELETE of that row',
    file: 'test/api/broken-rows.test.ts',
    test: 'is removed, and the ledger says that its slot was skipped',
  },
  {
    what: 'a start with the revoked key in ADMIN_API_KEY',
    file: 'test/api/admin-keys.test.ts',
    test: 'one that was revoked is valid again after a start, which says so',
  },
  {
    what: 'the other names of three letters that are no time zones',
    file: 'test/recurrence/grammar.test.ts',
    test: 'an abbreviation, an offset or a city is refused as a time zone, with the name to write',
  },
  {
    what: 'creation and preview under a suspended cluster',
    file: 'test/api/schedule-answers.test.ts',
    test: 'what holds its slots back: suspended surroundings, an Operation before, a cluster without room',
  },
  {
    what: 'the Alert itself',
    file: 'test/api/schedule-answers.test.ts',
    test: 'the alert that its failurePolicy asks for',
  },
  {
    what: 'PATCH of the server of a cluster that was rebuilt',
    file: 'test/api/cluster-identity.test.ts',
    test: 'a rebuilt cluster lists none of the copies of before',
  },
  {
    what: 'one API server under two names',
    file: 'test/api/cluster-identity.test.ts',
    test: 'an API server that is registered twice says so',
  },
  {
    what: 'an upload that is aborted',
    file: 'test/api/sockets.test.ts',
    test: 'an upload that the client breaks off is logged as that',
  },
  {
    what: 'headers that come slowly',
    file: 'test/api/sockets.test.ts',
    test: 'headers that never come are refused, and their sockets are closed',
  },
  {
    what: 'the scripts of /docs over plain http',
    file: 'test/api/sockets.test.ts',
    test: 'documentation is served without the network, under a policy that it keeps',
  },
  {
    what: '`aaaa…` and an all-zero SECRETS_KEY',
    file: 'src/config.test.ts',
    test: 'keys that nobody drew by chance are refused with what to do',
  },
  {
    what: 'a key that expires and makes one that never does',
    file: 'test/api/access.test.ts',
    test: 'a key that expires makes none that outlives it',
  },
  {
    what: 'an address that answers 307',
    file: 'src/kubernetes/discovery/no-api-server.test.ts',
    test: 'whatever is no API server is told as such, and nothing else is asked',
  },
  {
    what: 'lists with limit=100 by one key',
    file: 'test/api/budgets.test.ts',
    test: 'a key over its budget is refused with 429',
  },
  {
    what: 'a cluster that lists Operations for ever',
    file: 'test/api/endless-operations.test.ts',
    test: 'writes up to the limit, is told as such',
  },
  {
    what: 'a credential that does not open',
    file: 'test/api/broken-rows.test.ts',
    test: 'a cluster whose stored access does not open says so',
  },
];
