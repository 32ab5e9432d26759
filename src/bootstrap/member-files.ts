import { createHash } from "node:crypto";
import { stringify } from "smol-toml";
import type { Credentials } from "../raft/peer.ts";
import type { ClusterFile, ListedMachine } from "./cluster-file.ts";

/** A file that bootstrap keeps on a member. */
export interface MemberFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export const releases = "/opt/flotilla";
export const configuration = "/etc/flotilla";
export const sshKeyFile = `${configuration}/ssh_key`;
export const dataDirectory = "/var/lib/flotilla";
export const unitFile = "/etc/systemd/system/flotillad.service";

/** Everything that a member has of its own, but for its SSH key, which never leaves it. */
export function memberFiles(
  member: ListedMachine,
  file: ClusterFile,
  own: {
    readonly cluster: string;
    readonly credentials: Credentials;
    readonly clockPpm: number;
    readonly node: string;
  },
): MemberFile[] {
  const { ca, cert, key } = own.credentials;
  const config = {
    ...{ name: member.name, cluster: own.cluster, clock_ppm: own.clockPpm },
    ...{ data_dir: dataDirectory, ssh_key: sshKeyFile },
    listen: { host: member.address, port: file.memberPort },
    tls: {
      ca: `${configuration}/ca.crt`,
      cert: `${configuration}/member.crt`,
      key: `${configuration}/member.key`,
    },
  };
  return [
    { path: `${configuration}/flotillad.toml`, text: `${written}${stringify(config)}\n`, mode: 0o644 },
    { path: `${configuration}/ca.crt`, text: ca, mode: 0o644 },
    { path: `${configuration}/member.crt`, text: cert, mode: 0o644 },
    { path: `${configuration}/member.key`, text: key, mode: 0o600 },
    { path: unitFile, text: flotilladUnit(own.node), mode: 0o644 },
  ];
}

export const hashOfText = (text: string): string => createHash("sha256").update(text).digest("hex");

const written = "# Written by flotillactl bootstrap, which overwrites what is changed here.\n";

/**
 * It ends with 0 when it was told to, with 1 when its disk failed: systemd starts it again either way, so soon that
 * exclusive units outlive a crash of all members. Their lease is 3 s, and an election takes 1 s.
 */
const flotilladUnit = (node: string): string => `${written}[Unit]
Description=Flotilla cluster member
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${node} ${releases}/current/dist/flotillad.js
SyslogIdentifier=flotillad
Restart=always
RestartSec=300ms
TimeoutStopSec=10
RuntimeDirectory=flotillad
StateDirectory=flotilla
StateDirectoryMode=0700
LimitNOFILE=65536
OOMScoreAdjust=-500
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`;
