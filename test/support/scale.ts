/**
 * How much longer than usual the long tests go on that repeat something at random: `TEST_SCALE`, 1 if not given. The
 * time that a file may take grows with it.
 */
export const scale = Number(process.env.TEST_SCALE ?? 1);
