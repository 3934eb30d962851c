// Open vSwitch's userspace datapath in a VTEP's place, one instance for each namespace, with database and sockets in the
// lab's folder: nothing of it is seen by another Open vSwitch of this machine. At its best: static rules, a static
// neighbour, no UDP checksum.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inNamespace, runText, stop } from "../../dist/lab/process.js";
import { addresses, macs, VNI } from "./topology.mjs";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
const START_MS = 10_000;
const POLL_MS = 20;
const TUNNEL = "vx0";
const INSIDE = "br-int";
/** The uplink's address stands on a bridge of the same datapath: that is how it knows what is for itself. */
const OUTSIDE = "br-phy";

/** Each VTEP, as the other end sees it. */
const places = {
  vtep: {
    ...{ access: "v0", uplink: "u0", mac: macs.uplink, local: addresses.local, remote: addresses.far },
    ...{ remoteMac: macs.far, host: macs.host, farHost: macs.farHost },
  },
  vtep2: {
    ...{ access: "x0", uplink: "w0", mac: macs.far, local: addresses.far, remote: addresses.local },
    ...{ remoteMac: macs.uplink, host: macs.farHost, farHost: macs.host },
  },
};

async function untilThere(child, path) {
  for (let waited = 0; waited < START_MS && child.exitCode === null; waited += POLL_MS) {
    if (existsSync(path)) return;
    await pause(POLL_MS);
  }
  throw new Error(`${path} does not appear: Open vSwitch does not start`);
}

class Switch {
  constructor(node, { namespace, folder, cpu }) {
    Object.assign(this, { namespace, folder, cpu, place: places[node], children: [] });
    mkdirSync(folder);
    this.environment = { ...process.env, OVS_RUNDIR: folder, OVS_DBDIR: folder, OVS_LOGDIR: folder };
    this.database = `unix:${join(folder, "db.sock")}`;
  }

  start(program, ...args) {
    const argv = ["taskset", "--cpu-list", String(this.cpu), program, ...args];
    const [file, words] = inNamespace(this.namespace, argv);
    const child = spawn(file, words, { env: this.environment, stdio: "ignore" });
    this.children.push(child);
    return child;
  }

  /** The control tools need no namespace: they talk to the sockets. */
  ask(program, ...args) {
    return runText("env", [`OVS_RUNDIR=${this.folder}`, program, ...args]);
  }

  set(...args) {
    return this.ask("ovs-vsctl", `--db=${this.database}`, ...args);
  }

  async run() {
    const file = join(this.folder, "conf.db");
    await runText("ovsdb-tool", ["create", file, SCHEMA]);
    const server = this.start("ovsdb-server", file, `--remote=p${this.database}`, "--no-chdir");
    await untilThere(server, join(this.folder, "db.sock"));
    await this.set("--no-wait", "init");
    this.daemon = this.start("ovs-vswitchd", this.database, "--no-chdir", "--pidfile");
    await untilThere(this.daemon, join(this.folder, "ovs-vswitchd.pid"));
    await this.#bridges();
    await this.#rules();
  }

  async #bridges() {
    const { access, uplink, mac, local, remote } = this.place;
    const bridge = (name, ...more) => ["add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", ...more];
    const tunnel = [
      `options:remote_ip=${remote}`,
      `options:key=${VNI}`,
      "options:tos=inherit",
      "options:df_default=false",
    ];
    await this.set(...bridge(OUTSIDE, `other-config:hwaddr="${mac}"`), "--", "add-port", OUTSIDE, uplink);
    await this.set(
      ...bridge(INSIDE, "fail-mode=secure"),
      ...["--", "add-port", INSIDE, access, "--", "set", "interface", access, "ofport_request=1"],
      ...[
        "--",
        "add-port",
        INSIDE,
        TUNNEL,
        "--",
        "set",
        "interface",
        TUNNEL,
        "type=vxlan",
        "ofport_request=2",
        ...tunnel,
      ],
    );
    const ip = (...words) => runText("ip", words, { namespace: this.namespace });
    await ip("addr", "del", `${local}/24`, "dev", uplink);
    await ip("addr", "add", `${local}/24`, "dev", OUTSIDE);
    await ip("link", "set", OUTSIDE, "mtu", "1600", "up");
  }

  async #rules() {
    const { host, farHost, remote, remoteMac } = this.place;
    const rule = (match, port) => this.ask("ovs-ofctl", "add-flow", INSIDE, `${match},actions=output:${port}`);
    await rule(`dl_dst=${host}`, 1);
    await rule(`dl_dst=${farHost}`, 2);
    await rule("in_port=1,dl_dst=ff:ff:ff:ff:ff:ff", 2);
    await rule("in_port=2,dl_dst=ff:ff:ff:ff:ff:ff", 1);
    await this.ask("ovs-appctl", "-t", "ovs-vswitchd", "tnl/neigh/set", OUTSIDE, remote, remoteMac);
  }

  async close() {
    for (const child of this.children.toReversed()) await stop(child);
  }
}

/** Puts it into every VTEP's place of a lab; gives the processes that carry frames, and how to end them. */
export async function startOpenVSwitch({ lab, instance }, cpu) {
  const nodes = Object.keys(places).filter((node) => node in lab.nodes);
  const switches = [];
  const close = async () => {
    for (const one of switches) await one.close();
  };
  try {
    for (const node of nodes) {
      const folder = join(instance.folder, `ovs-${node}`);
      const one = new Switch(node, { namespace: instance.namespaceOf(node), folder, cpu });
      switches.push(one);
      await one.run();
    }
    return { pids: switches.map(({ daemon }) => daemon.pid), close };
  } catch (error) {
    await close();
    throw error;
  }
}
