import { mkdirSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { rigHome } from "./image.ts";
import { isNetworkFree, subnetOf } from "./network.ts";

// Everything that a rig makes on the host carries its number (fl17m1, br-fl17, 198.18.17.0/24), so several rigs run
// side by side, and one whose process was killed is found again by its claim alone. A claim is a symlink
// claims/17 -> NAME, because that is made with its content in one step.

const claims = `${rigHome}/claims`;

/** Highest number: 198.18.250.0/24, and names of links stay within 15 characters. */
const HIGHEST = 250;

function holderOf(number: number): string | undefined {
  try {
    return readlinkSync(`${claims}/${number}`);
  } catch {
    return undefined;
  }
}

/** All claims: the number and the rig that holds it. */
export function allClaims(): { number: number; name: string }[] {
  mkdirSync(claims, { recursive: true });
  return readdirSync(claims).flatMap((entry) => {
    const name = holderOf(Number(entry));
    return name === undefined ? [] : [{ number: Number(entry), name }];
  });
}

/** Claims a free number for the rig; the search starts at one that its name determines. */
export function claimNumber(name: string, subnet?: string): number {
  mkdirSync(claims, { recursive: true });
  const start = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % HIGHEST, 7);
  for (let step = 0; step < HIGHEST; step++) {
    const number = ((start + step) % HIGHEST) + 1;
    if (!isNetworkFree(number, subnet ?? subnetOf(number))) continue;
    try {
      symlinkSync(name, `${claims}/${number}`);
      return number;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new Error(`rig ${name}: no free subnet${subnet === undefined ? "" : `, ${subnet}.0/24 is in use`}`);
}

/** Gives a number back, after everything that carries it is gone. */
export function releaseNumber(number: number): void {
  unlinkSync(`${claims}/${number}`);
}
