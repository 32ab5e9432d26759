import { bash } from "./bash.ts";
import { furthestDeadlineCs, runDirectory } from "./places.ts";

/** What the guards and the session share. Times are centiseconds of CLOCK_BOOTTIME. */
export const commonScript = bash`
D=${runDirectory} FURTHEST=${furthestDeadlineCs}
exec {quiet}<> <(:)                        # a pipe that nobody writes to: read -t on it sleeps without a fork

clock() {                                  # now
  local s c
  IFS='. ' read -r s c _ </proc/uptime
  now=$((10#$s$c))
}

mounted() {                                # whether something is mounted at path $1, as PID 1 sees it
  local IFS=$'\n' lines at=\${1// /\\040}
  mapfile -t lines </proc/1/mountinfo      # read is slow on it, line by line
  [[ $'\n'"\${lines[*]}" =~ $'\n'[0-9]+\ [0-9]+\ [0-9:]+\ [^\ ]+\ "$at"\  ]]
}
`.trimStart();
