/** Floods a service from a process of its own until it is killed: flood-process.ts <kind> <url> <key>. */
import { connect } from 'node:net';
import { Agent, request } from 'undici';

const [kind, url = '', key = ''] = process.argv.slice(2);
const connectionCount = 48;
const slowSocketCount = 1_000;
const dispatcher = new Agent({ connections: connectionCount });

const bareKeys = `{${Array.from({ length: 17_000 }, (_, n) => `a${n}`).join(',')}}`;
const kubeconfig = JSON.stringify({ name: 'flood', kubeconfig: bareKeys });

function send() {
  const authorization = `Bearer ${key}`;
  switch (kind) {
    case 'lists':
      return request(`${url}/v1/operations?limit=100`, { dispatcher, headers: { authorization } });
    case 'document':
      return request(`${url}/docs/json`, { dispatcher });
    case 'strangers':
      return request(`${url}/v1/operations`, { dispatcher, headers: { authorization: `Bearer vwb_${Math.random()}` } });
    default:
      return request(`${url}/v1/clusters`, {
        dispatcher,
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: kubeconfig,
      });
  }
}

async function repeat(): Promise<void> {
  for (;;) {
    try {
      const { body } = await send();
      await body.dump();
    } catch {
      // The service is what is measured; what a flood is answered does not matter.
    }
  }
}

/** Sends half of a request's headers, and waits; again when the service has closed the connection. */
function dawdle(): void {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.write('GET /v1/operations HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  socket.resume().on('error', () => undefined);
  socket.once('close', () => setTimeout(dawdle, 1_000));
}

process.stdout.write('flooding\n');
if (kind === 'slow') for (let n = 0; n < slowSocketCount; n += 1) dawdle();
else await Promise.all(Array.from({ length: connectionCount }, repeat));
