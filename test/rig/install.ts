import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";

/** What the rig needs of the host: each package with a file that shows it is there. */
const PACKAGES: readonly { readonly name: string; readonly provides: string }[] = [
  { name: "systemd-container", provides: "systemd-nspawn" },
  { name: "mmdebstrap", provides: "mmdebstrap" },
  { name: "debian-archive-keyring", provides: "/usr/share/keyrings/debian-archive-keyring.gpg" },
  { name: "iproute2", provides: "ip" },
  { name: "dbus", provides: "dbus-daemon" },
  { name: "openssh-client", provides: "ssh-keygen" },
  { name: "util-linux", provides: "nsenter" },
];

const DIRECTORIES = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

function isProvided(provides: string): boolean {
  if (provides.startsWith("/")) return existsSync(provides);
  return DIRECTORIES.some((directory) => {
    try {
      accessSync(`${directory}/${provides}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The Debian packages that the rig needs and this host lacks. */
export function missingPackages(): string[] {
  return PACKAGES.filter(({ provides }) => !isProvided(provides)).map(({ name }) => name);
}

/** Runs apt-get to its end; gives its exit status and what it said. */
function aptGet(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const apt = spawn("apt-get", args, {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [apt.stdout, apt.stderr]) stream.on("data", (chunk) => (output += chunk));
    apt.on("error", reject);
    apt.on("close", (status) => resolve({ status, output }));
  });
}

/** Installs from apt what the rig lacks, telling about it; throws with a sentence for a person when it cannot. */
export async function installPackages(say: (line: string) => void): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `the rig boots real machines and needs root; run it as root (missing: ${missing.join(" ")})`,
    );
  }
  if (!isProvided("apt-get")) {
    throw new Error(`the rig needs ${missing.join(", ")}, and there is no apt-get here to install them`);
  }
  say(`installing ${missing.join(" ")} from apt`);
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  const first = await aptGet(install);
  if (first.status === 0) return;
  // No package lists yet, or lists older than the mirror's packages.
  say("updating apt's package lists");
  await aptGet(["update"]);
  const second = await aptGet(install);
  if (second.status !== 0) {
    throw new Error(`apt-get ${install.join(" ")} failed:\n${second.output.trimEnd()}`);
  }
}
