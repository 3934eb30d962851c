// What control has to tell an operator. Where it goes (ring, log, stream) is the listener's business.

export type EventSink = (kind: string, objects: Readonly<Record<string, string | number | boolean>>) => void;
