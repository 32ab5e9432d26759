import { bash } from "./bash.ts";
import { commonScript } from "./common.ts";
import { unitDirectory } from "./places.ts";

/**
 * The script of one SSH connection: `bash -c SCRIPT flotilla-session CLUSTER EPOCH SEQ [CLUSTER_GIVEN_UP]`.
 *
 * It registers the connection and cuts off all earlier ones, lists what is ours on the machine, then answers each line
 * with one line: `renew BOOT_ID DEADLINE`, `clock`, `gate UNIT GENERATION [MOUNTPOINT]`, `ungate UNIT`,
 * `started UNIT GENERATION`, `forget UNIT`.
 */
export const sessionScript = bash`
umask 077
die() { echo "refused $*"; exit 3; }
[[ "$#:$1:$2:$3" =~ ^[34]:[A-Za-z0-9-]{1,64}:[0-9]{1,15}:[0-9]{1,15}$ ]] || die usage
for tool in flock mkdir mv rm; do type $tool >/dev/null 2>&1 || missing+=" $tool"; done
[ "$missing" ] && die tools$missing
${commonScript}
cluster=$1 epoch=$((10#$2)) seq=$((10#$3)) given_up=$4
read -r boot </proc/sys/kernel/random/boot_id
read -r machine </etc/machine-id

process() {                                # pid $1: its parent and when it started; fails when it has ended
  local s
  { read -r s </proc/$1/stat; } 2>/dev/null || return 1
  set -- \${s##*) }
  [[ $1 != [ZX] ]] && parent=$2 started=\${20}
}
alive() { process \${1%:*} && [ $started = \${1#*:} ]; } # "pid:started": a pid that was used again is another process
lives() { process $1 && doomed+=" $1:$started"; }
below() {                                  # the descendants of pid $1
  local child children=
  { read -r children </proc/$1/task/$1/children; } 2>/dev/null
  for child in $children; do lives $child && below $child; done
}
cut() {                                    # ends the connections "pid:started ...": sshd and everything below it, which may hold unread orders
  local x i doomed=
  for x; do alive $x && kill -STOP \${x%:*} && doomed+=" $x"; done
  for x in $doomed; do below \${x%:*}; done
  for x in $doomed; do [ \${x%:*} != $$ ] && alive $x && kill -KILL \${x%:*}; done
  for x in $doomed; do
    for ((i = 0; i < 100; i++)); do [ \${x%:*} != $$ ] && alive $x || continue 2; read -r -t 0.05 -u $quiet; done
    return 1
  done
} 2>/dev/null

# What carries this connection: the nearest sshd above, and its privileged monitor when the login is not root's.
process $$ && carrier=
while [ ! "$carrier" ]; do
  pid=$parent
  ((pid > 1)) && process $pid && read -r name </proc/$pid/comm || die tools sshd
  [[ $name == sshd* ]] && carrier=$pid:$started
done
monitor=$parent title=
{ read -r -d '' title </proc/$monitor/cmdline; } 2>/dev/null
[[ $title == sshd*"[priv]"* ]] && process $monitor && carrier+=" $monitor:$started"

mkdir -p $D/conn $D/placed $D/started $D/mounts 2>/dev/null && exec {lock}>>$D/lock || die write
flock -w 10 $lock || die lock
if [ -e $D/epoch ]; then
  read -r c e s <$D/epoch && [[ "$e $s" =~ ^[0-9]{1,15}\ [0-9]{1,15}$ ]] || die write
  if [ "$c" != "$cluster" ]; then [ "$c" = "$given_up" ] || die cluster "$c"
  else ((epoch > 10#$e || epoch == 10#$e && seq > 10#$s)) || die epoch "$e" "$s"; fi
fi
{ echo "$cluster $epoch $seq" >$D/epoch.new && mv $D/epoch.new $D/epoch; } 2>/dev/null || die write
for f in $D/conn/*; do
  [ -e "$f" ] || continue
  read -r list <"$f"
  cut $list || die lock
  rm -f "$f"
done
echo "$carrier" >$D/conn/$$ || die write
exec {lock}>&-

leave() { rm -f $D/conn/$$; cut $carrier; } # no channel outlives its session
trap leave EXIT
registered() {
  local c e s
  { read -r c e s <$D/epoch; } 2>/dev/null && [ "$c $e $s" = "$cluster $epoch $seq" ] && [ -e $D/conn/$$ ]
}

clock
echo "hello $now $boot $machine"
for f in ${unitDirectory}/*.d/zz-flotilla.conf; do [ -e "$f" ] && f=\${f%.d/*} && echo "unit \${f##*/}"; done
for f in $D/placed/*; do { read -r g <"$f"; } 2>/dev/null && echo "gate \${f##*/} $g"; done
for f in $D/started/*; do { read -r g <"$f"; } 2>/dev/null && echo "started \${f##*/} $g"; done
for f in $D/mounts/*; do [ -e "$f" ] && read -r path <"$f" && echo "mount \${f##*/} $path"; done
declare -A fences=()
{ while read -r at; do fences[$at]=1; done <$D/fenced; } 2>/dev/null
echo "fenced \${#fences[@]}"
echo end

unit() { [[ $1 =~ ^[A-Za-z0-9:_.\\@-]{1,245}\.[a-z]{4,9}$ ]]; }
path() { [[ $1 =~ ^/[^][*?\\[:cntrl:]]*$ ]]; } # no character that find or mountinfo would write differently
renew() {
  [[ $2 =~ ^[0-9]{1,15}$ ]] || return
  if [ "$1" != "$boot" ]; then answer=boot
  elif ((10#$2 > now + FURTHEST)); then answer=far
  else echo $((10#$2)) >$D/deadline || die write; answer=ok; fi
}
gate() {                                   # the mount first: no gate without the guards knowing what to unmount
  local known=
  unit "$1" && [[ $2 =~ ^[0-9]{1,15}$ ]] && [ ! -s $D/fencing ] || return
  if [ "$3" ]; then
    path "$3" || return
    [ -e "$D/mounts/$1" ] && { read -r known <"$D/mounts/$1"; [ "$known" = "$3" ] || return; }
    [ "$known" ] || echo "$3" >"$D/mounts/$1" || die write
  fi
  echo "$2" >"$D/placed/$1" || die write
  answer=ok
}
ungate() {
  unit "$1" || return
  rm -f "$D/placed/$1" || die write
  answer=ok
}
started() {                                # a leader that comes later must not start it again
  unit "$1" && [[ $2 =~ ^[0-9]{1,15}$ ]] || return
  echo "$2" >"$D/started/$1" || die write
  answer=ok
}
forget() {                                 # refused while it is still mounted
  local at=
  unit "$1" || return
  [ -e "$D/mounts/$1" ] && { read -r at <"$D/mounts/$1"; mounted "$at" && return; }
  rm -f "$D/mounts/$1" "$D/started/$1" || die write
  answer=ok
}

set -f
idle=0 part=
while :; do                                # looks up once a second, and ends after 30 s of silence
  if IFS= read -r -t 1 line; then idle=0
  elif (($? > 128)); then
    part+=$line
    ((++idle < 30)) && registered || exit
    continue
  else exit; fi
  line=$part$line part=
  registered || die superseded
  clock
  answer=bad
  set -- $line
  case $1 in
    clock) answer=ok ;;
    renew) renew "$2" "$3" ;;
    gate) where=\${line#"$1 $2 $3"}; gate "$2" "$3" "\${where# }" ;;
    ungate) ungate "$2" ;;
    started) started "$2" "$3" ;;
    forget) forget "$2" ;;
  esac
  echo "$answer $now"
done
`.trimStart();
