import { isNetworkMount, type Mount, readWhere } from "./mount.ts";
import { normalizePath, parentPath } from "./path.ts";
import {
  assignmentsIn,
  type Item,
  isSet,
  lastOf,
  listOf,
  type Reading,
  valuesOf,
  warn,
  wordsOf,
} from "./reading.ts";

/** Directories that systemd makes for a unit, and where. */
const madeDirectories: readonly (readonly [string, string])[] = [
  ["RuntimeDirectory", "/run"],
  ["StateDirectory", "/var/lib"],
  ["CacheDirectory", "/var/cache"],
  ["LogsDirectory", "/var/log"],
  ["ConfigurationDirectory", "/etc"],
];
const watched = ["PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"];
const listened = ["ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO", "ListenSpecial"];

/**
 * The paths whose mounts systemd starts before this unit: RequiresMountsFor= (which nothing resets), and what it
 * implies (unit_require_mounts_for() in systemd 252). Normalized, each once.
 */
export function readMountsFor(reading: Reading, mount: Mount | undefined): string[] {
  const declared = assignmentsIn(reading, "Unit").filter(({ key }) => key === "RequiresMountsFor");
  const paths = wordsOf(reading, declared, "drop").flatMap(({ text, line }) => {
    const path = normalizePath(text);
    if (path === undefined)
      warn(reading, line, `RequiresMountsFor=${text} is not an absolute path: systemd ignores it`);
    return path ?? [];
  });
  const implied = [...ofExecution(reading), ...ofType(reading, mount)].flatMap(
    (path) => normalizePath(path) ?? [],
  );
  return [...new Set([...paths, ...implied])];
}

function ofType(reading: Reading, mount: Mount | undefined): string[] {
  switch (reading.name.type) {
    case "mount":
      if (mount === undefined) return [];
      return [parentPath(mount.where) ?? [], isNetworkMount(mount) ? [] : mount.what].flat();
    case "automount":
      return [parentPath(readWhere(reading, "Automount")) ?? []].flat();
    case "path":
      return texts(watched.flatMap((key) => valuesOf(reading, "Path", key)));
    case "socket":
      return texts(listened.flatMap((key) => valuesOf(reading, "Socket", key)));
    case "swap":
      return texts([lastOf(reading, "Swap", "What")]);
    case "service":
    case "timer":
    case "device":
    case "target":
    case "slice":
    case "scope":
      return [];
  }
}

/** Of what runs processes; `-` before a directory means that it may be missing, so that nothing is implied. */
function ofExecution(reading: Reading): string[] {
  const { type } = reading.name;
  if (!["service", "socket", "mount", "swap"].includes(type)) return [];
  const section = type.charAt(0).toUpperCase() + type.slice(1);
  const made = madeDirectories.flatMap(([key, parent]) =>
    wordsOf(reading, listOf(reading, section, key), "drop").map(
      ({ text }) => `${parent}/${text.split(":")[0]}`,
    ),
  );
  return [
    ...texts(["WorkingDirectory", "RootDirectory", "RootImage"].map((key) => lastOf(reading, section, key))),
    ...made,
    ...(isSet(reading, section, "PrivateTmp") ? ["/tmp", "/var/tmp"] : []),
  ];
}

function texts(items: readonly (Item | undefined)[]): string[] {
  return items.flatMap((item) => item?.text ?? []);
}
