/** Loaded with `--import` before a program: its clock, and nothing else on the machine, is CLOCK_SHIFT_MS ahead. */
const shiftMs = Number(process.env.CLOCK_SHIFT_MS);
const here = Date;
const now = () => here.now() + shiftMs;

globalThis.Date = new Proxy(here, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  apply: () => new here(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
