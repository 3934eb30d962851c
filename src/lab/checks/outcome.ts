/** What a check answers: it holds if there are no problems; the detail is for people. */
export interface Outcome {
  readonly problems: readonly string[];
  readonly detail: string;
}

/** How long a check waits for what must happen; nothing waits this long unless it fails. */
export const PATIENCE_MS = 8000;
