/**
 * A D-Bus value: 64 bit integers are bigint, strings, paths and signatures are string; arrays and structs are arrays,
 * and a dict is an array of [key, value].
 */
export type Value = boolean | number | bigint | string | Variant | readonly Value[];

/** A value that brings its own type. */
export interface Variant {
  readonly signature: string;
  readonly value: Value;
}
