import { webcrypto } from "node:crypto";
import type { Credentials } from "../../src/raft/peer.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;

// The certificate library's dependency injection asks for metadata of decorators that it does not use.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => {},
});

/** A certificate authority that lives as long as a test. */
export async function createAuthority(): Promise<{ issue(name: string): Promise<Credentials> }> {
  const x509 = await import("@peculiar/x509");
  const { subtle } = webcrypto;
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };
  const keys = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=test authority",
      serialNumber: "01",
      ...validity,
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  let serial = 1;
  return {
    issue: async (name) => {
      const own = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await x509.X509CertificateGenerator.create(
        {
          subject: `CN=${name}`,
          issuer: root.subject,
          serialNumber: `0${++serial}`,
          ...validity,
          signingAlgorithm: algorithm,
          publicKey: own.publicKey,
          signingKey: keys.privateKey,
        },
        webcrypto,
      );
      const key = x509.PemConverter.encode(await subtle.exportKey("pkcs8", own.privateKey), "PRIVATE KEY");
      return { ca: root.toString("pem"), cert: certificate.toString("pem"), key };
    },
  };
}
