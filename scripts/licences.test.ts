/** A package that must not be in the image is found, whichever rule it breaks; what is only for development is no matter. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./licences.mjs', import.meta.url));

test('copyleft, a licence that nobody named, a tool for installing and a script at install are found, and nothing else', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'licences-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const packages = {
    '': { name: 'ours' },
    'node_modules/free': { version: '1.0.0', license: 'MIT' },
    'node_modules/either': { version: '1.0.0', license: '(GPL-3.0-only OR MIT)' },
    'node_modules/both': { version: '1.0.0', license: 'MIT AND LGPL-3.0-only' },
    'node_modules/copyleft': { version: '2.0.0', license: 'AGPL-3.0-only' },
    'node_modules/unnamed': { version: '1.0.0' },
    'node_modules/free/node_modules/node-gyp-build': { version: '4.0.0', license: 'MIT' },
    'node_modules/scripted': { version: '1.0.0', license: 'ISC', hasInstallScript: true },
    'node_modules/of-tests': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
    'node_modules/of-machine': { version: '1.0.0', license: 'GPL-3.0-only', optional: true },
    'node_modules/of-either': { version: '1.0.0', license: 'GPL-3.0-only', devOptional: true },
  };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  const { status, stderr } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' });
  assert.equal(status, 1);
  const found = [...stderr.matchAll(/^ {2}node_modules\/(\S+)/gm)].map(([, name]) => name);
  assert.deepEqual(found, ['both', 'copyleft', 'unnamed', 'free/node_modules/node-gyp-build', 'scripted']);
});
