declare const FLOTILLA_VERSION: string | undefined;

/** This program's version; the bundle carries it. */
export const version: string = typeof FLOTILLA_VERSION === "string" ? FLOTILLA_VERSION : "0.0.0-source";
