/** The scopes that Operations declare. */
export const operationScopes = ['operations:read', 'operations:write'] as const;
