/**
 * Asks a machine what bootstrap wants to know, in plain sh because bash itself is in question. It changes nothing. Each line
 * is "KEY VALUE"; a line that is missing means that the machine could not say.
 */
export const checkScript = `PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C; export PATH LC_ALL
say() { [ -n "$2" ] && echo "$1 $2"; }
where() { command -v "$1" 2>/dev/null; }
say uid "$(id -u)"
say machine-id "$(cat /etc/machine-id 2>/dev/null)"
say boot-id "$(cat /proc/sys/kernel/random/boot_id)"
say init "$(cat /proc/1/comm)"
say kernel "$(uname -r)"
say systemd "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p')"
say bash "$(where bash)"
say flock "$(where flock)"
say bridge "$(where systemd-stdio-bridge)"
say node "$(node --version 2>/dev/null)"
for d in /sys/fs/cgroup/unified /sys/fs/cgroup; do
  [ -e $d/cgroup.controllers ] || continue
  for s in $d/init.scope $d/system.slice; do [ -e $s/cgroup.kill ] && { say cgroup-kill $d; break; }; done
  break
done
sshd -T 2>/dev/null | sed -n 's/^\\(allowstreamlocalforwarding\\|maxsessions\\|permitrootlogin\\) /sshd-\\1 /p'
for u in systemd-timesyncd chronyd chrony ntpsec ntpd ntp openntpd; do
  systemctl is-active --quiet $u.service 2>/dev/null && { say time $u; break; }
done
say chrony-maxslewrate "$(cat /etc/chrony.conf /etc/chrony/chrony.conf /etc/chrony/conf.d/*.conf 2>/dev/null | sed -n 's/^ *maxslewrate *\\([0-9.]*\\).*/\\1/p' | tail -n 1)"
for d in /run /var/lib; do say free-kib "$(df -Pk $d 2>/dev/null | awk -v d=$d 'NR == 2 {print d, $4}')"; done
echo end`;
