import type { MachineRef } from "../api/contract.ts";

const shortIdLength = 8;

/** `f1ee1000...`, or the whole id. */
export function formatId(id: string, isFull: boolean): string {
  return isFull || id.length <= shortIdLength ? id : `${id.slice(0, shortIdLength)}...`;
}

/** `f1ee1000.../172.21.8.11`: the legend of a machine wherever one is named. */
export function formatMachine(machine: MachineRef, isFull = false): string {
  const id = formatId(machine.id, isFull);
  return machine.address === "" ? id : `${id}/${machine.address}`;
}
