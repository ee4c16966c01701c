/** What the watchdog reports of clocks. */
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const clockFindings = {
  ClockDoubted: {
    resourceType: 'Clock',
    text: "a process doubts the database's clock, or goes by another time",
    whatToDo:
      "The database's clock has jumped, or other clocks contradict it. For ten minutes at most nothing fires and nothing times out; then work goes on by the time that most clocks show. The log says which clocks differ. Mend the time service of the wrong one. If the database is right, restart with TRUST_DATABASE_CLOCK=true.",
    since: '0.1',
  },
} as const satisfies FindingRows;
