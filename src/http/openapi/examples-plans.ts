/** Examples of protection plans and of forecasts, with the built-in plan of 23 copies and with a plan of one's own. */
import type { Example } from './types.ts';

const sizes = { firstCopyGB: 200, pricePerGBMonth: 0.05 };

export const planExamples: Readonly<Record<string, Record<string, Example>>> = {
  forecastRetention: {
    plan: {
      summary: 'Forecast of a built-in plan for 200 GB',
      value: {
        protectionPlanName: 'gfs-23',
        deltaGBByEntry: { daily: 5, weekly: 20, monthly: 40 },
        ...sizes,
      },
    },
    scheme: {
      summary: 'Forecast of 7 daily, 4 weekly and 12 monthly copies of 200 GB',
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
  createProtectionPlan: {
    gold: {
      summary: 'Hourly for two days, daily for a quarter, monthly for seven years',
      value: {
        name: 'gold',
        displayName: 'Gold',
        timeZone: 'Europe/Berlin',
        entries: [
          { name: 'hourly', schedule: '0 * * * *', ttl: '48h' },
          { name: 'daily', schedule: '0 2 * * *', ttl: '2160h', spreadSeconds: 3600 },
          { name: 'monthly', schedule: '0 4 1 * *', ttl: '61368h' },
        ],
      },
    },
  },
  changeProtectionPlan: {
    longer: {
      summary: 'Other entries, from now on, for all applications of the plan',
      value: {
        entries: [
          { name: 'hourly', schedule: '0 * * * *', ttl: '72h' },
          { name: 'daily', schedule: '30 1 * * *', ttl: '2160h' },
        ],
      },
    },
  },
  applyProtectionPlan: {
    builtIn: {
      summary: 'The built-in plan of 23 copies, in the time zone of Berlin',
      value: { protectionPlanName: 'gfs-23', timeZone: 'Europe/Berlin' },
    },
  },
};
