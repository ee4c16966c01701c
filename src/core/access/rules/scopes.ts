/** The scopes of access. platform:admin includes every other scope. */
export const accessScopes = ['platform:admin', 'api-keys:read', 'api-keys:write'] as const;
