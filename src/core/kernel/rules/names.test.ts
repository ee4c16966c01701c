import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DnsLabel, isGeneratedName, nameSuffix, operationName } from './names.ts';

test('an Operation has the same name at every retry, and it is a Kubernetes label value', () => {
  const target = fc
    .stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
    .filter((name) => DnsLabel.safeParse(name).success);
  const at = fc
    .date({ min: new Date('2020-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  fc.assert(
    fc.property(target, at, fc.uuid(), (name, slot, id) => {
      const made = operationName(name, 'Backup', slot, nameSuffix(id));
      assert.equal(made, operationName(name, 'Backup', slot, nameSuffix(id)));
      assert.ok(DnsLabel.safeParse(made).success, made);
      assert.ok(isGeneratedName(made), made);
    }),
  );
});

test('schedules of one application that share a slot make different names', () => {
  const slot = '2026-05-28T02:00:00.000Z';
  const first = operationName('nextcloud-myteam', 'Backup', slot, nameSuffix('01a1fc2c-56dc-776a-9702-a499873becfb'));
  const second = operationName('nextcloud-myteam', 'Backup', slot, nameSuffix('01a1fc2c-56dc-776a-9702-a499873becfc'));
  assert.equal(first, 'nextcloud-myteam-backup-20260528t020000z-873becfb');
  assert.notEqual(first, second);
});

test('names that people give do not look like those of fires', () => {
  for (const name of ['nextcloud-myteam-backup-2026-05-28', 'before-upgrade', 'a-20260528t020000z'])
    assert.ok(!isGeneratedName(name), name);
});
