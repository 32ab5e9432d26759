/** A cluster.toml with every key, as `flotillactl bootstrap --example` prints it. */
export const exampleClusterFile = `# A cluster for \`flotillactl bootstrap cluster.toml\`. Keys behind a # show their default.
name = "harbour"

# Members speak with each other on this TCP port, and serve flotillactl on the next one (7401).
# member_port = 7400

[ssh]
# user = "root"               # another user needs \`sudo -n\`: NOPASSWD in sudoers
# port = 22
# identity = "~/.ssh/id_ed25519"    # otherwise the agent of SSH_AUTH_SOCK, then ~/.ssh/id_ed25519, id_ecdsa, id_rsa

# How long a machine that nobody reaches goes on with its stateful units, and how long those may take to stop.
# [lease]
# ttl_ms = 3000
# grace_ms = 500

# One to five members, an odd number: three outlive the loss of any one. A member needs Node 20 and an IP address.
[[machine]]
address = "192.0.2.11"
name = "m1"                   # otherwise the address
member = true

[[machine]]
address = "192.0.2.12"
name = "m2"
member = true

[[machine]]
address = "192.0.2.13"
name = "m3"
member = true
metadata = { disk = "ssd", rack = "2" }    # what units ask for with MachineMetadata=

# A machine that only runs units needs nothing but systemd and sshd.
[[machine]]
address = "worker.example.org"
user = "ops"
port = 2222
# Without it, known_hosts is asked, then you are.
# host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI..."
# Your word that its clock runs at most so far from true time, in parts per million, when no time daemon says so.
# clock_ppm = 500
`;
