import { FlotillaError } from "../error.ts";
import { keyComment } from "./authorized-keys.ts";
import { authorizeKeys, controlService, install, makeSshKey, writeFiles } from "./doing.ts";
import { forEachMachine } from "./each.ts";
import type { MemberFile } from "./member-files.ts";
import { describePreparation, type Preparation } from "./plan.ts";
import type { Release } from "./release.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";

export interface Preparing {
  readonly sites: readonly Site[];
  readonly steps: readonly Preparation[];
  readonly files: ReadonlyMap<string, readonly MemberFile[]>;
  readonly release: Release;
}

/** Does the steps, on all machines at once. Keys come first on all of them, since each machine must accept them all. */
export async function prepareMachines(run: Run, preparing: Preparing): Promise<void> {
  const { file, report, signal } = run;
  const of = { name: ({ machine }: Site) => machine.name, report, signal };
  const keys = new Map<string, string>();
  for (const { machine, survey } of preparing.sites)
    if (survey.sshKey !== undefined) keys.set(machine.name, survey.sshKey);
  const stepsOf = (site: Site, isWanted: (step: Preparation) => boolean): Preparation[] =>
    preparing.steps.filter((step) => step.on === site.machine.name && isWanted(step));
  const doSteps = async (isWanted: (step: Preparation) => boolean): Promise<void> => {
    const sites = preparing.sites.filter(({ machine }) => !report.hasFailed(machine.name));
    await forEachMachine(sites, of, async (site) => {
      for (const step of stepsOf(site, isWanted)) {
        run.progress(`${step.on}: ${describePreparation(step)}`);
        await doStep(site, step);
        report.changed(step.on, describePreparation(step));
      }
    });
  };
  const doStep = async ({ connection, machine }: Site, step: Preparation): Promise<void> => {
    switch (step.kind) {
      case "make-ssh-key":
        keys.set(step.on, await makeSshKey(connection, keyComment(file.name, step.on)));
        return;
      case "install":
        return install(connection, preparing.release);
      case "write": {
        const files = preparing.files.get(machine.name) ?? [];
        return writeFiles(
          connection,
          files.filter(({ path }) => step.paths.includes(path)),
        );
      }
      case "authorize":
        return authorizeKeys(
          connection,
          step.members.flatMap((member) => {
            const key = keys.get(member);
            return key === undefined ? [] : [{ key, comment: keyComment(file.name, member) }];
          }),
        );
      case "enable":
        return controlService(connection, "enable");
      default:
        throw new FlotillaError("internal", `unknown step ${JSON.stringify(step satisfies never)}`);
    }
  };
  await doSteps(({ kind }) => kind === "make-ssh-key");
  await doSteps(({ kind }) => kind !== "make-ssh-key");
}
