import { FlotillaError } from "../error.ts";
import type { ClusterState } from "./state.ts";

/** Raised when the layout changes; a newer one is refused rather than misread. */
const FORMAT = 1;

/** The whole state as text. */
export function saveState(state: ClusterState): string {
  const { units, machines, placements, loose, answers, ...plain } = state;
  return JSON.stringify({
    format: FORMAT,
    ...plain,
    units: [...units.values()],
    machines: [...machines.values()],
    placements: [...placements.values()],
    loose: [...loose],
    answers: [...answers],
  });
}

/** The state that `saveState` wrote. Its bytes are ours and crc'd, so its shape is trusted once the format fits. */
export function loadState(text: string): ClusterState {
  const { format, ...saved } = JSON.parse(text);
  if (format !== FORMAT)
    throw new FlotillaError(
      "snapshot-format",
      `the snapshot has format ${format}, this version reads ${FORMAT}`,
      {
        hint: "run the version of flotillad that wrote it",
      },
    );
  const byName = <T>(rows: readonly T[], key: (row: T) => string) =>
    new Map(rows.map((row) => [key(row), row]));
  return {
    ...saved,
    units: byName<{ name: string }>(saved.units, (unit) => unit.name),
    machines: byName<{ id: string }>(saved.machines, (machine) => machine.id),
    placements: byName<{ unit: string }>(saved.placements, (placement) => placement.unit),
    loose: new Map(saved.loose),
    answers: new Map(saved.answers),
  } as ClusterState;
}
