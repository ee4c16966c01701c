/** The scopes of applications. */
export const applicationScopes = [
  'application-classes:read',
  'application-classes:write',
  'application-instances:read',
  'application-instances:write',
] as const;
