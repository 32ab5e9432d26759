import { configuration, dataDirectory, releases, sshKeyFile, unitFile } from "./member-files.ts";

/**
 * Asks a machine, as root, what bootstrap may have left there before. It changes nothing. Each line is "KEY VALUE";
 * a line that is missing means that the thing is not there.
 */
export const surveyScript = `PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C; export PATH LC_ALL
say() { [ -n "$2" ] && echo "$1 $2"; }
say now-s "$(date +%s)"
say node "$(command -v node)"
say identity "$(cat ${dataDirectory}/identity.json 2>/dev/null)"
[ -e ${dataDirectory}/log ] && say log-bytes "$(stat -c %s ${dataDirectory}/log)"
say release "$(readlink ${releases}/current)"
[ -e ${sshKeyFile} ] && say ssh-key "$(ssh-keygen -y -f ${sshKeyFile} </dev/null 2>/dev/null | cut -d' ' -f1,2)"
for f in ${unitFile} ${configuration}/*; do [ -f "$f" ] && sha256sum "$f" | sed 's/^/hash /'; done
say active "$(systemctl is-active flotillad.service 2>/dev/null)"
say enabled "$(systemctl is-enabled flotillad.service 2>/dev/null)"
[ -n "$(find ${unitFile} ${configuration} ${releases}/current -newer /run/flotillad/api.sock 2>/dev/null)" ] && echo stale
echo end`;
