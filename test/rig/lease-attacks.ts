import type { Attack } from "./attack.ts";
import { attacksOnFence } from "./attacks-on-fence.ts";
import { attacksOnLease } from "./attacks-on-lease.ts";

export const attacks: readonly Attack[] = [...attacksOnFence, ...attacksOnLease];
