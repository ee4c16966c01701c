/** The servers that npm test starts for these tests, and names that no other test uses. */

export function required(name: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL' | 'REDIS_SERVER_BIN'): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run these tests with npm test`);
  return value;
}

export const uniqueName = (): string => `q${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
