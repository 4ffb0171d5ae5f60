// Preloaded with `node --import`: all of a process' dates are those of another time, by CLOCK_SHIFT_MS.
const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args: readonly [] | readonly [string | number | Date]) {
    super(args.length === 0 ? RealDate.now() + shift : args[0]);
  }

  static override now(): number {
    return RealDate.now() + shift;
  }
} as DateConstructor;
