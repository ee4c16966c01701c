import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ClusterShares, fairShare, handOvers, takeCount } from './cluster-shares.ts';

interface World {
  readonly clusterCount: number;
  readonly held: Map<string, number>;
}

function sharesOf({ clusterCount, held }: World, steady = true): ClusterShares {
  const taken = [...held.values()].reduce((sum, count) => sum + count, 0);
  return {
    clusterCount,
    freeCount: clusterCount - taken,
    connectors: [...held].map(([id, heldCount]) => ({ id, heldCount, steady })),
  };
}

/** One connector's round; says how many clusters moved. */
function round(world: World, id: string): number {
  const { held } = world;
  const shares = sharesOf(world);
  const taken = takeCount(shares, id);
  held.set(id, (held.get(id) ?? 0) + taken);
  let moved = taken;
  for (const { to, count } of handOvers(shares, id)) {
    held.set(id, (held.get(id) ?? 0) - count);
    held.set(to, (held.get(to) ?? 0) + count);
    moved += count;
  }
  return moved;
}

const world = fc
  .array(fc.nat(40), { minLength: 1, maxLength: 6 })
  .chain((counts) =>
    fc.record({
      counts: fc.constant(counts),
      free: fc.nat(60),
      order: fc.infiniteStream(fc.nat(counts.length - 1)),
    }),
  )
  .map(({ counts, free, order }) => ({
    world: {
      clusterCount: free + counts.reduce((sum, count) => sum + count, 0),
      held: new Map(counts.map((count, index) => [`connector-${index}`, count])),
    },
    order,
  }));

test('from any beginning and in any order of rounds all clusters are held, evenly, and then nothing moves', () => {
  fc.assert(
    fc.property(world, ({ world, order }) => {
      const ids = [...world.held.keys()];
      for (const turn of order) {
        const due = ids.filter((id) => {
          const shares = sharesOf(world);
          return takeCount(shares, id) > 0 || handOvers(shares, id).length > 0;
        });
        if (due.length === 0) break;
        const id = due[turn % due.length];
        if (id !== undefined) round(world, id);
      }
      const counts = [...world.held.values()];
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        world.clusterCount,
      );
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
      assert.ok(Math.max(...counts) <= fairShare(sharesOf(world)));
    }),
  );
});

test('no cluster moves that need not', () => {
  fc.assert(
    fc.property(world, ({ world }) => {
      const ids = [...world.held.keys()];
      const settled = () => {
        let moved = 0;
        for (let before = -1; before !== moved; ) {
          before = moved;
          for (const id of ids) moved += round(world, id);
        }
        return moved;
      };
      settled();
      const total = world.clusterCount;
      world.held.set('connector-x', 0);
      ids.push('connector-x');
      assert.equal(settled(), Math.floor(total / ids.length));
    }),
  );
});

test('two connectors that see the same shares do not overfill the third', () => {
  const shares = sharesOf({
    clusterCount: 8,
    held: new Map([
      ['a', 4],
      ['b', 4],
      ['c', 0],
    ]),
  });
  const given = [...handOvers(shares, 'a'), ...handOvers(shares, 'b')];
  assert.deepEqual(
    given.map(({ to }) => to),
    ['c', 'c'],
  );
  assert.equal(
    given.reduce((sum, { count }) => sum + count, 0),
    2,
  );
  assert.deepEqual(handOvers(shares, 'c'), []);
});

test('two connectors and three clusters, or one more than the other, are settled', () => {
  const held = new Map([
    ['a', 2],
    ['b', 1],
  ]);
  for (const id of ['a', 'b']) {
    assert.equal(takeCount(sharesOf({ clusterCount: 3, held }), id), 0);
    assert.deepEqual(handOvers(sharesOf({ clusterCount: 3, held }), id), []);
  }
});

test('one that has only just started is handed nothing, and takes what is free', () => {
  const held = new Map([
    ['a', 6],
    ['b', 0],
  ]);
  assert.deepEqual(handOvers(sharesOf({ clusterCount: 6, held }, false), 'a'), []);
  assert.equal(takeCount(sharesOf({ clusterCount: 8, held }, false), 'b'), 2);
});

test('joining moves a bounded number of watches in a round', () => {
  const held = new Map([
    ['a', 1000],
    ['b', 0],
  ]);
  assert.deepEqual(handOvers(sharesOf({ clusterCount: 1000, held }), 'a'), [{ to: 'b', count: 50 }]);
});

test('a connector that is not known takes nothing, and none hands over while a cluster is free', () => {
  const connectors = [
    { id: 'b', heldCount: 5, steady: true },
    { id: 'a', heldCount: 0, steady: true },
    { id: 'c', heldCount: 0, steady: true },
  ];
  assert.equal(takeCount({ clusterCount: 6, freeCount: 1, connectors }, 'unknown'), 0);
  assert.deepEqual(handOvers({ clusterCount: 6, freeCount: 1, connectors }, 'b'), []);
  const moved = handOvers({ clusterCount: 5, freeCount: 0, connectors }, 'b');
  const sum = moved.reduce((count, each) => count + each.count, 0);
  assert.deepEqual([moved.map(({ to }) => to).toSorted(), sum], [['a', 'c'], 3]);
});

test('a connector takes free clusters up to its share, and none beyond what it holds of it', () => {
  const taken = (freeCount: number, ...held: readonly number[]) =>
    takeCount(
      {
        clusterCount: freeCount + held.reduce((sum, count) => sum + count, 0),
        freeCount,
        connectors: held.map((heldCount, n) => ({ id: `${n}`, heldCount, steady: true })),
      },
      '0',
    );
  assert.deepEqual([taken(10, 0, 0), taken(9, 0, 0), taken(9, 3, 0), taken(2, 0, 9), taken(3, 9, 0)], [5, 5, 3, 2, 0]);
  assert.equal(takeCount({ clusterCount: 9, freeCount: 9, connectors: [] }, '0'), 0, 'it is not known to live');
});
