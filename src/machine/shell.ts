/** One argument for a POSIX shell. */
export function quote(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** The one line that sshd hands to the user's shell. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}

/** `argv` as root; -n makes sudo fail instead of asking for a password that nobody could type. */
export function asRoot(user: string, argv: readonly string[]): readonly string[] {
  return user === "root" ? argv : ["sudo", "-n", ...argv];
}
