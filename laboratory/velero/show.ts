/**
 * Brings Velero and the operator up, lets every restore happen, and compares what was seen with what was seen before
 * (`seen.txt`): a new version of Velero, of its plugin or of Kubernetes may do otherwise, and then docs/restores-seen.md
 * is to be read again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { veleroVersion } from '../build/programs.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { installKinds, manifestsIn } from '../cluster/install.ts';
import { startOperator } from '../operator/operator.ts';
import { startWebhook } from '../operator/webhook.ts';
import { installStorageClass } from './application.ts';
import type { Tell } from './look.ts';
import { metadata } from './metadata.ts';
import { withOperations } from './operations.ts';
import { refused } from './refused.ts';
import { elsewhere, inPlace, kindsOfCopies, leavingOut, withoutNamespace, withoutVolumes } from './restores.ts';
import { startVelero, type Velero, type VeleroPrograms } from './start.ts';

export interface Asked {
  /** The parts whose name matches. */
  readonly wanted: RegExp;
  /** Keeps what was seen, if all parts are wanted. */
  readonly write: boolean;
}

const parts: Readonly<Record<string, (velero: Velero, tell: Tell) => Promise<void>>> = {
  ...{
    metadata,
    inPlace,
    withoutVolumes,
    withoutNamespace,
    elsewhere,
    leavingOut,
    withOperations,
    kindsOfCopies,
    refused,
  },
};
const file = fileURLToPath(new URL('seen.txt', import.meta.url));

/** 1 if something was seen that was not seen before, or the other way around. */
export async function showAll(
  programs: VeleroPrograms,
  controlPlane: ControlPlane,
  { wanted, write }: Asked,
  say: (line: string) => void,
): Promise<number> {
  const { admin } = controlPlane;
  const stops: (() => Promise<void>)[] = [];
  const seen: string[] = [];
  try {
    await installKinds(admin, manifestsIn('laboratory/crds/vworkspace.yaml'));
    await installStorageClass(admin);
    const velero = await startVelero(programs, controlPlane);
    stops.push(() => velero.stop());
    const webhook = await startWebhook(admin);
    stops.push(() => webhook.close());
    const operator = startOperator(admin);
    stops.push(() => operator.stop());
    say(`Velero ${veleroVersion} runs`);
    for (const [name, part] of Object.entries(parts).filter(([each]) => wanted.test(each))) {
      await part(velero, ({ done, seen: lines, seconds }) => {
        const text = `${done}\n${lines.map((line) => `    ${line}\n`).join('')}`;
        seen.push(text);
        console.log(`\n${text}${seconds === undefined ? '' : `    (${Math.round(seconds)} s)`}`);
      });
      say(`${name} is seen`);
    }
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
  const all = wanted.source === '(?:)';
  if (write && all) writeFileSync(file, seen.join('\n'));
  const other = differing(seen, readFileSync(file, 'utf8').split(/\n\n/), all);
  console.log(other.length === 0 ? '\nAll as it was seen before.' : `\nOtherwise than before:\n\n${other.join('\n')}`);
  return other.length === 0 ? 0 : 1;
}

function differing(now: readonly string[], before: readonly string[], all: boolean): readonly string[] {
  const trimmed = (texts: readonly string[]) => new Set(texts.map((text) => text.trim()));
  const [ours, theirs] = [trimmed(now), trimmed(before)];
  const fresh = [...ours].filter((text) => !theirs.has(text)).map((text) => `now:    ${text}`);
  const gone = [...theirs].filter((text) => all && !ours.has(text)).map((text) => `before: ${text}`);
  return [...fresh, ...gone];
}
