// @peculiar/x509's dependency injection insists, as it is loaded, on a polyfill for metadata of decorators; it uses none.
const absent = { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => {} };
if (!("getMetadata" in Reflect)) Object.assign(Reflect, absent);
