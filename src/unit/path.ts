/**
 * A path as systemd's path_simplify() leaves it: no repeated slashes, no `.` components, no slash at the end.
 * Undefined if it is not absolute or has a `..` component, which systemd refuses in a unit.
 */
export function normalizePath(path: string): string | undefined {
  if (!path.startsWith("/") || path.includes("\0")) return undefined;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? undefined : `/${parts.join("/")}`;
}

/** The directory that holds a normalized path; undefined for `/`. */
export function parentPath(path: string): string | undefined {
  if (path === "/") return undefined;
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
