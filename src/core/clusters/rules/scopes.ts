/** The scopes that clusters declare. */
export const clusterScopes = ['clusters:read', 'clusters:write'] as const;
