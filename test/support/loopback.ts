/** The simulated clusters of a test are on this machine, where new registrations may not lead without this setting. */
export const loopbackAllowed = { allowedClusterAddresses: ['127.0.0.0/8', '::1/128'] };
