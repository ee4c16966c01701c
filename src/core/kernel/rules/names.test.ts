import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DnsLabel, DnsSubdomain, isGeneratedName, nameSuffix, operationName } from './names.ts';

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

test('a name is one that Kubernetes takes: each bound from both sides', () => {
  for (const name of ['a', '0', 'a-b', 'a--0', 'a'.repeat(63)]) assert.ok(DnsLabel.safeParse(name).success, name);
  for (const name of ['', '-', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä', 'a\n', 'a'.repeat(64)])
    assert.ok(!DnsLabel.safeParse(name).success, name);
  for (const name of ['a', 'a-b.0', `${'a.'.repeat(126)}a`, 'a'.repeat(253)])
    assert.ok(DnsSubdomain.safeParse(name).success, name);
  for (const name of ['', '.', 'a.', '.a', 'a..b', 'a.-b', 'a-.b', 'A', 'a'.repeat(254)])
    assert.ok(!DnsSubdomain.safeParse(name).success, name);
});

test('a long target is cut for the name of its Operation, and not at a hyphen', () => {
  const made = (target: string) => operationName(target, 'Backup', '2026-05-28T02:00:00.123Z', '873becfb');
  const tail = '-backup-20260528t020000z-873becfb';
  const room = 63 - tail.length;
  assert.equal(made('a'.repeat(room)), `${'a'.repeat(room)}${tail}`);
  assert.equal(made('a'.repeat(room + 1)), `${'a'.repeat(room)}${tail}`);
  assert.equal(made(`${'a'.repeat(room - 2)}--b`), `${'a'.repeat(room - 2)}${tail}`);
});

test('a name looks like that of a fire only with all of its parts', () => {
  assert.ok(isGeneratedName('a-backup-20260528t020000z-873becfb'));
  for (const name of [
    ...['a-backup-20260528t020000z', 'a-backup-20260528t020000z-873becf', 'a-backup-20260528t020000z-873becfb-2'],
    ...['a-2-20260528t020000z-873becfb', 'a-backup-2026052t020000z-873becfb', 'backup-20260528t020000z-873becfb'],
  ])
    assert.ok(!isGeneratedName(name), name);
});
