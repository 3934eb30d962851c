// Storm control by class and port: a bucket of one second's worth, refilled every tick of 100 ms.

import { type Case, dropped, type Step, sent } from "../case.js";
import { arriving, BROADCAST, datagram, H1, H2, lab, R1, STRANGER } from "../lab.js";
import { ethernet, packet, payload } from "../packet.js";

const broadcast = packet(ethernet(H1.mac, BROADCAST), payload(46));
const multicast = packet(ethernet(H1.mac, "01:00:5e:01:02:03"), payload(46));
const unknown = datagram(H1, STRANGER);

/** Without VTEPs every accepted flood is one copy on h2. */
const quiet = (storm: object) => lab({ ports: { h1: { storm } }, vteps: { v2: { floods: [] }, v3: { floods: [] } } });
const passes = (at: number, frame: Uint8Array): Step => ({ at, from: "h1", frame, expect: sent(["h2", frame]) });
const storms = (at: number, frame: Uint8Array): Step => ({ at, from: "h1", frame, expect: dropped("storm_control") });
const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

function storm(id: string, given: Case["given"], frames: Step[]): Case {
  return { id: `storm/${id}`, spec: "P bridging: storm control by class", given, frames };
}

export const stormControl: readonly Case[] = [
  storm("burst-of-a-second", quiet({ broadcast: 3 }), [...times(3, passes(0, broadcast)), storms(0, broadcast)]),
  storm("one-frame-a-second", quiet({ broadcast: 1 }), [
    passes(0, broadcast),
    storms(9, broadcast),
    passes(10, broadcast),
    storms(19, broadcast),
  ]),
  storm("refill-by-tick", quiet({ broadcast: 20 }), [
    ...times(20, passes(0, broadcast)),
    storms(0, broadcast),
    ...times(2, passes(1, broadcast)),
    storms(1, broadcast),
  ]),
  storm("bucket-never-holds-more", quiet({ broadcast: 2 }), [
    ...times(2, passes(100000, broadcast)),
    storms(100000, broadcast),
  ]),
  storm("clock-wraps", quiet({ broadcast: 1 }), [
    passes(0xffffffff, broadcast),
    storms(0, broadcast),
    passes(9, broadcast),
  ]),
  storm("refused-frames-cost-nothing", quiet({ broadcast: 1 }), [
    passes(0, broadcast),
    ...times(20, storms(5, broadcast)),
    passes(10, broadcast),
  ]),
  storm("multicast", quiet({ multicast: 1 }), [passes(0, multicast), storms(0, multicast)]),
  storm("unknown-unicast", quiet({ unknownUnicast: 1 }), [passes(0, unknown), storms(0, unknown)]),
  storm("classes-are-apart", quiet({ broadcast: 1, multicast: 1, unknownUnicast: 1 }), [
    passes(0, broadcast),
    passes(0, multicast),
    passes(0, unknown),
    storms(0, broadcast),
    storms(0, multicast),
    storms(0, unknown),
  ]),
  storm(
    "known-unicast-is-no-storm",
    quiet({ broadcast: 1, multicast: 1, unknownUnicast: 1 }),
    times(5, passes(0, datagram(H1, H2))),
  ),
  storm("no-limit-by-default", quiet({}), times(50, passes(0, broadcast))),
  storm("ports-are-apart", quiet({ broadcast: 1 }), [
    passes(0, broadcast),
    storms(0, broadcast),
    ...times(3, {
      from: "h2",
      frame: packet(ethernet(H2.mac, BROADCAST)),
      expect: sent(["h1", packet(ethernet(H2.mac, BROADCAST))]),
    }),
  ]),
  storm(
    "tunnels-are-not-limited",
    quiet({ broadcast: 1 }),
    times(3, {
      from: "up0",
      frame: arriving(packet(ethernet(R1.mac, BROADCAST))),
      expect: sent(...["h1", "h2"].map((name) => [name, packet(ethernet(R1.mac, BROADCAST))] as const)),
    }),
  ),
];
