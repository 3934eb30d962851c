// One line per step that did something, with its time. A step that had nothing to do stays silent.

/** A set-up failure that the user can act upon: the message says what to do. */
export class SetupError extends Error {}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

export class Report {
  #start = performance.now();
  #worked = false;

  /** Says what is going on now; the step's own output follows below it. */
  say(text) {
    this.#worked = true;
    console.log(`  ${text}`);
  }

  /** Runs one step. It returns what it did, or nothing if there was nothing to do. */
  async step(name, work) {
    const since = performance.now();
    const done = await work();
    if (done) this.say(`✓ ${name.padEnd(16)} ${done} (${seconds(since)})`);
  }

  end(title) {
    console.log(this.#worked ? `${title}: done in ${seconds(this.#start)}` : `${title}: nothing to do`);
  }
}
