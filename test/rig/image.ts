import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { signal } from "./process.ts";

/** Where every rig and the base image live. */
export const rigHome = process.env.FLOTILLA_RIG_DIR ?? "/var/tmp/flotilla-rig";

const PACKAGES = [
  ...["systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "iproute2", "iputils-ping", "procps"],
  ...["netcat-openbsd", "e2fsprogs", "redis-server"],
  // What the host's Node, bound into the machines, is linked with.
  "libstdc++6",
];

// $1 is the new root. Machines get their host keys and ids of their own later, on their own disks.
const CUSTOMIZE = [
  'chroot "$1" systemctl disable redis-server.service',
  'chroot "$1" systemctl enable systemd-networkd.service',
  'chroot "$1" useradd --create-home --shell /bin/bash ops',
  'echo "ops ALL=(ALL) NOPASSWD: ALL" >"$1/etc/sudoers.d/ops" && chmod 440 "$1/etc/sudoers.d/ops"',
  'echo "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/rig_keys" >"$1/etc/ssh/sshd_config.d/rig.conf"',
  'rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" && : >"$1/etc/machine-id"',
];

/** The host's own Debian release, so that the host's Node finds a C library as new as its own; else Debian 12. */
function suite(): string {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  return /^ID=debian$/m.test(release) && codename !== undefined ? codename : "bookworm";
}

const ARGUMENTS = [
  "--variant=minbase",
  `--include=${PACKAGES.join(",")}`,
  ...CUSTOMIZE.map((hook) => `--customize-hook=${hook}`),
  suite(),
];

/** The base image of this version of the rig: the name changes with its content. */
export const baseImage = `${rigHome}/base-${createHash("sha256").update(ARGUMENTS.join("\n")).digest("hex").slice(0, 12)}`;

// Under the lock: built by one, waited for by the others. It gets its name only when it is complete.
const BUILD = `
base=$1 new=$2; shift 2
[ -e "$base" ] && exit 0
rm -rf "$base".*
mkdir -p "$new/tmp" && chmod 1777 "$new/tmp"
TMPDIR=$new/tmp mmdebstrap "$@" "$new/root" && mv "$new/root" "$base" && rm -rf "$new"`;

/** Builds the base image unless it exists; takes about 20 s, once. It ends with this process and then leaves nothing. */
export async function buildBase(say: (line: string) => void): Promise<void> {
  if (existsSync(baseImage)) return;
  mkdirSync(rigHome, { recursive: true, mode: 0o755 });
  say("building the machines' base image, once (about 20 s)");
  const unfinished = `${baseImage}.${process.pid}`;
  const build = spawn(
    "flock",
    [
      `${rigHome}/base.lock`,
      "unshare",
      "--mount",
      "bash",
      "-c",
      BUILD,
      "build",
      baseImage,
      unfinished,
      ...ARGUMENTS,
    ],
    { detached: true, stdio: ["ignore", "ignore", "pipe"] },
  );
  const stop = () => {
    if (build.pid === undefined) return;
    signal(-build.pid, "SIGKILL");
    rmSync(unfinished, { recursive: true, force: true, maxRetries: 20 });
  };
  process.once("exit", stop);
  let errors = "";
  build.stderr.on("data", (chunk) => (errors = (errors + chunk).slice(-4_000)));
  const status = await new Promise((resolve, reject) => {
    build.on("error", reject);
    build.on("close", resolve);
  });
  process.off("exit", stop);
  if (status !== 0) throw new Error(`mmdebstrap could not build the base image:\n${errors.trimEnd()}`);
}
