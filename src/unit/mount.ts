import { FlotillaError } from "../error.ts";
import { escapePath, unescapePath } from "./escape.ts";
import { normalizePath } from "./path.ts";
import { type Item, lastOf, placeOf, type Reading } from "./reading.ts";

/** `[Mount]` of a mount unit. */
export interface Mount {
  readonly where: string;
  readonly what: string;
  readonly fsType: string;
  readonly options: string;
}

/** systemd's list of file systems that need the network (fstype_is_network). */
const networkTypes = new Set(
  "afs ceph cifs smb3 smbfs sshfs ncpfs ncp nfs nfs4 gfs gfs2 glusterfs pvfs2 ocfs2 lustre davfs".split(" "),
);

/**
 * Reads `[Mount]`; systemd refuses the same.
 * @throws FlotillaError `mount-name-mismatch`, `mount-what-missing`, `unit-path-invalid`
 */
export function readMount(reading: Reading): Mount | undefined {
  if (reading.name.type !== "mount") return undefined;
  const where = readWhere(reading, "Mount");
  const what = lastOf(reading, "Mount", "What")?.text;
  if (what === undefined)
    throw new FlotillaError("mount-what-missing", `${reading.name.name} does not say what it mounts`, {
      at: reading.file.source,
      hint: "add What= to its [Mount] section",
    });
  const fsType = lastOf(reading, "Mount", "Type")?.text ?? "";
  return { where, what, fsType, options: lastOf(reading, "Mount", "Options")?.text ?? "" };
}

/** Where= of a mount or automount unit: the path that its name says, and nothing else. */
export function readWhere(reading: Reading, section: "Mount" | "Automount"): string {
  const named = unescapePath(reading.name.prefix);
  const where: Item = lastOf(reading, section, "Where") ?? { text: named ?? "", line: 1 };
  const path = normalizePath(where.text);
  const at = placeOf(reading, where.line);
  if (path === undefined)
    throw new FlotillaError("unit-path-invalid", `Where=${where.text} is not a normalized absolute path`, {
      at,
      hint: "start it with / and leave out ..",
    });
  if (escapePath(path) !== reading.name.prefix)
    throw new FlotillaError(
      "mount-name-mismatch",
      `Where=${path} does not fit the name ${reading.name.name}`,
      {
        at,
        hint: `call the file ${escapePath(path)}.${reading.name.type}, or mount on ${named ?? "another path"}; systemd insists`,
      },
    );
  return path;
}

/** Whether it comes from another machine; What= is then no path of this one. */
export function isNetworkMount(mount: Mount): boolean {
  return (
    networkTypes.has(mount.fsType.replace(/^fuse\./, "")) || mount.options.split(",").includes("_netdev")
  );
}
