/** As in test/failure, more often. */
import { test } from 'node:test';
import { liveThroughKills } from '../support/kills.ts';
import { scale } from '../support/scale.ts';

const kills = Math.round(12 * scale);

test(`a service that is killed ${kills} times loses no acknowledged backup and makes none twice`, (t) =>
  liveThroughKills(t, kills));
