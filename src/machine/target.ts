/** Where a machine is reached, and the host key that it must show. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Pinned at enrolment: "ssh-ed25519 AAAA..."; undefined only for the probe that asks for it. */
  readonly hostKey: string | undefined;
}

/** How a member proves who it is: the text of a private key, or a socket of ssh-agent. */
export type Identity =
  | { readonly kind: "key"; readonly privateKey: string; readonly passphrase?: string }
  | { readonly kind: "agent"; readonly socket: string };

/** How a machine is named in messages: "ops@192.0.2.7:22". */
export function describeTarget(target: Target): string {
  const host = target.address.includes(":") ? `[${target.address}]` : target.address;
  return `${target.user}@${host}:${target.port}`;
}
