/** The scopes that applications declare. */
export const applicationScopes = [
  'application-classes:read',
  'application-classes:write',
  'application-instances:read',
  'application-instances:write',
] as const;
