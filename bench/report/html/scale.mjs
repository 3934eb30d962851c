// Axes: where values lie, and round numbers to mark them with.

const STEPS = [1, 2, 2.5, 5, 10];

/** Round numbers from 0 to at least `highest`, about `count` of them. */
export function ticks(highest, count = 5) {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((one) => one * power).find((one) => one >= rough * 0.999);
  const marks = [];
  for (let at = 0; marks.length === 0 || marks.at(-1) < highest * 0.999; at++)
    marks.push(Number((at * step).toPrecision(6)));
  return marks;
}

/** Powers of ten around two positive numbers. */
export function logTicks(lowest, highest) {
  const marks = [];
  for (let power = Math.floor(Math.log10(lowest)); marks.length === 0 || marks.at(-1) < highest; power++) {
    marks.push(10 ** power);
  }
  return marks.length > 1 ? marks : [...marks, marks[0] * 10];
}

const THOUSANDS = [
  [1e6, "M"],
  [1e4, "k", 1e3],
];

/** Short: 12000 is 12k. */
export function tickText(value) {
  for (const [from, unit, by = from] of THOUSANDS) {
    if (Math.abs(value) >= from) return `${Number((value / by).toPrecision(3))}${unit}`;
  }
  return String(Number(value.toPrecision(3)));
}
