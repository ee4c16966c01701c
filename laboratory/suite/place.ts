/** A cluster that the suite runs against, real or simulated, and what the suite does to it. */
import type { Client } from '../cluster/client.ts';

export interface Place {
  readonly name: 'real' | 'simulated';
  readonly admin: Client;
  readonly url: string;
  readonly ca: string;
  /** Of the account with the rights of the documentation. */
  readonly token: string;
  /** Another token of the account, which the cluster takes for so long. */
  tokenFor(seconds: number): Promise<string>;
  /** Open to the operator and to the account. */
  openNamespace(name: string): Promise<void>;
  addApplication(namespace: string, name: string): Promise<void>;
  /** Takes the account's rights in a namespace away; the call that is returned gives them back. */
  dismiss(namespace: string): Promise<GiveBack>;
  /** The same for watching all namespaces at once: what is left is single namespaces. */
  narrow(namespaces: readonly string[]): Promise<GiveBack>;
  /** The next backup or restore that begins never ends. */
  hangNext(): void;
  /** The operator is dead, and its webhook stays registered. */
  silenceWebhook(): Promise<GiveBack>;
  /** The API server crashes, and what was told in watches before can not be told again. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** The operator begins anew, and looks at everything again. */
  restartOperator(): Promise<void>;
  close(): Promise<void>;
}

export type GiveBack = () => Promise<void>;
