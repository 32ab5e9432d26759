import type { Endpoint } from "../api/endpoint.ts";
import type { Credentials } from "../raft/peer.ts";
import { ensureAuthority, ensureCertificate, type Issued } from "./authority.ts";
import type { ClusterFile, ListedMachine } from "./cluster-file.ts";
import type { StateDirectory } from "./state-dir.ts";

/** The cluster's certificates, as the state directory keeps them. */
export interface ClusterCredentials {
  readonly operator: Credentials;
  readonly members: ReadonlyMap<string, Credentials>;
}

/** No member can be called so: to the members this certificate is nobody's of theirs. */
const operatorName = "the operator";

/** Makes what is missing or near its end. Whoever reads the state directory has the CA's key anyway, so all of them are kept there. */
export async function ensureCredentials(
  state: StateDirectory,
  file: ClusterFile,
  now: Date,
): Promise<ClusterCredentials> {
  const keep = async (name: string, make: (old: Issued | undefined) => Promise<Issued>): Promise<Issued> => {
    const [cert, key] = [state.read(`${name}.crt`), state.read(`${name}.key`)];
    const old = cert === undefined || key === undefined ? undefined : { cert, key };
    const issued = await make(old);
    if (issued === old) return issued;
    state.write(`${name}.key`, issued.key);
    state.write(`${name}.crt`, issued.cert);
    return issued;
  };
  const authority = await keep("ca", (old) => ensureAuthority(file.name, old, now));
  const issue = async (as: string, name: string, address: string | undefined): Promise<Credentials> => ({
    ca: authority.cert,
    ...(await keep(as, (old) => ensureCertificate(authority, { name, address }, old, now))),
  });
  const operator = await issue("operator", operatorName, undefined);
  const members = new Map<string, Credentials>();
  for (const { name, address, isMember } of file.machines)
    if (isMember) members.set(name, await issue(`member-${name}`, name, address));
  return { operator, members };
}

/** The API of a member, as the operator reaches it. */
export const apiOf = (member: ListedMachine, file: ClusterFile, tls: Credentials): Endpoint => ({
  ...{ kind: "https", host: member.address, port: file.memberPort + 1, tls },
});
