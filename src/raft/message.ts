import { z } from "zod";
import { Message, MessageType } from "./engine.ts";
import { entrySchema, snapshotSchema, toSnapshot } from "./snapshot.ts";

const messageSchema = z.object({
  type: z.enum(MessageType),
  to: z.string(),
  from: z.string(),
  term: z.int().default(0),
  logTerm: z.int().default(0),
  index: z.int().default(0),
  commit: z.int().default(0),
  entries: z.array(entrySchema).default([]),
  reject: z.boolean().default(false),
  rejectHint: z.int().default(0),
  context: z.string().nullable().default(null),
  snapshot: snapshotSchema.optional(),
});

/** A message as text; what has its default value is left out, which is most of a heartbeat. */
export function encodeMessage(message: Message): string {
  const { type, to, from, entries, reject, context, snapshot } = message;
  return JSON.stringify({
    type,
    to,
    from,
    term: message.term || undefined,
    logTerm: message.logTerm || undefined,
    index: message.index || undefined,
    commit: message.commit || undefined,
    entries: entries.length > 0 ? entries : undefined,
    reject: reject || undefined,
    rejectHint: message.rejectHint || undefined,
    context: context ?? undefined,
    snapshot: snapshot.isEmptySnap() ? undefined : snapshot,
  });
}

/** The message in `text`; throws when it is none. */
export function decodeMessage(text: string): Message {
  const { snapshot, ...plain } = messageSchema.parse(JSON.parse(text));
  const message = new Message(plain);
  if (snapshot) message.snapshot = toSnapshot(snapshot);
  return message;
}
