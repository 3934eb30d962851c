// Router MACs as the control plane tells them: of a VTEP in a VRF (RFC 9135 §5.1). A VTEP may have one for each VRF. One
// that the control plane has lost, while routes still lead there, is kept: packets to a router that has not moved arrive.

import type { Mac } from "../../wire/ethernet.js";

interface RouterMac {
  readonly vrf: string;
  readonly vtep: string;
  readonly mac: Mac;
  isLost: boolean;
}

export class RouterMacs {
  private readonly macs = new Map<string, RouterMac>();

  get(vrf: string, vtep: string): Mac | undefined {
    return this.macs.get(keyOf(vrf, vtep))?.mac;
  }

  isKnown(vrf: string, vtep: string): boolean {
    return this.macs.get(keyOf(vrf, vtep))?.isLost === false;
  }

  set(vrf: string, vtep: string, mac: Mac): void {
    this.macs.set(keyOf(vrf, vtep), { vrf, vtep, mac, isLost: false });
  }

  lose(vrf: string, vtep: string): void {
    const known = this.macs.get(keyOf(vrf, vtep));
    if (known !== undefined) known.isLost = true;
  }

  /** Lost ones that nothing leads by any more. */
  forgetLost(isUsed: (vrf: string, vtep: string) => boolean): void {
    for (const [key, { vrf, vtep, isLost }] of this.macs) if (isLost && !isUsed(vrf, vtep)) this.macs.delete(key);
  }
}

function keyOf(vrf: string, vtep: string): string {
  return `${vrf} ${vtep}`;
}
