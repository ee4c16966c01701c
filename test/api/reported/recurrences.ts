/** Recurrences and times to live that were read wrongly, refused with the wrong words, or taken without a word. */
import { created, forecast, previewed, type ReportedKind } from './request.ts';

const berlin = { timeZone: 'Europe/Berlin' };
/** The days on which the clocks of Berlin change in this year lie ahead of every run of this test. */
const spring = { ...berlin, startsAt: '2037-03-28T20:00:00Z' };
const autumn = { ...berlin, startsAt: '2037-10-24T20:00:00Z' };

export const timeZones: ReportedKind = {
  title: 'a time zone',
  requests: [
    ...['BST', 'IST', 'CST', 'AST'].map((timeZone) => ({
      title: timeZone,
      ...created('0 2 * * *', { timeZone }),
      status: 422,
      says: [/"\/timeZone"/, /write [A-Z][a-z]+\/[A-Z][a-z]+/],
    })),
    {
      title: 'in small letters',
      ...created('0 2 * * *', { timeZone: 'europe/berlin' }),
      status: 201,
      says: /"timeZone":"Europe\/Berlin"/,
    },
    {
      title: 'whose clock the preview shows',
      ...previewed('0 2 * * *', berlin),
      status: 200,
      says: /"localTime":"[^"]+T0[23]:00\+0[12]:00"/,
    },
  ],
};

export const retention: ReportedKind = {
  title: 'how long copies are kept',
  requests: [
    { title: 'yearly, by default', ...previewed('@yearly'), status: 200, says: [/"ttl":"26352h"/, /"warnings":\[\]/] },
    {
      title: 'the 29th of February, by default',
      ...created('0 0 29 2 *'),
      status: 201,
      says: /"warnings":\[.*leap years.*times without any copy/,
    },
    {
      title: 'two hours of a night of one hour',
      ...created('0 1,2 * * *', { ttl: '2h' }),
      status: 201,
      says: /"warnings":\[.*longest time between slots \(23h\): there would be times without any copy/,
    },
    {
      title: 'the same as the entry of a plan',
      path: '/v1/protection-plans',
      body: { name: 'reported', entries: [{ name: 'nights', schedule: '0 1,2 * * *', ttl: '2h' }] },
      status: 422,
      says: [/"\/entries\/0\/ttl"/, /times without any copy/],
    },
    {
      title: 'each minute for a month',
      ...created('* * * * *', { ttl: '720h' }),
      status: 201,
      says: /"warnings":\[.*43,200 copies/,
    },
    { title: 'as Velero prints it', ...created('0 4 * * *', { ttl: '720h0m0s' }), status: 201, says: /"ttl":"720h"/ },
    {
      title: 'a part of the retention of a class',
      method: 'PATCH',
      path: ({ applicationClassId }) => `/v1/application-classes/${applicationClassId}`,
      body: { retention: { daily: '48h' } },
      status: 200,
      says: [/"hourly":"24h"/, /"daily":"48h"/, /"warnings":\[.*Existing copies keep/],
    },
    {
      title: 'a mixture that is there for twelve hours of a year',
      ...forecast(['0 0 * * *', '30h'], ['0 0 1 1 *', '8736h']),
      status: 200,
      says: /"copiesBySchedule":\[1,1\]/,
    },
  ],
};

const cadences: readonly (readonly [string, string, string])[] = [
  ['0 */1 * * *', 'hourly', '24h'],
  ['0 0-23 * * *', 'hourly', '24h'],
  ['0 * * * *', 'hourly', '24h'],
  ['0 3 * * 0,7', 'weekly', '2016h'],
  ['0 3 1 */1 *', 'monthly', '8760h'],
  ['0 3 1 * *', 'monthly', '8760h'],
];

export const expressions: ReportedKind = {
  title: 'a recurrence',
  requests: [
    ...cadences.flatMap(([schedule, cadence, ttl]) => [
      { title: `${schedule} is ${cadence}`, ...created(schedule), status: 201, says: RegExp(`"cadence":"${cadence}"`) },
      { title: `${schedule} is kept ${ttl}`, ...previewed(schedule), status: 200, says: RegExp(`"ttl":"${ttl}"`) },
    ]),
    { title: 'the 31st', ...created('0 0 31 * *'), status: 201, says: /"warnings":\[.*only 7 of its 12 months/ },
    { title: 'both day fields', ...created('0 2 1-7 * 1'), status: 201, says: /"warnings":\[.*matches either of them/ },
    {
      title: 'the 32nd',
      ...created('0 2 32 * *'),
      status: 422,
      says: [/"\/schedule"/, /the day of month is 1 to 31, not 32/],
      saysNot: /Invalid value/,
    },
    {
      title: 'every six hours',
      ...created('@every 6h'),
      status: 422,
      says: [/"\/schedule"/, /write \\"0 \*\/6 \* \* \*/],
    },
    {
      title: 'a zone before the fields',
      ...created('TZ=Europe/Berlin 0 2 * * *'),
      status: 422,
      says: [/"\/schedule"/, /give \\"Europe\/Berlin\\" as timeZone and only \\"0 2 \* \* \*\\" here/],
    },
    {
      title: 'six fields',
      ...created('0 0 2 * * *'),
      status: 422,
      says: [/"\/schedule"/, /6 fields, and seconds are not read; write \\"0 2 \* \* \*/],
    },
    { title: 'a trailing blank', ...created('0 2 * * * '), status: 201, says: /"schedule":"0 2 \* \* \*"/ },
    { title: 'a tab', ...created('0\t2 * * *'), status: 201, says: /"schedule":"0 2 \* \* \*"/ },
    { title: 'a nickname in capitals', ...created('@Daily'), status: 201, says: /"schedule":"@daily"/ },
    {
      title: 'a step from a number',
      ...previewed('0/15 * * * *', {}, 4),
      status: 200,
      says: [/:00:00\.000Z"/, /:15:00\.000Z"/, /:30:00\.000Z"/, /:45:00\.000Z"/],
    },
    {
      title: 'the last day of the month',
      ...previewed('0 2 L * *'),
      status: 200,
      says: /"localTime":"\d{4}-\d\d-(28|29|30|31)T/,
    },
    {
      title: 'the last Friday of the month',
      ...previewed('0 2 * * 5L'),
      status: 200,
      says: /"weekday":"FRI"/,
      saysNot: /"weekday":"(?!FRI)/,
    },
    {
      title: 'Mondays, with a step of one as the day',
      ...previewed('0 3 */1 * 1'),
      status: 200,
      says: /"weekday":"MON"/,
      saysNot: /"weekday":"(?!MON)/,
    },
    {
      title: 'Mondays, with a star in the list of days',
      ...previewed('0 3 *,5 * 1'),
      status: 200,
      says: /"weekday":"MON"/,
      saysNot: /"weekday":"(?!MON)/,
    },
    {
      title: 'the first of the month, with a step of one as the weekday',
      ...previewed('0 3 1 * */1'),
      status: 200,
      says: /"localTime":"\d{4}-\d\d-01T/,
      saysNot: /"localTime":"\d{4}-\d\d-(?!01)/,
    },
    {
      title: 'the weekdays of Quartz',
      ...previewed('0 3 * * 2-6'),
      status: 200,
      says: [/"weekday":"TUE"/, /"weekday":"SAT"/],
      saysNot: /"weekday":"(SUN|MON)"/,
    },
    {
      title: 'every hour by a range, when the clocks go back',
      ...previewed('30 0-23 * * *', autumn),
      status: 200,
      says: [
        /"scheduledFor":"2037-10-25T00:30/,
        /"scheduledFor":"2037-10-25T01:30/,
        /"scheduledFor":"2037-10-25T02:30/,
      ],
    },
    ...['0 * * * *', '0 3 * * *'].map((schedule) => ({
      title: `${schedule}, which no change of the clocks moves`,
      ...previewed(schedule, spring),
      status: 200,
      says: /"notes":\[\]/,
      saysNot: /"notes":\["/,
    })),
    {
      title: 'a slot that a change of the clocks will move',
      ...created('30 2 * * *', berlin),
      status: 201,
      says: /"warnings":\[.*clocks of Europe\/Berlin go forward: 02:30 does not exist/,
    },
  ],
};
