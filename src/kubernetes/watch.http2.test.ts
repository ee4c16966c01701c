/** The same over HTTP/2. */
import { speak } from './testing.ts';

speak('HTTP/2');
await import('./watch.test.ts');
