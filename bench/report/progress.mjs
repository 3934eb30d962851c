// Which sample of how many, and how long it still takes: by what rows plan, corrected by what their samples took.

const MINUTE = 60;

export function spokenTime(seconds) {
  if (seconds < MINUTE) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / MINUTE);
  return minutes < MINUTE ? `${minutes} min` : `${Math.floor(minutes / MINUTE)} h ${minutes % MINUTE} min`;
}

export class Progress {
  #plans;
  #now;
  #row = -1;
  #inRow = 0;
  #before = 0;
  #rowStart = 0;
  /** Seconds that finished rows took, and that they were expected to take. */
  #took = 0;
  #expected = 0;

  /** `plans`: of each row, how many samples and the seconds that each is expected to take. `now`: milliseconds. */
  constructor(plans, now = () => performance.now()) {
    this.#plans = plans;
    this.#now = now;
    this.total = plans.reduce((sum, { samples }) => sum + samples, 0);
  }

  /** The next row begins. What an earlier one left out is done too. */
  beginRow() {
    this.#endRow();
    this.#row++;
    this.#inRow = 0;
    this.#rowStart = this.#now();
  }

  #endRow() {
    const plan = this.#plans[this.#row];
    if (plan === undefined) return;
    this.#before += plan.samples;
    // A row that is left out says nothing about the speed of the machine.
    if (this.#inRow === 0) return;
    this.#took += this.#rowSeconds();
    this.#expected += this.#inRow * plan.seconds;
  }

  #rowSeconds() {
    return (this.#now() - this.#rowStart) / 1000;
  }

  /** One more sample is done; says how far it is. */
  step() {
    this.#inRow++;
    const done = Math.min(this.#before + this.#inRow, this.total);
    const left = this.secondsLeft();
    return `[${done}/${this.total}${left > 0 ? `, ${spokenTime(left)} left` : ""}]`;
  }

  secondsLeft() {
    const { samples, seconds } = this.#plans[this.#row];
    const here = Math.max(0, samples - this.#inRow) * (this.#rowSeconds() / Math.max(1, this.#inRow));
    const later = this.#plans.slice(this.#row + 1).reduce((sum, plan) => sum + plan.samples * plan.seconds, 0);
    const pace = (this.#took + this.#rowSeconds()) / (this.#expected + this.#inRow * seconds);
    return here + later * pace;
  }
}
