/**
 * Which changes of a registered application become events: of its readiness, of the Operations that it allows, and of
 * its being in the cluster at all.
 */

import { clip } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { OperationType } from '../../kernel/rules/operation-type.ts';
import { capabilityAnnotation, isReady } from './cluster-application.ts';
import type { Mirrored } from './mirrored-application.ts';
import { applicationEvent, type applicationEvents } from './reasons.ts';

/** The events of one change. At first sight, when `before` is absent, only what the cluster states makes events. */
export function eventsOfApplication(
  before: Mirrored | undefined,
  after: Mirrored,
  applicationInstanceId: string,
  now: string,
): readonly NewEvent[] {
  const { organizationId, clusterId, namespace, name } = after;
  const place = `${namespace}/${name}`;
  const about = { organizationId, clusterId, applicationInstanceId, at: now };
  const event = (reason: keyof typeof applicationEvents, message: string) =>
    applicationEvent(reason, { ...about, message: clip(message) });
  if (after.goneAt !== undefined)
    return [event('ApplicationGone', `The cluster has no ApplicationInstance ${place} any more.`)];
  const events: NewEvent[] = [];
  if (before?.goneAt !== undefined)
    events.push(event('ApplicationReturned', `The ApplicationInstance ${place} is in the cluster again.`));
  const ready = after.conditions.find(({ type }) => type === 'Ready');
  const isReadyNow = isReady(after.conditions);
  // An application that is just being created has no condition Ready yet: that makes no event.
  const wasReady = before === undefined ? isReadyNow || ready?.status === 'False' : isReady(before.conditions);
  if (isReadyNow && !wasReady) events.push(event('ApplicationReady', `${place} is ready.`));
  if (!isReadyNow && wasReady) {
    const why = ready === undefined ? 'it has no condition Ready' : `${ready.reason}: ${ready.message}`;
    events.push(event('ApplicationNotReady', `${place} is not ready: ${why}`));
  }
  for (const type of OperationType.options) {
    const key = type.toLowerCase();
    const engine = after.capabilities[key];
    const known = before?.capabilities[key];
    const expected = before === undefined ? type === 'Backup' : known !== undefined;
    if (engine === undefined && expected) {
      const message = `${place} does not carry the annotation ${capabilityAnnotation(type)}: the operator refuses a ${type} of it.`;
      events.push(event('CapabilityMissing', message));
    }
    if (before !== undefined && engine !== undefined && engine !== known)
      events.push(event('CapabilityDeclared', `${place} now allows ${type} by ${engine}.`));
  }
  return events;
}
