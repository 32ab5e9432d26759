/** Where flotillad listens: its unix socket, or TCP with mutual TLS (PEM texts). */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | {
      readonly kind: "https";
      readonly host: string;
      readonly port: number;
      readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
    };

/** `unix:///run/flotillad/api.sock` or `https://host:port`, as the user gives it. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === "unix" ? `unix://${endpoint.path}` : `https://${endpoint.host}:${endpoint.port}`;
}
