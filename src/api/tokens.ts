// What controllers ask the injector for: the daemon behind the API, by interface.

export const OPERATIONS = Symbol.for("vtepd:operations");
export const API_LOG = Symbol.for("vtepd:log");
