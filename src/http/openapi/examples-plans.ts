/** Examples of protection plans and of forecasts: the 23 backups, and defaults made one's own. */
import type { Example } from './types.ts';

const sizes = { firstCopyGB: 200, pricePerGBMonth: 0.05 };

export const planExamples: Readonly<Record<string, Record<string, Example>>> = {
  forecastRetention: {
    scheme: {
      summary: '7 daily, 4 weekly and 12 monthly copies of 200 GB',
      value: {
        schedules: [
          { name: 'daily', schedule: '0 2 * * *', ttl: '168h', deltaGB: 5 },
          { name: 'weekly', schedule: '0 3 * * 0', ttl: '672h', deltaGB: 20 },
          { name: 'monthly', schedule: '0 4 1 * *', ttl: '8760h', deltaGB: 40 },
        ],
        ...sizes,
      },
    },
  },
};
