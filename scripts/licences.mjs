/**
 * Proves of the packages in the image that each has a licence that asks for nothing in return, and that none is a tool
 * for installing. The packages are those that `npm ci --omit=dev --omit=optional` installs (the Dockerfile), as the lock
 * file has them. scripts/licences.json is the list, with a reason for each licence. Needs no network.
 *
 *   node scripts/licences.mjs            ends with 1 and names each package that breaks a rule
 *   node scripts/licences.mjs <folder>   of another tree with a package-lock.json
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
const { allowed, installers } = readJson(new URL('./licences.json', import.meta.url));
const { packages } = readJson(join(root, 'package-lock.json'));

const inImage = Object.entries(packages).filter(
  ([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional,
);
const wrong = inImage.flatMap(([path, locked]) => {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const licence = locked.license ?? installed(path).license;
  const found = [];
  if (!isAllowed(licence)) found.push(`its licence is ${JSON.stringify(licence ?? 'not named')}`);
  if (name in installers) found.push(`it is a tool for installing: ${installers[name]}`);
  if (locked.hasInstallScript === true) found.push('it runs a script at install');
  return found.map((what) => `${path} ${locked.version}: ${what}`);
});

if (wrong.length > 0) {
  console.error(`The image must not hold these packages. A licence is allowed in scripts/licences.json.`);
  for (const line of wrong) console.error(`  ${line}`);
  process.exitCode = 1;
} else {
  const of = Object.keys(packages).length - 1;
  console.log(`${inImage.length} of ${of} packages are in the image, under ${licencesOf(inImage).join(', ')}.`);
}

/** Of "A or B" one is enough; of "A and B" each counts. */
function isAllowed(licence) {
  if (typeof licence !== 'string') return false;
  return licence
    .replaceAll(/[()]/g, '')
    .split(/\s+or\s+/i)
    .some((each) => each.split(/\s+and\s+/i).every((name) => name in allowed));
}

function licencesOf(entries) {
  return [...new Set(entries.map(([path, { license }]) => license ?? installed(path).license))].sort();
}

function installed(path) {
  const file = join(root, path, 'package.json');
  return existsSync(file) ? readJson(file) : {};
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
