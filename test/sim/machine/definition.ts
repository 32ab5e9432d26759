import { parseUnitFile } from "../../../src/unit/file.ts";
import { parseUnit } from "../../../src/unit/unit.ts";

/** A unit as systemd has loaded it: its file with its drop-in behind it. */
export interface Definition {
  readonly name: string;
  /** Both texts, to see whether a daemon-reload is needed. */
  readonly source: string;
  readonly fragmentPath: string;
  readonly dropInPaths: readonly string[];
  readonly requires: readonly string[];
  readonly bindsTo: readonly string[];
  readonly requisite: readonly string[];
  readonly partOf: readonly string[];
  readonly after: readonly string[];
  readonly asserts: readonly { readonly key: string; readonly path: string }[];
  readonly mountsFor: readonly string[];
  readonly mount: { readonly where: string; readonly what: string; readonly isGlobal: boolean } | undefined;
  readonly slice: string;
  readonly isRestarting: boolean;
}

const directory = "/run/systemd/system";

/** What a daemon-reload makes of the files in /run/systemd/system. */
export function loadDefinitions(files: ReadonlyMap<string, string>): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const path of files.keys()) {
    const name = path.slice(directory.length + 1);
    if (/^[^/]+\.(service|mount|target|timer|socket)$/.test(name) && !name.includes("@."))
      definitions.set(name, define(name, files));
  }
  return definitions;
}

export function sourceOf(name: string, files: ReadonlyMap<string, string>): string | undefined {
  const text = files.get(`${directory}/${name}`);
  return text === undefined ? undefined : `${text}\n${files.get(dropInOf(name)) ?? ""}`;
}

const dropInOf = (name: string) => `${directory}/${name}.d/zz-flotilla.conf`;

export function define(name: string, files: ReadonlyMap<string, string>): Definition {
  const source = sourceOf(name, files) ?? "";
  const values = (wanted: string) =>
    parseUnitFile(source, name).entries.flatMap((entry) =>
      entry.kind === "assignment" && entry.key === wanted ? [entry.value] : [],
    );
  const words = (key: string) => values(key).flatMap((value) => value.split(/\s+/));
  const unit = parseUnit(name, files.get(`${directory}/${name}`) ?? "");
  return {
    name,
    source,
    fragmentPath: `${directory}/${name}`,
    dropInPaths: files.has(dropInOf(name)) ? [dropInOf(name)] : [],
    requires: words("Requires"),
    bindsTo: words("BindsTo"),
    requisite: words("Requisite"),
    partOf: words("PartOf"),
    after: words("After"),
    asserts: ["AssertFileNotEmpty", "AssertPathExists"].flatMap((key) =>
      values(key).map((path) => ({ key, path })),
    ),
    mountsFor: unit.mountsFor,
    mount: unit.mount && {
      where: unit.mount.where,
      what: unit.mount.what,
      isGlobal: unit.fleet.isGlobal,
    },
    slice: values("Slice").at(-1) ?? "system.slice",
    isRestarting: values("Restart").at(-1) === "always",
  };
}
