#!/bin/bash
# Boots one machine, and boots it again when it asks for a reboot (nspawn --keep-unit then exits with 133).
# It outlives the process that started it, and runs in a mount namespace of its own: the machine's root mount goes
# when the last process goes. Whoever cuts the power kills this process group, then the machine's cgroup.
# usage: supervise.sh MACHINE_DIR BASE "CGROUP..." NSPAWN_COMMAND...
set -u
dir=$1 base=$2
read -ra cgroups <<<"$3"
shift 3

# The pid file holds the start time too (field 22 of stat), so that a reused pid is never taken for ours.
record_nspawn() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
  read -ra fields <<<"${stat##*) }"
  echo "$1 ${fields[19]}" >"$dir/nspawn.new" && mv "$dir/nspawn.new" "$dir/nspawn.pid"
}

# The mount of the life before goes a little later than its last process.
for _ in {1..50}; do
  mount -t overlay rig -o "lowerdir=$base,upperdir=$dir/upper,workdir=$dir/work" "$dir/root" && break
  sleep 0.05
done
rc=133
while [ $rc = 133 ]; do
  # Cgroups are new at each boot: a v2 cgroup whose controllers were handed down takes no process any more.
  for cgroup in "${cgroups[@]}"; do
    for _ in {1..100}; do
      [ -d "$cgroup" ] || break
      find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.02
    done
    mkdir -p "$cgroup"
  done
  echo "== boot $(date +%T.%3N) on $(<"$dir/bridge")"
  (
    for cgroup in "${cgroups[@]}"; do echo $BASHPID >"$cgroup/cgroup.procs" || exit 1; done
    exec "$@" --network-bridge="$(<"$dir/bridge")" --boot
  ) &
  record_nspawn $!
  wait $!
  rc=$?
done
echo "== off ($rc) $(date +%T.%3N)"
