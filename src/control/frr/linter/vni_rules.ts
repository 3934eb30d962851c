// Where FRR and our config do not mean the same VNIs and VRFs.

import { findLines } from "./config_tree.js";
import { type Finding, lineOf, type Rule } from "./finding.js";

/** Objects are made by vtepd when it runs: while it does not, no VNI is known. */
export const unknownVni: Rule = ({ config, vnis, intent }) => {
  if (intent === undefined) return [];
  const known = new Set(vnis.map(({ vni }) => vni));
  const wanted = [
    ...config.bridgeDomains.map(({ name, vni }) => ({ key: `bridgeDomains[${name}].vni`, vni })),
    ...config.vrfs.map(({ name, l3vni }) => ({ key: `vrfs[${name}].l3vni`, vni: l3vni })),
  ];
  return wanted.flatMap(({ key, vni }): Finding[] => {
    if (vni === undefined || known.has(vni)) return [];
    return [
      {
        name: "vni_unknown_to_zebra",
        place: key,
        happens: `zebra does not know VNI ${vni}: nothing of it is announced or learned`,
        change: "start vtepd with this file, which makes the VNI's devices, and look for advertise-all-vni in bgpd",
      },
    ];
  });
};

export const vrfVni: Rule = ({ zebra, config, intent }) => {
  if (intent === undefined) return [];
  return config.vrfs.flatMap(({ name, l3vni }): Finding[] => {
    if (l3vni === undefined) return [];
    const frrName = intent.objects.vrfs.get(name)?.name ?? name;
    const [block] = findLines(zebra, new RegExp(`^vrf ${escaped(frrName)}$`));
    const lines = block === undefined ? [] : findLines(block.line.children, /^vni \d+/, block.path);
    const [line] = lines;
    const change = `set 'vrf ${frrName}' / 'vni ${l3vni}' in zebra`;
    if (line === undefined) {
      const happens = `zebra has no VNI for VRF ${frrName}: no host or prefix of it is routed between VTEPs`;
      return [{ name: "vrf_without_vni", place: `zebra: vrf ${frrName}`, happens, change }];
    }
    if (Number(line.line.text.split(" ")[1]) === l3vni) return [];
    const happens = `the file says L3 VNI ${l3vni}: packets are sent with one VNI and expected with another`;
    return [{ name: "vrf_vni_differs", place: lineOf("zebra", line.path), happens, change }];
  });
};

export const vrfBackend: Rule = ({ config, vrfsAreNamespaces, intent }) => {
  const { vrfBackend: asked } = config.control.frr;
  const runs = vrfsAreNamespaces ? "netns" : "device";
  if (intent === undefined || config.vrfs.length === 0 || asked === runs) return [];
  return [
    {
      name: "vrf_backend",
      place: "control.frr.vrfBackend",
      happens: `zebra runs ${vrfsAreNamespaces ? "with -n: its VRFs are network namespaces" : "without -n: its VRFs are VRF devices"}, and does not see those that vtepd makes`,
      change: `set control.frr.vrfBackend to ${runs}, or ${asked === "netns" ? "add -n to" : "remove -n from"} zebra's options`,
    },
  ];
};

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
