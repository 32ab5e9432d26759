// Before the library, which looks for it.
import "./no-reflection.ts";
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate and its private key, as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Whom a certificate is for. */
export interface Subject {
  /** Its common name: a member's, as the other members know it. */
  readonly name: string;
  /** Where it is served; undefined for a client. */
  readonly address: string | undefined;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;
const authorityDays = 20 * 365;
const certificateDays = 10 * 365;
/** A certificate is renewed once less than a third of its life is left. */
const renewedBelow = 1 / 3;

x509.cryptoProvider.set(webcrypto);

/** The cluster's CA: `old` when it has life left, its key under a new certificate when not, new when there is none. */
export async function ensureAuthority(cluster: string, old: Issued | undefined, now: Date): Promise<Issued> {
  if (old && !isFading(new x509.X509Certificate(old.cert), now)) return old;
  // With the same key the certificates that it signed stay good, so that members can get the new one one by one.
  const keys = old
    ? await readKeys(old)
    : await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`Flotilla ${cluster}`] }],
    ...{ serialNumber: serialNumber(), keys, signingAlgorithm: algorithm, ...validity(now, authorityDays) },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString("pem"), key: await writeKey(keys.privateKey) };
}

/** A certificate of `authority`: `old` when it is still right, with life left. */
export async function ensureCertificate(
  authority: Issued,
  subject: Subject,
  old: Issued | undefined,
  now: Date,
): Promise<Issued> {
  if (old && (await isRight(old.cert, authority, subject, now))) return old;
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const { privateKey: signingKey } = await readKeys(authority);
  const usages = [x509.ExtendedKeyUsage.clientAuth];
  if (subject.address !== undefined) usages.push(x509.ExtendedKeyUsage.serverAuth);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [subject.name] }],
    issuer: issuer.subjectName,
    ...{ serialNumber: serialNumber(), publicKey: keys.publicKey, signingKey, signingAlgorithm: algorithm },
    ...validity(now, certificateDays),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(subject.address === undefined
        ? []
        : [new x509.SubjectAlternativeNameExtension([alternativeName(subject.address)])]),
    ],
  });
  return { cert: certificate.toString("pem"), key: await writeKey(keys.privateKey) };
}

const alternativeName = (address: string) =>
  ({ type: isIP(address) ? "ip" : "dns", value: address }) as const;

async function isRight(cert: string, authority: Issued, subject: Subject, now: Date): Promise<boolean> {
  const certificate = new x509.X509Certificate(cert);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const address = names[0]?.value;
  const publicKey = await new x509.X509Certificate(authority.cert).publicKey.export();
  return (
    !isFading(certificate, now) &&
    certificate.subjectName.getField("CN")[0] === subject.name &&
    address === subject.address &&
    (await certificate.verify({ publicKey, signatureOnly: true }))
  );
}

function isFading({ notBefore, notAfter }: { notBefore: Date; notAfter: Date }, now: Date): boolean {
  return notAfter.getTime() - now.getTime() < (notAfter.getTime() - notBefore.getTime()) * renewedBelow;
}

/** It began a day ago: a machine's clock may be behind ours. */
const validity = (now: Date, days: number) => ({
  notBefore: new Date(now.getTime() - dayMs),
  notAfter: new Date(now.getTime() + days * dayMs),
});

/** Positive, as X.509 wants it. */
const serialNumber = (): string => `01${randomBytes(15).toString("hex")}`;

async function writeKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function readKeys({ cert, key }: Issued): Promise<webcrypto.CryptoKeyPair> {
  const [der] = x509.PemConverter.decode(key);
  const privateKey = await webcrypto.subtle.importKey("pkcs8", der ?? new ArrayBuffer(0), algorithm, true, [
    "sign",
  ]);
  return { privateKey, publicKey: await new x509.X509Certificate(cert).publicKey.export() };
}
