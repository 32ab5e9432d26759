import { createRequire, Module } from "node:module";

/*
 * The engine's ported/ folder takes one constant, null, from a module that loads sqlite, rxjs and an MQTT client: 400
 * files for nothing. Imported before the engine, this puts that constant in the module's place. In the bundle, where
 * the package is absent, src/bundle.mjs has done it already.
 */
const require = createRequire(import.meta.url);

function heavyModule(): string | undefined {
  try {
    return require.resolve("@coaty/consensus.raft/non-ported/raft-controller.js");
  } catch {
    return undefined;
  }
}

const path = heavyModule();
if (path !== undefined) {
  const stub = new Module(path);
  stub.filename = path;
  stub.loaded = true;
  stub.exports = { emptyRaftData: null };
  require.cache[path] = stub;
}
