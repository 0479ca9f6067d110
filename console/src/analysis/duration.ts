/** A duration in the unit that a person would choose: `830 µs`, `12.4 ms`, `1.20 s`, `3 min 20 s`. @param us microseconds */
export const toDurationText = (us: number): string => {
  const size = Math.abs(us);
  if (size < 1e3) return `${Math.round(us)} µs`;
  if (size < 1e6) return `${toThreeDigits(us / 1e3)} ms`;
  if (size < 6e7) return `${toThreeDigits(us / 1e6)} s`;
  const seconds = Math.round(us / 1e6);
  if (size < 3.6e9) return inTwoUnits(seconds, 60, 'min', 's');
  return inTwoUnits(Math.round(seconds / 60), 60, 'h', 'min');
};

const inTwoUnits = (amount: number, perUnit: number, unit: string, rest: string): string => {
  const whole = `${Math.trunc(amount / perUnit)} ${unit}`;
  return amount % perUnit === 0 ? whole : `${whole} ${amount % perUnit} ${rest}`;
};

const toThreeDigits = (value: number): string => {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
};
