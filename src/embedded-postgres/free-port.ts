/** Whether 127.0.0.1 has a port to listen on. The port may be taken again before the server asks for it. */
import { createServer } from 'node:net';

/** The port of 127.0.0.1 if it is free; without one, any that is. */
export async function freePort(wanted: number | null): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port: wanted ?? 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
