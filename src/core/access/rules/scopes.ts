/** The scopes that access declares. platform:admin includes every other scope. */
export const accessScopes = ['platform:admin', 'api-keys:read', 'api-keys:write'] as const;
