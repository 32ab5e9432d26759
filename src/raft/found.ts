import { FlotillaError } from "../error.ts";
import type { Disk } from "./disk.ts";
import { HardState } from "./engine.ts";
import { encodeSaved, logName } from "./log-file.ts";
import { firstSnapshot } from "./membership.ts";
import { encodeRecord } from "./record.ts";

/** True when the data directory has no log yet: its member must be founded or join. */
export async function isBlank(disk: Disk): Promise<boolean> {
  return ((await disk.read(logName))?.length ?? 0) === 0;
}

/**
 * Makes the log of one of a new cluster's first members. All of them must be given the same members and state, and only
 * when none has been a member before; everybody else joins with an empty log. Throws "data-directory-used".
 */
export async function foundMember(
  disk: Disk,
  first: { readonly members: readonly { id: string; address: string }[]; readonly state: string },
): Promise<void> {
  if (!(await isBlank(disk)))
    throw new FlotillaError("data-directory-used", "the member has a log already", { at: disk.path });
  const snapshot = firstSnapshot(first.members, first.state);
  const hardState = new HardState({ term: 1, commit: 1 });
  await disk.replace(logName, encodeRecord(encodeSaved({ snapshot, entries: [], hardState }), 0).bytes);
}
