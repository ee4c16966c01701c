/** The whole service is killed at each kind of moment: see test/support/kills.ts. */
import { test } from 'node:test';
import { liveThroughKills } from '../support/kills.ts';

const kills = 3;

test(`a service that is killed ${kills} times loses no acknowledged backup and makes none twice`, (t) =>
  liveThroughKills(t, kills));
