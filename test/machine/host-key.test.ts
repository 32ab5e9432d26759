import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseHostKey, readHostKey } from "../../src/machine/host-key.ts";
import { hostKeyPreference, pinnedHostKey } from "../../src/machine/ssh.ts";

const base64 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const other = "AAAAC3NzaC1lZDI1NTE5AAAAIFmW9bYQTYsm4c0thZwZCBkgcmoomFZfKnaEjin4NBoX";
const target = { address: "192.0.2.7", port: 22, user: "root", hostKey: `ssh-ed25519 ${base64}` };

test("a key is known by its line and by the fingerprint that ssh-keygen -lf prints", () => {
  const key = parseHostKey(`ssh-ed25519 ${base64} root@github`);
  assert.is(key.line, `ssh-ed25519 ${base64}`);
  assert.is(key.type, "ssh-ed25519");
  assert.is(key.fingerprint, "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
  assert.equal(readHostKey(Buffer.from(base64, "base64")), key);
});

test("what is no key is refused", () => {
  for (const line of [
    "",
    "ssh-ed25519",
    "ssh-ed25519 !!!",
    `ssh-rsa ${base64}`,
    "x AAAA",
    "ssh-ed25519 AAAAC3Nz",
  ])
    assert.throws(
      () => parseHostKey(line),
      (error: { code?: string }) => error.code === "host-key-invalid",
      line,
    );
});

test("another key than the pinned one is refused with both fingerprints and what to do", () => {
  const accept = pinnedHostKey(target);
  assert.is(accept(parseHostKey(`ssh-ed25519 ${base64}`)), undefined);
  const error = accept(parseHostKey(`ssh-ed25519 ${other}`));
  assert.is(error?.code, "host-key-changed");
  assert.is(error?.at, "root@192.0.2.7:22");
  assert.is(
    error?.message,
    "the machine shows host key SHA256:HApvobrNS3FLE/gtcaZeeCtxDeM6si3iyFwe5lNNhYU (ssh-ed25519), " +
      "enrolled was SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU (ssh-ed25519)",
  );
  assert.match(error?.hint ?? "", "remove and add the machine again");
  assert.throws(() => pinnedHostKey({ ...target, hostKey: undefined }), /no host key is pinned/);
});

test("the pinned type is asked for first", () => {
  assert.is(hostKeyPreference(`ssh-ed25519 ${base64}`)[0], "ssh-ed25519");
  const rsa = `ssh-rsa ${Buffer.from("\0\0\0\x07ssh-rsa").toString("base64")}`;
  assert.equal(hostKeyPreference(rsa).slice(0, 3), ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]);
  assert.is(hostKeyPreference(undefined).length, hostKeyPreference(rsa).length);
});

test.run();
