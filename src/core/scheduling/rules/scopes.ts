/** The scopes that schedules declare. */
export const scheduleScopes = ['schedules:read', 'schedules:write'] as const;
