/** The same over HTTP/2. */
import { speak } from '../../../test/support/kubernetes/scripted-cluster.ts';

speak('HTTP/2');
await import('./list-and-watch.test.ts');
