/** What the document says in prose. */
export const tags = [
  {
    name: 'operations',
    description: 'Backups and restores: each is one Operation in a cluster, asked for here and carried out there.',
  },
  {
    name: 'recovery-points',
    description: 'Copies that can be restored, and until when.',
  },
  {
    name: 'protection',
    description: 'Whether applications could be brought back, and how much would be lost.',
  },
  { name: 'schedules', description: 'Recurring backups, and the ledger of what became of each slot.' },
  {
    name: 'protection-plans',
    description: 'Named sets of schedules and how long their copies are kept; and forecasts of what that comes to.',
  },
  { name: 'application-instances', description: 'Applications that run in namespaces of clusters.' },
  {
    name: 'application-classes',
    description:
      'The catalog of applications, with default parameters and times to live; and an organization’s own times to live.',
  },
  { name: 'clusters', description: 'Kubernetes clusters that Operations are delivered to.' },
  {
    name: 'agents',
    description:
      "Clusters' own agents, which may post what happens there beside what is watched. Their route speaks the agent protocol: its own media type, and refusals in its own shape.",
  },
  { name: 'organizations', description: 'Tenants.' },
  { name: 'api-keys', description: 'Who may call, and what they may do.' },
  { name: 'service', description: 'The state of this service itself.' },
] as const;

export const description = `
Tells Kubernetes clusters what is wanted of their backups: back this application up, restore that backup, back this application up every night. Each becomes one \`Operation\` (ops.vworkspace.io/v1alpha1) in the application's cluster, where vWorkspace's operator has Velero carry it out. The cluster is the source of truth for what happens; this service for what was asked for.

## Conventions

- **Keys.** \`Authorization: Bearer <API key>\`. Every operation below names the scope that it needs. What a key may not see is answered with 404, as if it were not there.
- **On whose behalf.** \`X-On-Behalf-Of\` names the person for whom the client acts; it is kept beside the name of the key.
- **Once.** Every POST takes an \`Idempotency-Key\`. The same key with the same request is answered with the first answer and \`Idempotency-Replayed: true\`, and takes effect once; with another request it is refused (422); while the first is still running it is refused with 409 and \`Retry-After\`. Keys belong to one API key and one address.
- **Changes.** A single resource with a \`revision\` is answered with the \`ETag\` \`"<revision>"\`. Send that as \`If-Match\` with a change, and it is refused with 412 when somebody else changed the resource meanwhile. Application classes and operations also honour \`If-None-Match\`; schedules, clusters and application instances do not, since parts of them (\`nextFireAt\`, conditions, \`observed\`) change without their revision.
- **Lists.** \`limit\` (1 to 200, default 50), \`orderBy\`, and filters by the names of fields. \`nextCursor\`, while there is more, goes into \`cursor\` of the next request. Rows that come or go meanwhile make no row appear twice or be passed over.
- **Times** are RFC 3339; answers are in UTC with milliseconds. Ids are UUIDs (version 7).
- **Problems** are \`application/problem+json\` (RFC 9457) with a stable \`code\`. 400: the request has another shape than is documented, or a parameter of path, query or header is wrong. 422: it has the shape, and a value breaks a rule. \`errors[].pointer\` says where. 503 alone is worth repeating unchanged.
- **Request ids.** \`X-Request-Id\` (up to 128 of A-Z a-z 0-9 . _ -) is taken over or made, and is in every answer.
- **Agents.** \`/api/agent/events\` is for the operator in a cluster and speaks its protocol instead: a token of its own, no \`Idempotency-Key\`, unknown fields are ignored, and refusals are \`{error, message, requestId}\`.
- Unknown fields and query parameters are refused, so that a misspelling does not pass for a default.

## When a schedule fires

\`schedule\` has the five fields of cron, or @hourly, @daily, @weekly, @monthly, @yearly, and is read in \`timeZone\` (IANA; default Etc/UTC). Each match is a *slot*. A slot makes exactly one Operation, whose name contains the slot's time in UTC.

When clocks are put **forward**, a slot in the hour that does not exist fires at the first instant after it: \`30 2 * * *\` in Europe/Berlin fires at 03:00 on that day. When clocks are put **back**, a fixed time in the hour that comes twice fires once, at its first pass; wildcards follow the clock on the wall, so \`0 * * * *\` fires in both.

When the service was down over several slots of a schedule, the newest of them fires, late, and those before it are in the ledger as Coalesced (\`listFires\`).

## How long a copy is kept

A backup's \`ttl\` is Velero's: whole hours as a Go duration, \`720h\` and never \`30d\`. It is decided once, when the Operation is made, and kept with where it came from (\`ttlSource\`): the request, else the schedule, else the organization's override for the application class and cadence, else the class's default, else 720h. Changing a default is not retroactive: copies that are there keep the ttl that they were made with. Velero collects expired copies hourly, so a copy may be there up to an hour longer.
`.trim();
