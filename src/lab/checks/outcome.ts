import { patient } from "../patience.js";

/** What a check answers: it holds if there are no problems; the detail is for people. */
export interface Outcome {
  readonly problems: readonly string[];
  readonly detail: string;
}

/** How long a check waits for what must happen; nothing waits this long unless it fails. */
export const PATIENCE_MS = patient(8000);
/** The same for what BGP has to tell: sessions that are set up again take their time. */
export const SPEAKER_PATIENCE_MS = patient(40_000);
