/** Whether somebody keeps asking a known host for its own address, before its entry would grow old. */
import { VtepError } from "../../wire/error.js";
import { findPlace, type LabContext, whileCapturing } from "../context.js";
import type { ProbesCheck } from "../expectation.js";
import { questionIn } from "../inner.js";
import { normalAddress } from "../outer.js";
import type { Frames } from "../watch.js";
import type { Outcome } from "./outcome.js";

/** Several ageing times of the shortest sensible kind. */
const PROBES_PATIENCE_MS = 40_000;

export async function checkProbes(context: LabContext, { probes }: ProbesCheck): Promise<Outcome> {
  const { host, family = 4, count } = probes;
  const place = findPlace(context.lab, host);
  const address = place.address[family];
  if (address === undefined) throw new VtepError("lab_name", `${host} has no IPv${family} address`, { host });
  const isProbe = (frame: Buffer) => {
    const question = questionIn(frame);
    return question?.byUnicast === true && question.address === normalAddress(address);
  };
  const asked = (frames: Frames) => (frames.get(place.endpoint) ?? []).filter(isProbe).length;
  const frames = await whileCapturing(context, [place.endpoint], (watch) =>
    watch.until((seen) => asked(seen) >= count, PROBES_PATIENCE_MS),
  );
  const problems = asked(frames) >= count ? [] : [`${address} was asked for ${asked(frames)} times, not ${count}`];
  return { problems, detail: `${asked(frames)} probes` };
}
