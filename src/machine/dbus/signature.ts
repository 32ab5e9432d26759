import { malformed } from "./malformed.ts";

/** The types of the D-Bus specification with a fixed place in a message; file descriptors (h) are not among them. */
export type BasicCode = "y" | "b" | "n" | "q" | "i" | "u" | "x" | "t" | "d" | "s" | "o" | "g";

/** One complete type of a signature. */
export type Type =
  | { readonly code: BasicCode }
  | { readonly code: "v" }
  | { readonly code: "a"; readonly element: Type }
  | { readonly code: "("; readonly members: readonly Type[] }
  | { readonly code: "{"; readonly key: Type; readonly value: Type };

const signatureBytesMax = 255;
/** Of arrays, structs and variants together: the specification's 32 + 32. */
export const depthMax = 64;

// Every variant brings a signature, and nearly all bring one of a few.
const parsed = new Map<string, readonly Type[]>();
const parsedMax = 256;

/** The complete types of a signature: "a{sv}u" has two. Throws "dbus-malformed". */
export function parseSignature(signature: string): readonly Type[] {
  const known = parsed.get(signature);
  if (known) return known;
  const types = parseTypes(signature);
  if (parsed.size < parsedMax) parsed.set(signature, types);
  return types;
}

function parseTypes(signature: string): readonly Type[] {
  if (signature.length > signatureBytesMax) throw malformed("signature is too long");
  const types: Type[] = [];
  for (let at = 0; at < signature.length; ) {
    const [type, next] = parseType(signature, at, 0);
    types.push(type);
    at = next;
  }
  return types;
}

export function isBasic(code: string): code is BasicCode {
  return code.length === 1 && "ybnqiuxtdsog".includes(code);
}

function parseType(signature: string, at: number, depth: number): readonly [Type, number] {
  const code = signature.charAt(at);
  if (depth > depthMax) throw malformed("types are nested too deeply");
  if (isBasic(code)) return [{ code }, at + 1];
  if (code === "v") return [{ code }, at + 1];
  if (code === "(") return parseStruct(signature, at + 1, depth + 1);
  if (code !== "a") throw malformed(`signature "${signature}" has no type at ${at}`);
  if (signature.charAt(at + 1) === "{") {
    const [entry, next] = parseEntry(signature, at + 2, depth + 1);
    return [{ code: "a", element: entry }, next];
  }
  const [element, next] = parseType(signature, at + 1, depth + 1);
  return [{ code: "a", element }, next];
}

function parseStruct(signature: string, start: number, depth: number): readonly [Type, number] {
  const members: Type[] = [];
  let at = start;
  while (signature.charAt(at) !== ")") {
    const [member, next] = parseType(signature, at, depth);
    members.push(member);
    at = next;
  }
  if (members.length === 0) throw malformed("a struct without members");
  return [{ code: "(", members }, at + 1];
}

/** Dict entries exist only as elements of an array, with a basic key. */
function parseEntry(signature: string, at: number, depth: number): readonly [Type, number] {
  if (!isBasic(signature.charAt(at))) throw malformed("the key of a dict entry is not of a basic type");
  const [key, valueAt] = parseType(signature, at, depth);
  const [value, end] = parseType(signature, valueAt, depth);
  if (signature.charAt(end) !== "}") throw malformed("a dict entry without its end");
  return [{ code: "{", key, value }, end + 1];
}

/** The boundary, in bytes from the start of the message, on which a value of this type begins. */
export function alignmentOf(code: Type["code"]): 1 | 2 | 4 | 8 {
  switch (code) {
    case "y":
    case "g":
    case "v":
      return 1;
    case "n":
    case "q":
      return 2;
    case "b":
    case "i":
    case "u":
    case "s":
    case "o":
    case "a":
      return 4;
    case "x":
    case "t":
    case "d":
    case "(":
    case "{":
      return 8;
  }
}
