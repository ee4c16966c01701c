/** The scopes of clusters. */
export const clusterScopes = ['clusters:read', 'clusters:write'] as const;
