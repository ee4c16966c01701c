import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { within } from '../../test/support/until.ts';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { kubeconfigReading } from './kubeconfig-reading.ts';

const good = JSON.stringify({
  'current-context': 'a',
  contexts: [{ name: 'a', context: { cluster: 'b', user: 'c' } }],
  clusters: [{ name: 'b', cluster: { server: 'https://10.0.0.1' } }],
  users: [{ name: 'c', user: { token: 'canary' } }],
});
const keys = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`);

/** Texts of about 100 kB that cost a parser more than their length. */
const costly: Readonly<Record<string, string>> = {
  'bare keys in a flow mapping': `{${keys(17_000).join(',')}}`,
  'bare keys in a flow mapping, one a line': `{${keys(15_000).join(',\n')}}`,
  'keys in a block': keys(9_000)
    .map((key) => `${key}: x`)
    .join('\n'),
  'explicit keys': keys(12_000)
    .map((key) => `? ${key}`)
    .join('\n'),
  'flow sequences, nested': `${'['.repeat(50_000)}`,
  'flow mappings, nested': `${'{a: '.repeat(25_000)}`,
  'blocks, nested': Array.from({ length: 440 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
  'sequences, nested': `${'- '.repeat(50_000)}a`,
  aliases: `a: &a x\nb: [${Array(20_000).fill('*a').join(', ')}]`,
  anchors: `[${keys(9_000)
    .map((key) => `&${key} x`)
    .join(', ')}]`,
  'merge keys': `a: &a {b: c}\n${keys(5_000)
    .map((key) => `${key}: {<<: *a}`)
    .join('\n')}`,
  'a long key': `${'a'.repeat(100_000)}: b`,
  'one key, over and over': 'a: b\n'.repeat(20_000),
  comments: '#\n'.repeat(50_000),
  'blank lines': `a: |\n${'\n'.repeat(100_000)}`,
  spaces: `a: ${' '.repeat(100_000)}b`,
  quotes: `"${'\\n'.repeat(50_000)}`,
  documents: '---\n'.repeat(25_000),
  tags: '!a '.repeat(33_000),
};

describe('reading kubeconfigs', () => {
  const reading = kubeconfigReading({ allowInsecureTls: false });
  after(() => reading.close());

  test('a text that is costly to read is refused, and holds up neither the process nor another organization', async () => {
    await reading.read('other', good);
    let turnCount = 0;
    const turning = setInterval(() => {
      turnCount += 1;
    }, 1);
    try {
      for (const [name, text] of Object.entries(costly)) {
        assert.ok(text.length < 131_072, name);
        const before = turnCount;
        const refusals = Promise.allSettled([1, 2].map(() => reading.read('greedy', text)));
        const { server } = await reading.read('other', good);
        assert.equal(server, 'https://10.0.0.1', name);
        for (const each of await refusals) {
          assert.equal(each.status, 'rejected', name);
          assert.ok(each.reason instanceof Refusal && each.reason.code === 'rule-violated', `${name}: ${each.reason}`);
          assert.equal(each.reason.errors[0]?.pointer, '/kubeconfig');
        }
        assert.ok(turnCount > before, name);
      }
    } finally {
      clearInterval(turning);
    }
  });

  test('an organization has a few texts waiting; more are refused for a while', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 12 }, () => reading.read('greedy', good)));
    const refused = answers.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    assert.ok(refused.length >= 7);
    for (const each of refused) assert.ok(each instanceof Refusal && each.code === 'temporarily-unavailable');
    assert.equal((await reading.read('greedy', good)).token, 'canary');
  });

  test('in all a few dozen texts wait, however many organizations send them', async () => {
    const all = Array.from({ length: 90 }, (_, n) => reading.read(`organization-${n}`, good));
    const refused = (await Promise.allSettled(all)).filter(({ status }) => status === 'rejected');
    assert.ok(refused.length >= 20, `${refused.length} refused`);
  });

  test('organizations take turns: one text goes before that of another organization, not all that wait', async () => {
    const order: string[] = [];
    const read = async (who: string) => {
      await reading.read(who, good);
      order.push(who);
    };
    await Promise.all(['greedy', 'greedy', 'greedy', 'greedy', 'other'].map(read));
    assert.ok(order.indexOf('other') <= 2, order.join());
  });

  test('a text that takes too long is refused, and the next one is read by another thread', async () => {
    const thread = new URL('../../test/support/kubernetes/hanging-thread.ts', import.meta.url);
    const hanging = kubeconfigReading({ allowInsecureTls: false }, { maxReadMs: 300, thread });
    assert.equal((await hanging.read('a', 'first')).token, 'first');
    await within(
      'the refusal',
      5,
      assert.rejects(hanging.read('a', 'hang'), (error) => error instanceof Refusal && error.code === 'rule-violated'),
    );
    assert.equal((await within('the next', 5, hanging.read('a', 'second'))).token, 'second');
    await hanging.close();
  });

  test('a thread that has ended is started again', async () => {
    const fresh = kubeconfigReading({ allowInsecureTls: false });
    await fresh.read('a', good);
    await fresh.close();
    assert.equal((await fresh.read('a', good)).token, 'canary');
    await fresh.close();
  });
});
