/** The same over HTTP/2. */
import { speak } from '../../../test/support/kubernetes/scripted-cluster.ts';

speak('HTTP/2');
await import('./cluster-or-namespaces.test.ts');
