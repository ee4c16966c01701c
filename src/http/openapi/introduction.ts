/** The prose of the document: its introduction, and a description of each tag. */
export const tags = [
  {
    name: 'operations',
    description: 'Backups and restores. Each is one Operation: requested here, and carried out in a cluster.',
  },
  {
    name: 'recovery-points',
    description: 'Copies that can be restored, and when they expire.',
  },
  {
    name: 'protection',
    description: 'Whether applications can be restored, and how much data would be lost.',
  },
  { name: 'schedules', description: 'Recurring backups, and the ledger that accounts for each of their slots.' },
  {
    name: 'protection-plans',
    description:
      'Named sets of schedules with times to live, and forecasts of the copies, storage and costs that they come to.',
  },
  { name: 'application-instances', description: 'Applications that run in namespaces of clusters.' },
  {
    name: 'application-classes',
    description:
      'The catalog of applications with default parameters and times to live, and an organization’s own times to live.',
  },
  { name: 'clusters', description: 'Kubernetes clusters that Operations are delivered to.' },
  {
    name: 'agents',
    description:
      'Agents of clusters, which may post events beside being watched. Their route speaks the agent protocol, with its own media type and its own format of refusals.',
  },
  { name: 'organizations', description: 'Tenants.' },
  { name: 'api-keys', description: 'The keys that callers send, and their scopes.' },
  { name: 'service', description: 'The state of this service.' },
] as const;

export const description = `
This service is the control plane for backups of applications in Kubernetes clusters. A client asks it to back up an application, to restore a backup, or to back up an application every night. For each backup and restore the service creates one \`Operation\` (ops.vworkspace.io/v1alpha1) in the application's cluster, and vWorkspace's operator there has Velero carry it out. The cluster is the source of truth for what happens. This service is the source of truth for what was requested.

## Conventions

- **Keys.** Send \`Authorization: Bearer <API key>\`. Every operation below names the scope that it needs. The service answers with 404 for a resource that the key may not see, as if it did not exist.
- **On whose behalf.** \`X-On-Behalf-Of\` names the person for whom the client acts. The service records it beside the name of the key.
- **Once.** Every POST takes an \`Idempotency-Key\`. The same key with the same request takes effect once: repetitions get the first answer, with \`Idempotency-Replayed: true\`. The same key with another request is refused with 422. While the first request is still running, a repetition is refused with 409 and \`Retry-After\`. An Idempotency-Key belongs to one API key and one address.
- **Changes.** The answer with a single resource that has a \`revision\` carries the \`ETag\` \`"<revision>"\`. Send it as \`If-Match\` with a change: the service refuses the change with 412 when somebody else has changed the resource meanwhile. Of several ETags one must match; a weak one (\`W/…\`) never does. Application classes and operations also support \`If-None-Match\`. Schedules, clusters and application instances do not, because parts of them (\`nextFireAt\`, conditions, \`observed\`) change without their revision.
- **Lists.** Lists take \`limit\` (1 to 200, default 50), \`orderBy\`, and filters that are named by fields. While there is more, the answer has a \`nextCursor\`: send it as \`cursor\` of the next request. Rows that are added or removed meanwhile make no other row appear twice or get lost.
- **Times** are RFC 3339; answers are in UTC with milliseconds. Times in requests lie in the years 1970 to 2999. Ids are UUIDs (version 7).
- **Values that grow.** Later versions add reasons, kinds and other words to answers. So an answer has no \`enum\`: such a field is a string, and \`x-extensible-enum\` lists the words that this version knows. Take an unknown word as information, and never refuse the answer for it. A field of a request has an \`enum\`: any other word is refused. Fields are added to answers as well; ignore those that you do not know.
- **Problems** are \`application/problem+json\` (RFC 9457) with a stable \`code\`. 400: the request does not have the documented shape, an id in it is no UUID, or a parameter of path, query or header is wrong. 422: the request has the documented shape, but a value breaks a rule. \`errors[].pointer\` names the place. Only a request that was answered with 429 or 503 is worth repeating unchanged.
- **Budgets.** An API key and its organization have a budget of units a second. A request costs one unit, and a list one more for each 10 items of a page, and a body one more for each 16 KiB. Five seconds' worth may come at once. An organization also has a limit of requests at once, which is lower for pages of more than 50 items. Answers under \`/v1\` carry \`RateLimit-Policy\` and \`RateLimit\` (draft-ietf-httpapi-ratelimit-headers): the budgets, and what is left of them. Beyond a budget the answer is 429 with \`Retry-After\`, and the request has had no effect. An address without a valid key has a budget, too.
- **Quotas.** An organization may have so many clusters, application instances and schedules, in all and in one cluster. Beyond a quota the answer is 409 \`quota-exceeded\` with the limit and the count.
- **Request ids.** Every answer carries \`X-Request-Id\`. The service takes it from the request (up to 128 characters of A-Z a-z 0-9 . _ -), or makes one.
- **Agents.** \`/api/agent/events\` is for the operator in a cluster and speaks its protocol instead. It takes the token of an agent and no \`Idempotency-Key\`, ignores unknown fields, and refuses with \`{error, message, requestId}\`.
- **Unknown names.** The service refuses unknown fields and query parameters at every address, so that a misspelled name does not silently mean the default.
- **Dry runs.** A POST that makes Operations takes \`dryRun=true\`: the answer shows what it would make, and nothing is written.

## When a schedule fires

\`schedule\` is five fields of cron, or @hourly, @daily, @weekly, @monthly or @yearly. The fields are minute, hour, day of month, month and day of week, where 0 and 7 are Sunday; \`L\` is the last day of the month and \`5L\` its last Friday. Intervals (\`@every 6h\`), seconds and zones in the text are refused, with the text to write instead. The service reads it in \`timeZone\` (a name of the tz database; default Etc/UTC). Each match is a *slot*. A slot that fires makes exactly one Operation, whose name contains the slot's time in UTC.

When clocks are put **forward**, a slot in the hour that does not exist fires at the first instant after it. For example, \`30 2 * * *\` in Europe/Berlin fires at 03:00 on that day. Several slots in that hour fire once, and an expression for every hour makes nothing up. When clocks are put **back**, one hour comes twice. A time in it fires once, at its first pass. An expression that runs evenly through the hour or the day, as \`*\` and \`*/15\` do, follows the clock on the wall, so \`0 * * * *\` fires in both. The values decide: \`0 0-23 * * *\` is \`0 * * * *\`. The answer of a request that sets a recurrence warns of the next change that moves a slot, and the preview notes each.

When the service was down over several slots of a schedule, only the newest of them fires, late. The ledger records the others as Coalesced (\`listFires\`).

## How long a copy is kept

The \`ttl\` of a backup is Velero's: whole hours as a Go duration, \`720h\` and never \`30d\`. The service decides it once, when it makes the Operation, and records its source (\`ttlSource\`). The first of these that gives a ttl decides: the request, the schedule, the organization's override for the application class and cadence, the default of the class, the service's (720h; 26352h for a yearly schedule). \`720h0m0s\`, as Velero prints it, is read as \`720h\`. A change of a default is not retroactive: existing copies keep the ttl that they were made with. Velero deletes expired copies once an hour, so a copy may exist up to an hour longer.
`.trim();
