import * as assert from "node:assert";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as contract from "../../src/api/contract.ts";
import { parseUnit } from "../../src/unit/unit.ts";

/** What this cluster does with a unit that is wanted: systemd's words after the start, or reasons against it. */
export interface Behaviour {
  readonly states?: readonly (readonly [active: string, sub: string])[];
  readonly reasons?: readonly contract.Reason[];
  readonly pending?: string;
}

type Unit = { -readonly [Key in keyof contract.UnitView]: contract.UnitView[Key] };
type Answer = { status: number; body: unknown };

const stepMs = 20;
export const machines: readonly contract.MachineView[] = [1, 2, 3].map((number) => ({
  id: `f1ee${number}000000000000000000000000000`.slice(0, 31) + number,
  address: `172.21.8.1${number}`,
  port: 22,
  user: "root",
  metadata: { host: `m${number}`, disk: "ssd" },
  status: "ready",
  statusReason: null,
  bootId: null,
  fingerprint: `SHA256:key-of-m${number}`,
  member: `m${number}`,
  isExclusiveCapable: true,
  clockRatePpm: 1_000,
}));

const refuse = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

/** The API of a cluster that lives in this process: no machines, but the states that they would report. */
export class FakeCluster {
  readonly units = new Map<string, Unit>();
  readonly requests: { method: string; path: string; key: string | undefined }[] = [];
  readonly behaviours = new Map<string, Behaviour>();
  /** Answers of the next requests, instead of what they ask for. */
  readonly outages: (Answer | "hang-up")[] = [];
  /** A path whose requests get no answer at all. */
  isDeafTo = "";
  machines = [...machines];
  endpoint = "";
  #revision = 1;
  #placed = 0;
  #wakers = new Set<() => void>();
  #timers = new Set<NodeJS.Timeout>();
  #server = http.createServer((request, response) => void this.#serve(request, response));
  #directory = "";

  static async start(): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    cluster.#directory = await mkdtemp(join(tmpdir(), "flotilla-api-"));
    const path = join(cluster.#directory, "flotilla.sock");
    cluster.endpoint = `unix://${path}`;
    cluster.#server.listen(path);
    await once(cluster.#server, "listening");
    return cluster;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#directory, { recursive: true });
  }

  change(): number {
    this.#revision++;
    for (const wake of this.#wakers) wake();
    return this.#revision;
  }

  /** A unit that was submitted before. */
  add(name: string, text: string): void {
    this.#submit({ units: [{ name, text }] });
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://flotilla");
    let text = "";
    for await (const chunk of request) text += chunk;
    const key = request.headers["idempotency-key"];
    this.requests.push({ method: request.method ?? "", path: url.pathname, key: key?.toString() });
    if (request.method !== "GET") contract.idempotencyKey.parse(key);
    const outage = this.outages.shift();
    if (url.pathname === this.isDeafTo) return;
    if (outage === "hang-up") return void request.socket.destroy();
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const answer = outage ?? (await this.#answer(`${request.method} ${url.pathname}`, url, body));
    response.writeHead(answer.status);
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  }

  async #answer(route: string, url: URL, body: unknown): Promise<Answer> {
    const query = Object.fromEntries(url.searchParams);
    switch (route) {
      case "GET /v1/units":
        return { status: 200, body: await this.#list(contract.unitsQuery.parse(query)) };
      case "POST /v1/units":
        return { status: 200, body: this.#submit(contract.submitRequest.parse(body)) };
      case "POST /v1/desired": {
        const { names, desired } = contract.desireRequest.parse(body);
        for (const name of names) this.#desire(name, desired);
        return { status: 200, body: { revision: this.change() } };
      }
      case "POST /v1/destroy": {
        for (const name of contract.destroyRequest.parse(body).names) this.#destroy(name);
        return { status: 200, body: { revision: this.change() } };
      }
      case "POST /v1/status":
        return { status: 200, body: this.#status(contract.statusRequest.parse(body).name) };
      case "GET /v1/journal": {
        const { unit, lines } = contract.journalQuery.parse(query);
        if (!this.units.has(unit)) return refuse(404, "unit-not-found", `unit ${unit} does not exist`);
        return { status: 200, body: Array.from({ length: lines }, (_, line) => `line ${line}\n`).join("") };
      }
      case "GET /v1/machines":
        return { status: 200, body: { revision: this.#revision, machines: this.machines } };
      case "POST /v1/machines/probe": {
        contract.probeRequest.parse(body);
        return {
          status: 200,
          body: { hostKey: "ssh-ed25519 AAAA", fingerprint: "SHA256:abc", machineId: null },
        };
      }
      case "POST /v1/machines": {
        const { address } = contract.enrolRequest.parse(body);
        assert.ok(address);
        return { status: 200, body: { revision: this.change(), id: "f1ee4000000000000000000000000004" } };
      }
      case "GET /v1/members":
        return {
          status: 200,
          body: { members: [{ id: "m1", address: "172.21.8.11:7443", role: "leader", isVoter: true }] },
        };
      case "GET /v1/version":
        return {
          status: 200,
          body: { version: "0.1.0", cluster: "c1", member: "m1", role: "leader", leader: "m1", term: 3 },
        };
    }
    const removed = /^DELETE \/v1\/machines\/(.+)$/.exec(route)?.[1];
    if (removed === undefined) return refuse(404, "not-found", `no ${route}`);
    this.#later(() => (this.machines = this.machines.filter(({ id }) => id !== removed)));
    return { status: 200, body: { revision: this.change() } };
  }

  async #list({ names, text, after, wait }: ReturnType<typeof contract.unitsQuery.parse>): Promise<unknown> {
    if (after !== undefined && after >= this.#revision)
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#wakers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, (wait ?? 0) * 1000);
        this.#wakers.add(wake);
      });
    const units = [...this.units.values()].filter(({ name }) => names?.includes(name) ?? true);
    return {
      revision: this.#revision,
      units: units.map((unit) => (text ? unit : { ...unit, text: undefined })),
    };
  }

  #submit({ units, desired, replace }: contract.SubmitRequest): contract.SubmitAnswer {
    const outcomes = units.map(({ name, text }) => {
      const known = this.units.get(name);
      const unit = parseUnit(name, text);
      if (known === undefined || (known.hash !== unit.hash && replace)) {
        this.units.set(name, {
          name,
          text,
          hash: unit.hash,
          description: unit.description,
          type: unit.type,
          isGlobal: unit.fleet.isGlobal,
          isTemplate: unit.isTemplate,
          isExclusive: false,
          desired: known?.desired ?? "inactive",
          current: unit.fleet.isGlobal ? null : "inactive",
          machine: null,
          observed: [],
          reasons: [],
          pending: null,
          isDestroyed: false,
        });
        return { name, outcome: known === undefined ? "created" : "replaced" } as const;
      }
      return { name, outcome: known.hash === unit.hash ? "unchanged" : "differs" } as const;
    });
    if (desired !== undefined) for (const { name } of units) this.#desire(name, desired);
    return { revision: this.change(), units: outcomes };
  }

  #desire(name: string, desired: contract.DesiredState): void {
    const unit = this.units.get(name);
    if (unit === undefined || (unit.desired === desired && unit.current === desired)) return;
    unit.desired = desired;
    const { reasons = [], pending = null, states } = this.behaviours.get(name) ?? {};
    unit.reasons = desired === "inactive" ? [] : reasons;
    unit.pending = pending;
    if (unit.reasons.length > 0 || pending !== null) return;
    this.#later(() => {
      const running = unit.type === "mount" ? "mounted" : "running";
      if (desired === "inactive") {
        Object.assign(unit, { machine: null, observed: [], current: unit.isGlobal ? null : "inactive" });
        return;
      }
      const mine = unit.isGlobal ? this.machines : [unit.machine ?? this.#nextMachine()];
      if (!unit.isGlobal) Object.assign(unit, { machine: mine[0], current: desired });
      const wanted = desired === "launched" ? (states ?? [["active", running]]) : [["inactive", "dead"]];
      for (const [index, [active, sub]] of wanted.entries())
        this.#later(() => this.#observe(unit, mine, active ?? "", sub ?? ""), index);
    });
  }

  #nextMachine(): contract.MachineRef {
    const { id, address } = this.machines[this.#placed++ % this.machines.length]!;
    return { id, address };
  }

  #observe(unit: Unit, on: readonly contract.MachineRef[], active: string, sub: string): void {
    unit.observed = on.map(({ id, address }) => ({ machine: { id, address }, load: "loaded", active, sub }));
  }

  #destroy(name: string): void {
    const unit = this.units.get(name);
    if (unit === undefined) return;
    unit.isDestroyed = true;
    this.#later(() => this.units.delete(name));
  }

  #status(name: string): contract.StatusAnswer {
    const unit = this.units.get(name);
    const outputs = (unit?.observed ?? []).map(({ machine, active, sub }) => ({
      machine,
      exitCode: active === "active" ? 0 : 3,
      stdout: `${active === "active" ? "●" : "○"} ${name} - ${unit?.description}\n     Active: ${active} (${sub})\n`,
    }));
    return { outputs };
  }

  #later(run: () => void, steps = 1): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
      this.change();
    }, steps * stepMs);
    this.#timers.add(timer);
  }
}
