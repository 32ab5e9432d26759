import { isUnitName } from "./name.ts";
import { assignmentsIn, type Item, isSet, lastOf, listOf, type Reading, warn, wordsOf } from "./reading.ts";

const requirements = ["Requires", "BindsTo", "Requisite"];

/**
 * Names in Requires=, BindsTo= and Requisite=, each once. An empty assignment changes nothing: systemd says that
 * dependencies cannot be reset (systemd.unit(5)), so that a group without them would not start there.
 */
export function readRequirements(reading: Reading): string[] {
  const assignments = assignmentsIn(reading, "Unit").filter(({ key }) => requirements.includes(key));
  return unitNames(reading, wordsOf(reading, assignments, "keep"));
}

/**
 * The units that this one starts: Unit= of a timer or path, Service= of a socket, the mount of an automount, else the
 * unit of the same name. A service names its sockets in Sockets=, the same tie seen from the other end.
 */
export function readTriggers(reading: Reading): string[] {
  const { name } = reading;
  switch (name.type) {
    case "timer":
      return unitNames(reading, [lastOf(reading, "Timer", "Unit") ?? sibling(reading, "service")]);
    case "path":
      return unitNames(reading, [lastOf(reading, "Path", "Unit") ?? sibling(reading, "service")]);
    case "automount":
      return [sibling(reading, "mount").text];
    case "service":
      return unitNames(reading, wordsOf(reading, listOf(reading, "Service", "Sockets"), "keep"));
    case "socket": {
      if (isSet(reading, "Socket", "Accept")) return [`${name.prefix}@.service`];
      return unitNames(reading, [lastOf(reading, "Socket", "Service") ?? sibling(reading, "service")]);
    }
    case "mount":
    case "device":
    case "swap":
    case "target":
    case "slice":
    case "scope":
      return [];
  }
}

function sibling({ name }: Reading, type: "service" | "mount"): Item {
  return { text: `${name.name.slice(0, name.name.lastIndexOf("."))}.${type}`, line: 0 };
}

function unitNames(reading: Reading, items: readonly Item[]): string[] {
  const valid = items.filter(({ text, line }) => {
    const isValid = isUnitName(text);
    if (!isValid) warn(reading, line, `${JSON.stringify(text)} is not a unit name: systemd ignores it`);
    return isValid;
  });
  return [...new Set(valid.map(({ text }) => text))];
}
