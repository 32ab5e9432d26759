import { bash } from "./bash.ts";
import { guardTickMs, type LeaseParameters } from "./bound.ts";
import { commonScript } from "./common.ts";
import { leaseSlice, leaseTarget } from "./places.ts";

const centiseconds = (ms: number) => Math.round(ms / 10);

/**
 * The script of both guards. Each decides anew at every tick, from the files and its clock alone, so that both may
 * do the same at the same moment. While the lease is held nothing forks; while fencing nothing is waited for.
 * Beyond software: both stopped at once, or a kernel that stands still (RuntimeWatchdogSec= watches PID 1 and the kernel).
 */
export function guardScript(lease: LeaseParameters): string {
  return bash`#!/bin/bash
# Lease guard: "guard.sh a" and "guard.sh b". Before the deadline the lease target is up; after it nothing exclusive is left.
GRACE=${centiseconds(lease.graceMs)} UNMOUNT=${centiseconds(lease.unmountAfterMs)} REBOOT=${centiseconds(lease.rebootAfterMs)} TICK=${centiseconds(guardTickMs)}
${commonScript}
me=$1 T=${leaseTarget}
case $me in a) peer=b ;; *) peer=a ;; esac
for ROOT in /sys/fs/cgroup/unified /sys/fs/cgroup; do [ -e $ROOT/cgroup.controllers ] && break; done
SLICE=$ROOT/${leaseSlice} PEER=$ROOT/flotilla-guard@$peer.service
exec {script}<"$0" 2>/dev/null              # what is missing is missing: a message at every tick helps nobody
dl=0 over=0 asked=0 looked=0 beaten=0 known= mounts=()

load() {                                   # missing, torn, garbage or absurd: what was known before stays in force
  local d= f m c= e= s=
  read -r d <$D/deadline && [[ $d =~ ^[0-9]{1,15}$ ]] && ((10#$d <= now + FURTHEST)) && dl=$((10#$d))
  if [ -d $D/mounts ]; then
    mounts=()
    for f in $D/mounts/*; do read -r m <"$f" && mounts+=("$m"); done
  fi
  read -r c e s <$D/epoch                  # whoever deletes the directory must not lower the epoch by that
  if [[ "$e $s" =~ ^[0-9]{1,15}\ [0-9]{1,15}$ ]] && newer "$c" "$e" "$s" $known; then known="$c $e $s"
  elif [ "$known" ]; then { echo "$known" >$D/epoch || mkdir -p -m 700 $D & }; fi
}

newer() { [ "$1" != "$4" ] || ((10#$2 > 10#$5 || 10#$2 == 10#$5 && 10#$3 >= 10#$6)); }

busy() {                                   # processes in the slice
  local k v
  while read -r k v; do [ "$k" = populated ] && return $((1 - v)); done <$SLICE/cgroup.events
  return 1
}

mounts_left() { local m; for m in "\${mounts[@]}"; do mounted "$m" && return 0; done; return 1; }

stopping() {                               # a stop of the target, of either guard, that may still reach PID 1: it must not hit the next lease
  local f p c
  for f in $D/stopping.*; do read -r p <"$f" && read -r c </proc/$p/comm && [ "$c" = timeout ] && return 0; done
  return 1
}

left() { busy || [ -s $D/held ] || mounts_left || stopping; }

nap() {                                    # to the next tick, or to the first of the instants given
  local t=$TICK at p= last=$now
  for at; do ((at > now && at - now < t)) && t=$((at - now)); done
  printf -v t '0.%02d' $t
  read -r -t $t -u $quiet
  clock
  # Each guard watches the other: no sign of life for a second, and PID 1 has to start it anew. Not when we slept ourselves.
  echo $now >$D/beat.$me
  read -r p <$D/beat.$peer
  [[ $p =~ ^[0-9]{1,15}$ ]] || return
  ((10#$p + 100 > now || now - last > 60 || now < beaten + 100)) || { beaten=$now; echo 1 >$PEER/cgroup.kill; }
}

grant() {
  ((over == 0)) || { over=0; echo 0 >$SLICE/cgroup.freeze; } # the other guard finished the fence
  [ -s $D/valid ] || echo 1 >$D/valid
  [ -s $D/held ] || ((now < asked)) || { asked=$((now + 100)); timeout 5 systemctl start --no-block $T & }
}

release_mount() {                          # if it is busy, whoever holds it is killed
  local p
  umount -R "$1" && return
  for p in $(find /proc/[0-9]*/{cwd,root,exe,fd,map_files} -maxdepth 1 \( -lname "$1" -o -lname "$1/*" \) | cut -d/ -f3 | sort -u); do
    [ $p != 1 ] && [ $p != $$ ] && echo "killing $p: it holds $1" && kill -KILL $p
  done
  umount -R "$1"
}

begin() {
  asked=0 looked=0
  if ((dl > now || dl == 0)); then over=$((now + GRACE)) # a release, or the other guard began: a whole grace
  else
    over=$((dl + GRACE > now ? dl + GRACE : now))
    echo $dl >>$D/fenced                   # both guards write the same line; it counts once
  fi
  echo "lease over ($dl), fencing"
}

fence() {                                  # one step; the fence is under way while over is set
  if [ -s $D/valid ]; then
    load                                   # the other guard wrote it after it had read a renewal that we may not know
    ((now < dl)) && return
    : >$D/valid                            # first: from here on PID 1 starts no exclusive unit
  fi
  if ((over == 0)); then                   # at rest; the mounts are looked at once a second
    busy || [ -s $D/held ] || { ((now >= looked)) && looked=$((now + 100)) && mounts_left; } || return
    begin
  fi
  set -- $D/placed/*
  [ -e "$1" ] && { rm -f "$@" & }
  if ! left; then
    [ -e "$1" ] && return
    echo 0 >$SLICE/cgroup.freeze
    over=0
    return
  fi
  ((now < asked)) || { asked=$((now + 100)); timeout 5 systemctl stop --no-block $T & echo $! >$D/stopping.$me; }
  ((now >= over)) || return
  if busy; then echo 1 >$SLICE/cgroup.kill # and again at every tick: what PID 1 was just about to start
  elif mounts_left; then
    if ((now >= over + UNMOUNT && now >= looked)); then
      looked=$((now + 50))
      for m in "\${mounts[@]}"; do mounted "$m" && { release_mount "$m" & }; done
    fi
  else                                     # only PID 1 is not done: the next Exec line of a unit must not run when it wakes up
    echo 1 >$SLICE/cgroup.freeze
    return
  fi
  ((now >= over + REBOOT)) && { reboot -ffn & } # without sync: that may hang, and would write to what we give up
}

clock
load
if [ "$2" = post ]; then                   # by PID 1 when a guard has ended: stopped on purpose, or too late for the restart
  [ "$SERVICE_RESULT" != success ] && ((now < dl)) && exit 0
  ((dl > now)) && dl=$now
  : >$D/valid                              # so that the other guard fences too, and no deadline is looked at again
  fence
  until ((over == 0)); do nap $over $((over + UNMOUNT)) $((over + REBOOT)); fence; done
  exit 0
fi
while :; do
  load
  # A fence that began is finished by both guards, whatever renewal arrives meanwhile; so is one for want of "valid".
  if ((now < dl)) && { [ -s $D/valid ] || ! left; }; then grant; else fence; fi
  [ "$0" -ef /dev/fd/$script ] || { /bin/bash -n "$0" && exec /bin/bash "$0" $me {script}<&- {quiet}<&-; } # a new script under the same lease
  nap $dl $over $((over + UNMOUNT)) $((over + REBOOT))
done
`;
}
