import { z } from "zod";
import { ConfState, Snapshot } from "./engine.ts";

const confStateSchema = z.object({
  voters: z.array(z.string()),
  learners: z.array(z.string()),
  votersOutgoing: z.array(z.string()),
  learnersNext: z.array(z.string()),
  autoLeave: z.boolean(),
});

/** A snapshot and an entry as they are in the log and on the wire. */
export const snapshotSchema = z.object({
  data: z.unknown(),
  metadata: z.object({ confState: confStateSchema, index: z.int(), term: z.int() }),
});
export const entrySchema = z.object({ term: z.int(), index: z.int(), type: z.int(), data: z.unknown() });

/** A snapshot as the engine's own class. */
export function toSnapshot({ data, metadata }: z.infer<typeof snapshotSchema>): Snapshot {
  const { index, term, confState } = metadata;
  return snapshotAt(index, term, new ConfState(confState), data);
}

export function snapshotAt(index: number, term: number, confState: ConfState, data: unknown): Snapshot {
  const snapshot = new Snapshot({ data });
  // Its constructor copies the members with their lists shared.
  Object.assign(snapshot.metadata, { index, term, confState });
  return snapshot;
}
