// What the API server's parts work on, handed from the front to reads and writes.

import type { Faults } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { Server } from './objects.ts';
import type { RequestLog } from './requests.ts';
import type { Timers } from './timers.ts';
import type { Tokens } from './tokens.ts';
import type { WatchStream } from './watch.ts';

export interface ApiSettings {
  readonly server: Server;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly timers: Timers;
  readonly requests: RequestLog;
  readonly watches: Set<WatchStream>;
  readonly versionInfo: JsonObject;
  readonly bookmarkSeconds: number;
  readonly address: () => string;
}
