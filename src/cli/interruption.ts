import { FlotillaError } from "../error.ts";

/** Says on Ctrl-C what the cluster was already asked for, since it goes on with that. */
export async function tellOnInterrupt<T>(asked: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FlotillaError) || error.code !== "interrupted") throw error;
    throw new FlotillaError("interrupted", `interrupted: ${asked}`, {
      hint: "the cluster is consistent; flotillactl list-unit-files shows how far it is.",
    });
  }
}
