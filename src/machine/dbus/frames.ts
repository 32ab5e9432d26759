import { malformed } from "./malformed.ts";
import { messageLength, preludeBytes } from "./message.ts";

const authReplyBytesMax = 512;

/**
 * What we say first: who we are (`uid` is the user's on the machine; the one of this process means nothing there), and that
 * messages follow. They must wait for the answer: what systemd 252 reads together with BEGIN it leaves lying until more comes.
 */
export function authRequest(uid: number): Buffer {
  const hexUid = Buffer.from(String(uid)).toString("hex");
  return Buffer.from(`\0AUTH EXTERNAL ${hexUid}\r\nBEGIN\r\n`, "latin1");
}

/** Cuts a stream of bytes into the line that answers AUTH and the messages after it. Throws "dbus-malformed".. */
export function createFramer(
  onAuthenticated: () => void,
  onMessage: (bytes: Buffer) => void,
): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let length = 0;
  let isAuthenticated = false;
  let wanted = 0;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    // Joined only when something can be complete: a long message costs no more than its length.
    if (length < wanted) return;
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    if (!isAuthenticated) {
      const line = authReply(rest);
      isAuthenticated = line !== undefined;
      rest = rest.subarray(line ?? 0);
      if (isAuthenticated) onAuthenticated();
    }
    while (isAuthenticated && rest.length >= preludeBytes) {
      wanted = messageLength(rest);
      if (rest.length < wanted) break;
      onMessage(rest.subarray(0, wanted));
      rest = rest.subarray(wanted);
      wanted = 0;
    }
    chunks = [rest];
    length = rest.length;
  };
}

/** The length of the line that answers AUTH; undefined while it is incomplete. */
function authReply(bytes: Buffer): number | undefined {
  const end = bytes.indexOf("\r\n");
  if (end < 0 && bytes.length <= authReplyBytesMax) return undefined;
  const line = bytes.toString("latin1", 0, Math.max(0, end));
  if (!line.startsWith("OK ")) throw malformed(`authentication failed: "${line.slice(0, 80)}"`);
  return end + 2;
}
