import type { z } from "zod";
import { malformed } from "./malformed.ts";
import type { Value } from "./value.ts";

/** The body of `member`, as `schema` says that it must be. Throws "dbus-malformed". */
export function parseBody<T>(schema: z.ZodType<T>, body: readonly Value[], member: string): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw malformed(`${member} has an unexpected body`);
  return parsed.data;
}
