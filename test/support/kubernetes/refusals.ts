/** Answers with which API servers refuse, as test material. */

/** The text of a Status. */
export function status(code: number, reason: string, message: string, details: object = {}): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code,
  });
}
export const caused = (reason: string) => ({ causes: [{ reason, message: 'x' }] });
export const denial =
  'admission webhook "operations.vworkspace.io" denied the request: Backup of shop is not allowed here';
export const conflict =
  'Apply failed with 1 conflict: conflict with "kubectl" using ops.vworkspace.io/v1alpha1: .spec.parameters.ttl';
